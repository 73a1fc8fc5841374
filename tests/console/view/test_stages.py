import msgspec

from console.panes.stages import held_short, stage_line, stage_table
from console.view.stages import StagesView
from engine.clock import SessionClock
from engine.completion import CompletionLog
from engine.drift.verdict import Context
from engine.events import AnyEvent, StageTimed
from engine.held import Held
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.profile import held_words
from engine.run import Sampling
from engine.scrollback import Turn
from tests.console.open import spec
from tests.console.story import MS, Story, drifting


def folded(events: list[AnyEvent]) -> StagesView:
    view = StagesView()
    for event in events:
        view.apply(event)
    return view


def test_the_line_has_the_latest_of_each_stage_and_the_decode_rate() -> None:
    text = stage_line(folded(drifting(spec()))).text
    assert text.startswith("load 893 ms · bring up 13 ms · seed 41 ms · first token 54 ms")
    assert text.endswith("19 tok/s")


def test_a_narrow_line_leaves_out_the_earliest_stages_and_fits() -> None:
    view = folded(drifting(spec()))
    whole = stage_line(view).text
    for width in (10, 30, 60, len(whole)):
        text = stage_line(view, width).text
        assert whole.endswith(text)
        assert len(text) <= width
    assert stage_line(view, len(whole)).text == whole


def test_the_stage_under_way_is_marked_and_has_no_figure_yet() -> None:
    story = Story(spec())
    view = folded([*story.bring_up(), *story.asked()])
    assert view.running == "seed"
    assert stage_line(view).text.endswith("▸ seed …")


def test_tokens_are_rated_while_they_come() -> None:
    story = Story(spec())
    events = [*story.bring_up(), *story.asked(), *story.said([("line", "ls -la /etc")], "")]
    cut = next(i for i, event in enumerate(events) if type(event).__name__ == "CompletionEnded")
    view = folded(events[:cut])
    assert view.latest is not None
    tokens, took = view.latest.decoding
    assert tokens == 2
    assert took == 2 * 54 * MS


def test_several_commands_of_one_turn_add_up() -> None:
    view = folded(
        [
            StageTimed(at=1, turn=1, stage="exec", began=0, took=3 * MS),
            StageTimed(at=2, turn=1, stage="exec", began=0, took=4 * MS),
        ]
    )
    assert view.latest is not None
    assert view.latest.took["exec"] == 7 * MS
    assert view.total("exec") == 7 * MS


def test_the_table_has_a_row_a_turn_and_fits_its_width() -> None:
    view = folded(drifting(spec()))
    for width in (50, 80, 100):
        lines = stage_table(view, width)
        assert len(lines) == 2 + 3
        assert all(len(line.text) <= width for line in lines)


def test_a_new_session_starts_from_nothing() -> None:
    story = Story(spec())
    view = folded([*drifting(spec()), next(iter(story.bring_up()))])
    assert view.turns == []
    assert view.once == {}


GPU = Held(where="cuda", memory=1_300_000_000, peak=2_000_000_000, used=5_000_000_000,
           total=144_000_000_000, utilisation=87)  # fmt: skip


async def test_what_the_model_holds_is_told_with_each_completion_and_hidden_where_it_is_not() -> (
    None
):
    script = Script(completions=(ScriptedCompletion(text="ls", held=GPU),))
    told: list[AnyEvent] = []
    log = CompletionLog(told.append, SessionClock(), "first-line")
    replies = ScriptedModel(script, pace=0).complete(
        (Turn("user", "go", "person"),), sequence="a", seed_turns=0, sampling=Sampling(), rng=1,
        turn=1, policy="first-line",
    )  # fmt: skip
    await log.follow(replies, 1, Context())
    view = folded(told)
    assert [one.held for one in view.profiler.held] == [GPU]
    assert held_short(GPU) == "GPU 1.3 GB of 144 GB, 87 % busy"
    words = held_words(view.profiler.profile)
    assert words == (
        "the model holds 1.3 GB of the GPU's memory, 2.0 GB at most; 5.0 GB of 144 GB are in use "
        "there by all; utilisation 87 % in the median"
    )
    assert held_words(folded(drifting(spec())).profiler.profile) == ""


def test_on_a_cpu_the_process_and_its_peak_stand_for_the_device() -> None:
    assert held_short(Held(where="process", memory=640_000_000)) == "640 MB"
    both = Held(where="process", memory=640_000_000, peak=900_000_000)
    assert held_short(both) == "640 MB, 900 MB at most"


def test_events_of_before_memory_was_told_are_read() -> None:
    old = b'{"type":"StageTimed","at":1,"turn":1,"stage":"exec","began":0,"took":5,"tokens":0}'
    assert msgspec.json.decode(old, type=StageTimed).held is None
