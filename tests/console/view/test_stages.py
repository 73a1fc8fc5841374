from console.panes.stages import stage_line, stage_table
from console.view.stages import StagesView
from engine.events import AnyEvent, StageTimed
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
