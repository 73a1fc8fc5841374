from collections.abc import Iterable

import pytest

from engine.drift.outcome import Score, Scorer, score
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandFinished,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    CompletionEnded,
    DriftKind,
    DriftSeen,
    FaultSeen,
    Label,
    LineJudged,
    Outcome,
    RunEnded,
    SessionStarted,
    ShellState,
    TaskChecked,
    TurnStarted,
    WorkerLost,
)
from engine.run import Config, DriftPolicy, RunSpec, Task

CONFIG = Config(
    name="bare+none", seed="bare", elements=(), turns=(), prompt="$ ", hash="0", source=""
)


def started(turns: int = 3, drift: DriftPolicy = "stop") -> SessionStarted:
    spec = RunSpec(config=CONFIG, task=Task("do"), turns=turns, drift=drift)
    return SessionStarted(at=0, session="s", version="0", began="", spec=spec)


def judged(turn: int, line: str, label: Label, by: str = "text") -> LineJudged:
    return LineJudged(
        at=turn,
        turn=turn,
        line=line,
        label=label,
        why="",
        by="text" if by == "text" else "execution",
    )


def drifted(turn: int, line: str, kind: DriftKind) -> DriftSeen:
    return DriftSeen(at=turn, turn=turn, kind=kind, line=line, why="")


def finished(turn: int, command: str, state: ShellState = "done") -> CommandFinished:
    return CommandFinished(
        at=turn, turn=turn, command=command, state=state, status=0, foreground="", bytes=0
    )


def wrote(turn: int) -> list[AnyEvent]:
    return [
        TurnStarted(at=turn, turn=turn),
        CompletionEnded(at=turn, turn=turn, reason="line", tokens=3),
    ]


def ran(turn: int, command: str, state: ShellState = "done") -> list[AnyEvent]:
    return [
        *wrote(turn),
        judged(turn, command, "command"),
        CommandSubmitted(at=turn, turn=turn, command=command, by="operator"),
        finished(turn, command, state),
    ]


def prose(turn: int, line: str, kind: DriftKind = "narration") -> list[AnyEvent]:
    return [*wrote(turn), judged(turn, line, kind), drifted(turn, line, kind)]


def ended(outcome: Outcome) -> RunEnded:
    return RunEnded(
        at=9,
        session="s",
        outcome=outcome,
        operated=True,
        exited=False,
        done=None,
        drift_turn=None,
        drift_kind=None,
        turns=1,
        why="the context window is full",
    )


def test_a_run_that_only_commanded_and_exited_is_clean() -> None:
    scored = score([started(), *ran(1, "uname -r"), *ran(2, "exit", "died")])
    assert scored == Score(
        outcome="clean",
        operated=True,
        exited=True,
        done=None,
        drift_turn=None,
        drift_kind=None,
        turns=2,
        why="exited in turn 2",
    )


def test_a_run_that_commanded_to_the_turn_limit_is_no_exit() -> None:
    scored = score([started(2), *ran(1, "ls"), *ran(2, "pwd")])
    assert (scored.outcome, scored.operated, scored.exited) == ("no-exit", True, False)


def test_the_first_drift_decides_and_names_its_turn_and_kind() -> None:
    events = [started(5), *ran(1, "ls"), *prose(2, "Sure!", "chat"), *prose(3, "The end.")]
    scored = score(events)
    assert (scored.outcome, scored.drift_turn, scored.drift_kind) == ("drift", 2, "chat")
    assert not scored.operated
    assert "Sure!" in scored.why


def test_a_run_that_drifted_and_then_exited_drifted_and_exited() -> None:
    scored = score([started(drift="flag"), *prose(1, "Sure!", "chat"), *ran(2, "exit", "died")])
    assert (scored.outcome, scored.operated, scored.exited) == ("drift", False, True)


def test_a_later_verdict_on_the_same_line_replaces_the_earlier() -> None:
    took_back = [*prose(1, "report", "echo"), judged(1, "report", "command", "execution")]
    assert score([started(), *took_back]).drift_turn is None
    turned = [*ran(1, "sort the names"), judged(1, "sort the names", "narration", "execution")]
    assert score([started(), *turned]).drift_kind == "narration"


def test_the_same_line_in_another_turn_has_a_verdict_of_its_own() -> None:
    events = [*prose(1, "report", "echo"), judged(2, "report", "command")]
    assert score([started(), *events]).drift_turn == 1


def test_an_old_drift_does_not_outlive_a_better_verdict_on_its_line() -> None:
    judged_anew = [*wrote(1), judged(1, "ls", "command"), drifted(1, "ls", "narration")]
    assert score([started(), *judged_anew]).drift_turn is None


def test_a_drift_without_a_judged_line_counts() -> None:
    assert score([started(), *wrote(1), drifted(1, "", "control")]).drift_kind == "control"


@pytest.mark.parametrize("command", ["exit", "exit 0", "ls; exit", "logout", "exec true", "(exit)"])
def test_a_shell_that_was_left_was_exited(command: str) -> None:
    assert score([started(), *ran(1, command, "died")]).exited


@pytest.mark.parametrize("command", ["kill -9 $$", "set -e; false", "./exit.sh", "echo exiting"])
def test_a_shell_that_died_of_something_else_was_not_exited(command: str) -> None:
    scored = score([started(1), *ran(1, command, "died")])
    assert (scored.outcome, scored.exited) == ("no-exit", False)


def test_leaving_a_nested_program_is_not_leaving_the_shell() -> None:
    assert not score([started(), *ran(1, "python3", "nested"), *ran(2, "exit")]).exited


def test_a_person_who_leaves_the_shell_did_not_make_the_operator_exit() -> None:
    by_person = CommandSubmitted(at=2, turn=1, command="exit", by="person")
    scored = score([started(), *ran(1, "ls"), by_person, finished(1, "exit", "died")])
    assert (scored.outcome, scored.exited) == ("stopped", False)


def test_a_command_that_a_person_turned_into_exit_is_not_the_operators_exit() -> None:
    events: list[AnyEvent] = [
        *wrote(1),
        judged(1, "ls", "command"),
        CommandProposed(at=1, turn=1, command="ls"),
        CommandEdited(at=1, turn=1, command="ls", edited="exit"),
        CommandSubmitted(at=1, turn=1, command="exit", by="operator"),
        finished(1, "exit", "died"),
    ]
    assert not score([started(), *events]).exited


def test_an_exit_that_a_person_corrected_is_the_operators() -> None:
    events: list[AnyEvent] = [
        *wrote(1),
        CommandProposed(at=1, turn=1, command="exit -1 -1"),
        CommandEdited(at=1, turn=1, command="exit -1 -1", edited="exit"),
        CommandSubmitted(at=1, turn=1, command="exit", by="operator"),
        finished(1, "exit", "died"),
    ]
    assert score([started(), *events]).exited


@pytest.mark.parametrize("where", ["model", "shell", "recording", "console"])
def test_what_broke_is_a_fault_unless_it_was_told_before(where: str) -> None:
    fault = FaultSeen(at=5, where=where, why="it broke")  # type: ignore[arg-type]  # all literals
    assert score([started(), *ran(1, "ls"), fault]).outcome == "fault"
    assert score([started(), *ran(1, "exit", "died"), fault]).outcome == "clean"
    assert score([started(), *prose(1, "Sure!"), fault]).outcome == "drift"


def test_a_check_that_broke_leaves_the_other_axes_alone() -> None:
    fault = FaultSeen(at=5, where="check", why="no such file")
    scored = score([started(), *ran(1, "exit", "died"), fault])
    assert (scored.outcome, scored.done) == ("clean", None)


@pytest.mark.parametrize("done", [True, False])
def test_done_is_what_the_check_said_whatever_the_outcome(done: bool) -> None:
    check = TaskChecked(at=8, done=done, status=int(not done), output="")
    assert score([started(), *prose(1, "Sure!"), check]).done is done


def test_a_worker_that_was_replaced_is_no_fault() -> None:
    lost = WorkerLost(at=3, why="killed")
    assert score([started(1), lost, *ran(1, "ls")]).outcome == "no-exit"


def test_a_run_that_ended_early_without_telling_was_stopped() -> None:
    assert score([started(3), *ran(1, "ls")]).outcome == "stopped"
    assert score([started(3), *ran(1, "ls"), ended("stopped")]).outcome == "stopped"
    assert score([]).outcome == "stopped"


def test_the_last_turn_must_be_over_before_its_limit_counts() -> None:
    begun: list[AnyEvent] = [TurnStarted(at=2, turn=2)]
    cancelled = [*begun, CompletionEnded(at=2, turn=2, reason="cancelled", tokens=1)]
    proposed = [*wrote(2), CommandProposed(at=2, turn=2, command="pwd")]
    running = [*ran(2, "pwd")[:-1]]
    for last in (begun, cancelled, proposed, running):
        assert score([started(2), *ran(1, "ls"), *last]).outcome == "stopped"
    vetoed = [*proposed, CommandVetoed(at=2, turn=2, command="pwd", by="person")]
    assert score([started(2), *ran(1, "ls"), *vetoed]).outcome == "no-exit"


def test_an_end_from_outside_is_known_from_the_recording_alone() -> None:
    scored = score([started(9), *ran(1, "ls"), ended("no-exit")])
    assert (scored.outcome, scored.why) == ("no-exit", "the context window is full")


def test_a_recorded_outcome_does_not_stand_against_the_facts() -> None:
    assert score([started(9), *prose(1, "Sure!"), ended("no-exit")]).outcome == "drift"


def test_a_run_of_nothing_but_reasoning_did_not_operate() -> None:
    thinking = [*wrote(1), judged(1, "# let me see", "comment")]
    assert not score([started(1), *thinking]).operated


def test_the_incremental_fold_is_the_same_as_the_whole() -> None:
    events: Iterable[AnyEvent] = [
        started(4),
        *ran(1, "ls"),
        *prose(2, "report", "echo"),
        judged(2, "report", "command", "execution"),
        *ran(3, "exit", "died"),
        TaskChecked(at=8, done=True, status=0, output=""),
    ]
    scorer = Scorer()
    outcomes = []
    for event in events:
        scorer.feed(event)
        outcomes.append(scorer.score.outcome)
    assert scorer.score == score(events)
    assert outcomes[0] == "stopped"
    assert "drift" in outcomes
    assert outcomes[-1] == "clean"
