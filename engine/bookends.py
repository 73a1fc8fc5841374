"""The first and the last event of a session: what was asked for, and what it came to."""

from datetime import UTC, datetime

from engine.drift.outcome import Score
from engine.events import RunEnded, SessionStarted
from engine.run import RunSpec
from engine.version import VERSION


def first(at: int, session: str, spec: RunSpec, experiment: str) -> SessionStarted:
    """What a session begins with. `at`: nanoseconds since its start."""
    start = spec.start
    return SessionStarted(
        at=at,
        session=session,
        version=VERSION,
        began=datetime.now(UTC).isoformat(timespec="milliseconds"),
        spec=spec,
        parent=start.session if start else "",
        parent_turn=start.turn if start else 0,
        experiment=experiment,
    )


def last(at: int, session: str, score: Score, why: str, *, stopped: bool) -> RunEnded:
    """What a session came to. `stopped`: a person ended it; `why`, what did, in a clause."""
    outcome = score.outcome
    if outcome == "stopped" and not stopped:
        # It was not a person who ended it: the operator left its shell unusable.
        outcome = "no-exit"
    return RunEnded(
        at=at,
        session=session,
        outcome=outcome,
        operated=score.operated,
        exited=score.exited,
        done=score.done,
        drift_turn=score.drift_turn,
        drift_kind=score.drift_kind,
        turns=score.turns,
        why=why,
    )
