"""Experiments as they are kept: what was planned, and what every cell of the plan came to.

A result that `add` returned for survives `kill -9` and a loss of power, like a recorded event, and its
cell is never run again. For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections.abc import Collection, Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.errors import StoreError
from engine.experiment import Experiment
from sessions import database
from sessions.changing import changing, reading
from sessions.experimentrows import (
    COLUMNS,
    RESULT,
    STRETCH,
    kept_of,
    row_of,
    runner_of,
    runner_text,
    stretch_of,
)
from sessions.ids import read_prefix
from sessions.kept import Kept, KeptRun, Outline, Placement, Stretch
from sessions.process import this_process

__all__ = ["Experiments", "Kept", "KeptRun", "Outline", "Placement", "Stretch"]

_ADD = f"""
    INSERT INTO experiment_runs (experiment, {", ".join(COLUMNS)})
    VALUES (?, {", ".join("?" * len(COLUMNS))})
    ON CONFLICT DO UPDATE SET tries = tries + excluded.tries,
        {", ".join(f"{name} = excluded.{name}" for name in RESULT)}
    WHERE outcome IN ('fault', 'stopped')
"""
_SET_OUT = (
    f"INSERT INTO experiment_stretches (experiment, stretch, {', '.join(STRETCH)})"
    f" VALUES (?, ?, {', '.join('?' * len(STRETCH))})"
)


class Experiments:
    """The experiments in the store at a path. Raises `StoreError`."""

    def __init__(self, path: Path | None = None) -> None:
        """The person's own store by default; made with the first experiment."""
        self._path = path or database.default_path()

    def begin(self, experiment: Experiment, placement: Placement) -> None:
        """Keep a new experiment, and take it for this process."""
        database.prepare(self._path)
        with self._changing() as run:
            run.execute(
                "INSERT INTO experiments (id, began, document, n, placement, runner)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    experiment.id,
                    datetime.now(UTC).isoformat(timespec="seconds"),
                    msgspec.json.encode(experiment).decode(),
                    experiment.n,
                    msgspec.json.encode(placement).decode(),
                    runner_text(this_process()),
                ),
            )

    def bring_in(self, kept: Kept) -> bool:
        """Keep an experiment that was kept elsewhere, with all that came of it; nobody runs it.

        False, and nothing changes, where there is one of its id.
        """
        database.prepare(self._path)
        experiment = kept.experiment
        with self._changing() as run:
            if run.execute("SELECT 1 FROM experiments WHERE id = ?", (experiment.id,)).fetchone():
                return False
            number = run.execute(
                "INSERT INTO experiments (id, began, document, n, placement, dropped)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    experiment.id,
                    kept.began,
                    msgspec.json.encode(experiment).decode(),
                    experiment.n,
                    msgspec.json.encode(kept.placement).decode(),
                    msgspec.json.encode(sorted(kept.dropped)).decode(),
                ),
            ).lastrowid
            assert number is not None
            run.executemany(_ADD, [row_of(number, each) for each in kept.runs])
            run.executemany(
                _SET_OUT,
                [
                    (number, place, *msgspec.structs.astuple(stretch))
                    for place, stretch in enumerate(kept.stretches)
                ],
            )
            run.executemany(
                "UPDATE sessions SET experiment = ? WHERE id = ? AND experiment = ''",
                [(experiment.id, each.result.session) for each in kept.runs],
            )
        return True

    def take_up(self, typed: str, n: int | None = None) -> Kept:
        """Take an experiment for this process, to go on with it; `n` raises its replicates.

        `typed`: the beginning of its id, or `last`. Raises `StoreError` where there is none such,
        where another process is running it, and where `n` is less than it was.
        """
        with self._changing() as run:
            number, id_ = _find(run, typed, self._path)
            before, runner = run.execute(
                "SELECT n, runner FROM experiments WHERE number = ?", (number,)
            ).fetchone()
            process = runner_of(runner)
            if process and process != this_process().pid:
                raise StoreError(
                    f"Experiment {id_} is being run by process {process}; stop that first."
                )
            if n is not None and n < before:
                raise StoreError(
                    f"Experiment {id_} has {before} runs of each config on each task; that can be "
                    f"raised, and not lowered to {n}."
                )
            run.execute(
                "UPDATE experiments SET n = ?, runner = ? WHERE number = ?",
                (before if n is None else n, runner_text(this_process()), number),
            )
            return _read(run, number)

    def leave(self, experiment: str) -> None:
        """Say that this process no longer runs an experiment; `experiment` is its whole id."""
        with self._changing() as run:
            run.execute("UPDATE experiments SET runner = '' WHERE id = ?", (experiment,))

    def read(self, typed: str) -> Kept:
        """An experiment with its results; `typed` as for `take_up`."""
        with self._reading() as run:
            return _read(run, _find(run, typed, self._path)[0])

    def outlines(self, limit: int = 100) -> list[Outline]:
        """The experiments there are, the newest first."""
        if not self._path.exists():
            return []
        with self._reading() as run:
            rows = run.execute(
                "SELECT id, began, n, document, placement, runner,"
                " count(outcome) FILTER (WHERE outcome NOT IN ('fault', 'stopped')),"
                " count(outcome) FILTER (WHERE outcome = 'clean'),"
                " count(outcome) FILTER (WHERE outcome IN ('fault', 'stopped'))"
                " FROM (SELECT * FROM experiments ORDER BY number DESC LIMIT ?)"
                " LEFT JOIN experiment_runs ON experiment = number"
                " GROUP BY number ORDER BY number DESC",
                (limit,),
            ).fetchall()
        return [_outline(*row) for row in rows]

    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        """Keep what cells came to, all of it or none; it is durable when this returns.

        A cell's first result that stands is kept, whatever comes after it; one that broke or was
        stopped gives way to what the cell comes to later. Their recordings should be durable before.
        `stretch`: the one that they came in, which has taken so many `seconds` by now.
        """
        stand = [kept.result for kept in runs if kept.result.counts]
        with self._changing() as run:
            number, id_ = _find(run, experiment, self._path)
            run.executemany(_ADD, [row_of(number, kept) for kept in runs])
            # Recordings say whose runs they are; those made without saying it are told here.
            run.executemany(
                "UPDATE sessions SET experiment = ? WHERE id = ? AND experiment = ''",
                [(id_, kept.result.session) for kept in runs],
            )
            run.execute(
                "UPDATE experiment_stretches SET runs = runs + ?, tokens = tokens + ?, seconds = ?"
                " WHERE experiment = ? AND stretch = ?",
                (len(stand), sum(result.tokens for result in stand), seconds, number, stretch),
            )

    def set_out(self, experiment: str, stretch: Stretch) -> int:
        """Keep on what cells are going to be run; returns the stretch's place among the others."""
        with self._changing() as run:
            number = _find(run, experiment, self._path)[0]
            (place,) = run.execute(
                "SELECT count(*) FROM experiment_stretches WHERE experiment = ?", (number,)
            ).fetchone()
            run.execute(_SET_OUT, (number, place, *msgspec.structs.astuple(stretch)))
            return int(place)

    def drop(self, experiment: str, arms: Collection[int]) -> None:
        """Keep which arms get no more runs; those that are not among them get some again."""
        with self._changing() as run:
            run.execute(
                "UPDATE experiments SET dropped = ? WHERE id = ?",
                (msgspec.json.encode(sorted(arms)).decode(), experiment),
            )

    def of_session(self, session: str) -> str | None:
        """The whole id of the experiment that a recording is a run of; none where it is of none.

        A run that was broken off or tried again is of one too. The experiment may be in another
        store, where the recording was brought in from there.
        """
        if not self._path.exists():
            return None
        with self._reading() as run:
            row = run.execute("SELECT experiment FROM sessions WHERE id = ?", (session,)).fetchone()
        return str(row[0]) if row and row[0] else None

    def _changing(self) -> AbstractContextManager[sqlite3.Connection]:
        return changing(self._path, self._none_yet)

    def _reading(self) -> AbstractContextManager[sqlite3.Connection]:
        return reading(self._path, self._none_yet)

    @property
    def _none_yet(self) -> str:
        return f"No experiment is kept yet in {self._path}."


def _find(connection: sqlite3.Connection, typed: str, path: Path) -> tuple[int, str]:
    """An experiment's number and id. Raises `StoreError` where there is none or more than one."""
    if typed == "last":
        found = connection.execute(
            "SELECT number, id FROM experiments ORDER BY number DESC LIMIT 1"
        ).fetchall()
        if not found:
            raise StoreError(f"No experiment is kept yet in {path}.")
    else:
        prefix = read_prefix(typed)
        found = connection.execute(
            "SELECT number, id FROM experiments WHERE substr(id, 1, ?) = ? ORDER BY id LIMIT 6",
            (len(prefix), prefix),
        ).fetchall()
        if not prefix or not found:
            raise StoreError(
                f"No experiment's id begins with “{typed}”; `last` is the one begun last."
            )
    if len(found) > 1:
        few = ", ".join(id_ for _, id_ in found[:5])
        raise StoreError(f"More than one experiment's id begins with “{typed}”: {few}.")
    number, id_ = found[0]
    return int(number), str(id_)


def _read(connection: sqlite3.Connection, number: int) -> Kept:
    began, document, n, placement, dropped, runner = connection.execute(
        "SELECT began, document, n, placement, dropped, runner FROM experiments WHERE number = ?",
        (number,),
    ).fetchone()
    planned = msgspec.json.decode(document, type=Experiment)
    rows: Iterable[tuple[object, ...]] = connection.execute(
        f"SELECT {', '.join(COLUMNS)} FROM experiment_runs WHERE experiment = ?"
        " ORDER BY replicate, task, config",
        (number,),
    )
    stretches: Iterable[tuple[object, ...]] = connection.execute(
        f"SELECT {', '.join(STRETCH)} FROM experiment_stretches WHERE experiment = ?"
        " ORDER BY stretch",
        (number,),
    )
    return Kept(
        experiment=msgspec.structs.replace(planned, n=n),
        began=began,
        placement=msgspec.json.decode(placement, type=Placement),
        runs=tuple(map(kept_of, rows)),
        dropped=msgspec.json.decode(dropped, type=frozenset[int]),
        stretches=tuple(map(stretch_of, stretches)),
        process=runner_of(runner),
    )


def _outline(
    id_: str,
    began: str,
    n: int,
    document: str,
    placement: str,
    runner: str,
    runs: int,
    clean: int,
    broken: int,
) -> Outline:
    planned = msgspec.json.decode(document, type=Experiment)
    return Outline(
        id=id_,
        began=began,
        configs=planned.names,
        tasks=len(planned.tasks),
        n=n,
        runs=runs,
        clean=clean,
        broken=broken,
        factorial=msgspec.json.decode(placement, type=Placement).factorial,
        models=planned.models,
        process=runner_of(runner),
    )
