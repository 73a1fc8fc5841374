"""Forks: what is restored, what is done again, and what may be done about a drift."""

import pytest

from engine.errors import DrifttyError
from engine.events import (
    AnyEvent,
    CommandSubmitted,
    FaultSeen,
    PromptSent,
    RunEnded,
    ScrollbackGrew,
    SessionStarted,
    TurnStarted,
    WorldRestored,
)
from engine.fork import (
    INTERVENTIONS,
    MASKED,
    RECOVERY,
    fork_spec,
    intervene,
    start_at,
    typed_lines,
)
from engine.model.script import ScriptedCompletion
from engine.rerun.past import Past, read_past
from engine.run import RunSpec
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.shell.observation import Observation
from tests.engine.rerun.recorded import PROSE, EchoingShell, record, script, spec

THREE = script("uname -r", "date", PROSE)
FORK = "20260102-030405-fork"


async def original(run: RunSpec | None = None) -> Past:
    return read_past(await record(THREE, run))


async def forked(
    run: RunSpec, shell: EchoingShell | None = None, *says: str | ScriptedCompletion
) -> tuple[list[AnyEvent], EchoingShell]:
    shell = shell or EchoingShell(run)
    says = says or ("uname -r", "date", "hostname", "exit")
    return await record(script(*says), run, shell=shell, session=FORK), shell


def told(events: list[AnyEvent], kind: type[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if isinstance(event, kind)]


async def test_a_fork_restores_the_recorded_turns_exactly_and_writes_the_turn_anew() -> None:
    past = await original()
    events, shell = await forked(fork_spec(past.spec, start_at(past, 3)))
    first = events[0]
    assert isinstance(first, SessionStarted)
    assert (first.parent, first.parent_turn) == (past.started.session, 3)
    attempt = past.attempt(3)
    assert attempt is not None
    grew = [event for event in events if isinstance(event, ScrollbackGrew)]
    assert tuple(event.added for event in grew[:5]) == attempt.scrollback[past.seed_turns :]
    assert [event.turn for event in grew[:5]] == [0, 1, 1, 2, 2]
    assert grew[1].added.ids == past.attempts[0].ids
    sent = next(event for event in events if isinstance(event, PromptSent))
    assert sent.ids == attempt.prompt
    assert [event.turn for event in events if isinstance(event, TurnStarted)] == [3, 4]
    assert shell.done == ["uname -r", "date", "hostname", "exit"]


async def test_what_was_done_again_is_told_and_no_command_of_the_forks_own() -> None:
    past = await original()
    run = fork_spec(past.spec, start_at(past, 3))
    events, _ = await forked(run)
    (restored,) = told(events, WorldRestored)
    assert isinstance(restored, WorldRestored)
    assert (restored.acts, restored.differed) == (2, ())
    assert [each.command for each in events if isinstance(each, CommandSubmitted)] == [
        "hostname", "exit"
    ]  # fmt: skip
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert (ended.outcome, ended.turns) == ("clean", 4)


async def test_an_answer_that_comes_out_otherwise_is_told_with_both() -> None:
    past = await original()
    run = fork_spec(past.spec, start_at(past, 3))
    shell = EchoingShell(run, lambda command: "another day" if command == "date" else command)
    events, _ = await forked(run, shell)
    (restored,) = told(events, WorldRestored)
    assert isinstance(restored, WorldRestored)
    (different,) = restored.differed
    assert (different.turn, different.what) == (2, "date")
    assert (different.before, different.now, different.volatile) == ("date", "another day", False)
    # The model is shown what it was shown then, whatever the shell says now.
    grew = [event.added.text for event in events if isinstance(event, ScrollbackGrew)]
    assert not any("another day" in text for text in grew)


async def test_a_command_that_ends_the_shell_when_done_again_is_a_fault_with_a_sentence() -> None:
    past = await original()
    run = fork_spec(past.spec, start_at(past, 3))

    class Dying(EchoingShell):
        async def submit(self, command: str) -> Observation:
            return await super().submit("exit")

    events, _ = await forked(run, Dying(run))
    (fault,) = told(events, FaultSeen)
    assert isinstance(fault, FaultSeen)
    assert "fork at an earlier turn" in fault.why


async def test_an_edited_turn_is_said_as_given_and_typed_for_real() -> None:
    past = await original()
    run = fork_spec(past.spec, start_at(past, 2, edited="uptime\n"))
    events, shell = await forked(run, None, "uname -r", "date", "exit")
    assert shell.done[:3] == ["uname -r", "uptime", "exit"]
    grew = [event for event in events if isinstance(event, ScrollbackGrew)]
    assert [(event.turn, event.added.text) for event in grew[3:5]] == [
        (2, "uptime"),
        (2, f"uptime\n{past.spec.config.prompt}"),
    ]
    submitted = [event for event in events if isinstance(event, CommandSubmitted)]
    assert [(each.turn, each.by) for each in submitted] == [(2, "person"), (3, "operator")]
    assert [event.turn for event in events if isinstance(event, TurnStarted)] == [3]


async def test_an_exit_that_a_person_put_there_is_not_the_operators() -> None:
    past = await original()
    events, _ = await forked(fork_spec(past.spec, start_at(past, 2, edited="exit")))
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert not ended.exited
    assert ended.outcome == "no-exit"


@pytest.mark.parametrize("intervention", INTERVENTIONS)
async def test_every_intervention_goes_on_from_the_drift_and_counts_only_what_follows(
    intervention: str,
) -> None:
    past = await original()
    assert past.drift_turn == 3
    run = fork_spec(past.spec, intervene(past, 3, intervention))  # type: ignore[arg-type]  # one of them
    events, shell = await forked(run, None, "uname -r", "date", "pwd", "exit")
    after = [event.added for event in events if isinstance(event, ScrollbackGrew)][5:]
    texts = [turn.text for turn in after]
    match intervention:
        case "rewind":
            assert shell.done[2:] == ["pwd", "exit"]
            assert PROSE not in texts
        case "none":
            assert shell.done[2:] == [PROSE, "exit"]
            assert after[0].text == PROSE
            assert after[0].ids == past.attempts[2].ids
        case "recovery":
            assert shell.done[2:] == [PROSE, RECOVERY, "exit"]
        case "anchor":
            assert shell.done[2:] == [PROSE, "exit"]
            assert texts[2].startswith(f"Task: {past.spec.task.text}")
        case "mask":
            assert shell.done[2:] == [MASKED, "exit"]
            assert PROSE not in texts
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    assert ended.outcome == "clean", "what was restored is not judged again"


async def test_a_fork_of_a_fork_does_again_what_its_parent_did_again() -> None:
    past = await original()
    events, _ = await forked(fork_spec(past.spec, start_at(past, 3)))
    second = read_past(events)
    start = start_at(second, 4)
    assert [act.command for act in start.acts] == ["uname -r", "date", "hostname"]
    assert start.numbers == (0, 1, 1, 2, 2, 3, 3)
    assert start.lines == ("uname -r", "date", "hostname")
    assert start.session == FORK


async def test_the_turn_after_the_last_goes_on_from_the_end_with_the_drift_typed() -> None:
    past = await original()
    start = start_at(past, 4)
    assert [turn.text for turn in start.then] == [PROSE]
    assert start.turn == 4


async def test_a_turn_that_is_not_there_is_refused_by_name() -> None:
    past = await original()
    with pytest.raises(DrifttyError, match="1 to 4"):
        start_at(past, 9)
    left = read_past(await record(script("uname -r", "exit")))
    with pytest.raises(DrifttyError, match="`exit`, which left its shell"):
        start_at(left, 3)


async def test_a_limit_that_leaves_no_turn_is_refused() -> None:
    past = await original()
    with pytest.raises(DrifttyError, match="--turns"):
        fork_spec(past.spec, start_at(past, 3), turns=2)


async def test_another_model_gets_text_and_another_prompt_stands_in_restored_turns() -> None:
    past = await original()
    start = start_at(past, 3)
    other = fork_spec(past.spec, start, model="another").start
    assert other is not None
    assert all(turn.ids == () for turn in other.turns)
    bare = parse_config("false-memories+history", SeedLibrary())
    assert bare.prompt == ""
    assert past.spec.config.prompt
    changed = fork_spec(past.spec, start, config=bare).start
    assert changed is not None
    assert not any(past.spec.config.prompt in turn.text for turn in changed.turns)
    assert changed.turns[0].text == f"Task: {past.spec.task.text}"


def test_the_lines_of_a_turn_are_those_that_a_run_would_type() -> None:
    text = "<think>Who?</think>\n# look\nid -u\nwhoami"
    assert typed_lines(text, "first-line") == ("id -u",)
    assert typed_lines(text, "whole-turn") == ("# look", "id -u", "whoami")


async def test_a_drift_by_repetition_is_masked_too() -> None:
    run = spec(turns=8)
    past = read_past(await record(script("date", "date", "date", "date", "date"), run))
    turn = past.drift_turn
    assert turn is not None
    (masked,) = intervene(past, turn, "mask").then
    assert masked.text == MASKED
