"""What came after commands that failed."""

from console.report.errors import After, after_errors, aftermath
from console.report.findings import findings
from engine.events import CommandFinished, ShellState
from sessions.aftermath import Ran, commands
from sessions.experiments import Experiments
from sessions.recorder import Recorder
from tests.console.report.results import experiment, kept
from tests.sessions.made import begin


def test_a_turn_counts_by_what_the_command_before_it_came_to() -> None:
    results = kept(*experiment(n=1), clean=(0.0, 1.0))
    drifted, clean = (run.result for run in results.runs[:2])
    assert (drifted.drift_turn, drifted.turns) == (1, 2)
    assert (clean.outcome, clean.turns) == ("clean", 2)
    ran = {
        drifted.session: (Ran(1, failed=True), Ran(2, failed=True)),
        clean.session: (Ran(1, failed=False),),
    }
    bare, memories = aftermath(results.settled, ran, 2)
    assert bare.failed == After(turns=1, drifted=0, exited=0)
    assert bare.succeeded.words == "–"
    assert memories.succeeded == After(turns=1, drifted=0, exited=1)


def test_drift_in_the_very_next_turn_is_told() -> None:
    results = kept(*experiment(n=3), clean=(0.0, 0.0))
    late = next(run.result for run in results.runs if run.result.drift_turn == 2)
    (bare, memories) = aftermath([late], {late.session: (Ran(1, failed=True),)}, 2)
    assert (bare, memories)[late.config].failed.words == "1 of 1 = 1"


async def test_commands_are_read_from_the_recordings() -> None:
    planned, placement = experiment(n=1)
    results = kept(planned, placement)
    session = results.runs[0].result.session
    Experiments().begin(planned, placement)
    Experiments().add(planned.id, results.runs)
    states: tuple[tuple[ShellState, int | None], ...] = (
        *(("done", 0), ("done", 127), ("continuation", None), ("died", None)),
    )
    async with Recorder.open() as recorder:
        for each in (session, "6anotherone1"):
            recorder.record(each, begin(each))
            for turn, (state, status) in enumerate(states, start=1):
                recorder.record(
                    each,
                    CommandFinished(
                        at=turn,
                        turn=turn,
                        command="x",
                        state=state,
                        status=status,
                        foreground="",
                        bytes=0,
                    ),
                )
    assert commands(planned.id) == {
        session: (Ran(1, failed=False), Ran(2, failed=True), Ran(3, failed=True))
    }


def test_without_commands_nothing_is_said() -> None:
    found = findings(kept(*experiment()))
    assert not list(after_errors(found, aftermath(found.kept.settled, {}, 2)))
