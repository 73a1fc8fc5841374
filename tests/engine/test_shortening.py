"""Room in the window: what is shortened, in which order, and what never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.events import PromptSent, ScrollbackSeeded, ScrollbackShortened
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.run import Sampling
from engine.scrollback import Turn
from engine.shortening import LISTED, UNTOUCHED, Live, shorten
from tests.engine.trial import PROMPT, Trial

LONG = "".join(f"line {number} of it\n" for number in range(60))


def task() -> Live:
    return Live(Turn("user", f"Task: look around\n{PROMPT}", "person"), 20)


def exchange(command: str, output: str = LONG, how: str = "status 0") -> list[Live]:
    text = f"{output}{PROMPT}"
    return [
        Live(Turn("assistant", command, "operator", ids=(1, 2)), 4),
        Live(Turn("user", text, "shell"), len(text) // 3, how),
    ]


def scrollback(count: int) -> list[Live]:
    return [task(), *(live for number in range(count) for live in exchange(f"cat {number}"))]


def texts(live: tuple[Live, ...]) -> list[str]:
    return [each.turn.text for each in live]


def test_the_oldest_output_is_cut_first_to_how_it_ended_and_its_last_lines() -> None:
    now = shorten(scrollback(6), 100, PROMPT)
    assert now is not None
    assert (now.cut, now.folded, now.first) == (1, 0, 2)
    cut = texts(now.live)[2]
    assert cut.startswith("… (")
    assert "characters left out, status 0)\n" in cut.split("\n")[0] + "\n"
    assert cut.endswith(f"line 59 of it\n{PROMPT}")
    assert texts(now.live)[4] == f"{LONG}{PROMPT}"


def test_where_cutting_is_not_enough_the_oldest_exchanges_become_a_list_at_the_task() -> None:
    whole = scrollback(8)
    now = shorten(whole, sum(each.tokens for each in whole[1:-UNTOUCHED]) - 60, PROMPT)
    assert now is not None
    assert now.folded > 0
    assert now.first == 0
    told = texts(now.live)[0]
    assert told.startswith("Task: look around\n… (done so far: `cat 0` (status 0), `cat 1`")
    assert told.endswith(f"\n{PROMPT}")


def test_the_last_exchanges_and_what_a_person_said_are_never_touched() -> None:
    said = Live(Turn("user", f"Use the other file.\n{PROMPT}", "person"), 9)
    whole = [*scrollback(3), said, *scrollback(4)[1:]]
    now = shorten(whole, 10**6, PROMPT)
    assert now is not None
    assert [each.turn for each in now.live[-UNTOUCHED:]] == [
        each.turn for each in whole[-UNTOUCHED:]
    ]
    assert said.turn in [each.turn for each in now.live]


def test_where_nothing_can_go_there_is_nothing_to_tell() -> None:
    assert shorten(scrollback(2), 1000, PROMPT) is None
    assert shorten([task()], 1000, PROMPT) is None


def test_a_long_list_of_commands_keeps_the_latest() -> None:
    now = shorten(
        [task(), *(x for n in range(60) for x in exchange(f"cat {n}", "ok\n"))], 10**6, ""
    )
    assert now is not None
    told = texts(now.live)[0]
    assert len(told) < LISTED + 120
    assert "earlier commands, then" in told
    assert f"`cat {59 - UNTOUCHED // 2}`" in told


@given(
    st.lists(st.tuples(st.text(max_size=600), st.booleans()), max_size=12),
    st.integers(1, 5000),
)
def test_roles_still_alternate_and_no_turn_grows_but_the_tasks(
    outputs: list[tuple[str, bool]], surplus: int
) -> None:
    whole = [task()]
    for output, ended in outputs:
        whole += exchange("ls", output, "status 0" if ended else "")
    now = shorten(whole, surplus, PROMPT)
    if now is None:
        return
    roles = [each.turn.role for each in now.live]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    assert sum(len(text) for text in texts(now.live)[1:]) < sum(
        len(each.turn.text) for each in whole[1:]
    )


def long_trial(commands: int, window: int) -> Trial:
    says = tuple(
        ScriptedCompletion(text=f"seq {number}00 {number}80") for number in range(1, commands)
    )
    trial = Trial(turns=commands + 2)
    trial.steering.sampling = Sampling(max_tokens=40)
    script = Script(completions=says, otherwise=ScriptedCompletion(text="exit"), window=window)
    trial.model = ScriptedModel(script)
    return trial


@pytest.mark.shell
async def test_a_run_goes_on_past_the_window_with_its_seed_whole_and_says_what_it_shortened() -> (
    None
):
    trial = long_trial(12, 1600)
    ended = await trial.run()
    assert (ended.outcome, ended.turns) == ("clean", 12)
    shortened = trial.told(ScrollbackShortened)
    assert shortened
    for each in shortened:
        assert each.before > each.window - 40 >= each.after
        assert each.cut + each.folded > 0
        assert 0 < each.kept < each.after
    (seeded,) = trial.told(ScrollbackSeeded)
    seed = sum(len(turn.text) for turn in seeded.turns)
    sent: tuple[int, ...] = ()
    seams: set[int] = set()
    for prompt in trial.told(PromptSent):
        sent = sent[: prompt.kept] + prompt.ids
        assert len(sent) <= prompt.window - 40
        seams.add(prompt.seam)
    assert seed > 0
    assert len(seams) == 1, "the seed is the same from the first prompt to the last"


@pytest.mark.shell
async def test_while_it_fits_nothing_is_shortened() -> None:
    trial = long_trial(4, 8192)
    await trial.run()
    assert not trial.told(ScrollbackShortened)


@pytest.mark.shell
async def test_the_past_is_changed_seldom() -> None:
    trial = long_trial(20, 1600)
    await trial.run()
    assert len(trial.told(ScrollbackShortened)) <= len(trial.told(PromptSent)) // 3
