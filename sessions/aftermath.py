"""What the commands of an experiment's runs came to, turn by turn, read from its recordings."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from engine.events import CommandFinished
from sessions import database, packing
from sessions.changing import reading

_FINISHED = """
    SELECT sessions.id, events.packing, events.body
    FROM experiment_runs
    JOIN experiments ON experiments.number = experiment_runs.experiment
    JOIN sessions ON sessions.id = experiment_runs.session
    JOIN events ON events.session = sessions.number AND events.type = 'CommandFinished'
    WHERE experiments.id = ?
"""


class Ran(msgspec.Struct, frozen=True):
    """A command that a run gave to its shell."""

    turn: int
    failed: bool
    """It ended with a status that is not 0, or did not come back by itself."""


def commands(experiment: str, path: Path | None = None) -> dict[str, tuple[Ran, ...]]:
    """The commands of every recorded run of an experiment, in order, by session.

    `experiment` is its whole id. What ended the shell is left out: after it comes nothing. For a thread
    of its own. Raises `StoreError`.
    """
    path = path or database.default_path()
    found: dict[str, list[Ran]] = {}
    with reading(path, f"No experiment is kept yet in {path}.") as run:
        for session, event in _finished(run.execute(_FINISHED, (experiment,))):
            if event.state != "died":
                failed = event.state != "done" or event.status != 0
                found.setdefault(session, []).append(Ran(event.turn, failed))
    return {session: tuple(ran) for session, ran in found.items()}


def _finished(rows: Iterable[tuple[str, int, bytes]]) -> Iterator[tuple[str, CommandFinished]]:
    for session, packed, body in rows:
        event = packing.decode(packing.unpack(packed, body))
        assert isinstance(event, CommandFinished)
        yield session, event
