"""Experiments as they are kept: what was planned, and what every cell of the plan came to.

A result that `add` returned for survives `kill -9` and a loss of power, like a recorded event, and its
cell is never run again. For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from engine.drift.result import RunResult
from engine.errors import StoreError
from engine.experiment import Cell, Experiment, cells
from sessions import database
from sessions.ids import read_prefix
from sessions.process import ProcessIdentity, this_process


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """How an experiment's runs were asked to be made, beyond what each run is."""

    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    until_decided: bool = False
    """Whether the experiment may end before its plan, when all is decided."""
    factorial: str = ""
    """The seed whose elements make the configs; empty where they were named one by one."""


class KeptRun(msgspec.Struct, frozen=True):
    """What a cell came to."""

    result: RunResult
    tries: int
    """How often it was tried over all; each but the last ended in a fault or was stopped."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment as it lies in the store."""

    experiment: Experiment
    began: str
    """Wall-clock time, UTC, ISO 8601."""
    placement: Placement
    runs: tuple[KeptRun, ...]
    """One for every cell that is over, in planned order."""

    @property
    def settled(self) -> tuple[RunResult, ...]:
        """The results that stand, in planned order; the others are still to be had."""
        return tuple(run.result for run in self.runs if run.result.counts)

    def missing(self) -> Iterator[Cell]:
        """The cells still to be run, in planned order: those that broke or were stopped as well."""
        settled = {Cell(each.config, each.task, each.replicate) for each in self.settled}
        return (cell for cell in cells(self.experiment) if cell not in settled)


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in a list."""

    id: str
    began: str
    configs: tuple[str, ...]
    tasks: int
    n: int
    runs: int
    """How many cells have a result that stands."""


_RESULT = (
    *("config", "task", "replicate", "session", "outcome", "operated", "exited", "done"),
    *("drift_turn", "drift_kind", "turns", "tokens", "took", "fault"),
)
_COLUMNS = ("tries", *_RESULT)
_ADD = f"""
    INSERT INTO experiment_runs (experiment, {", ".join(_COLUMNS)})
    VALUES (?, {", ".join("?" * len(_COLUMNS))})
    ON CONFLICT DO UPDATE SET tries = tries + excluded.tries,
        {", ".join(f"{name} = excluded.{name}" for name in _RESULT)}
    WHERE outcome IN ('fault', 'stopped')
"""


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
                    _identity(),
                ),
            )

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
            _see_it_is_free(id_, runner)
            if n is not None and n < before:
                raise StoreError(
                    f"Experiment {id_} has {before} runs of each config on each task; that can be "
                    f"raised, and not lowered to {n}."
                )
            run.execute(
                "UPDATE experiments SET n = ?, runner = ? WHERE number = ?",
                (before if n is None else n, _identity(), number),
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
                "SELECT id, began, n, (SELECT json_group_array(json_extract(value, '$.name'))"
                "  FROM json_each(document, '$.configs')),"
                " json_array_length(document, '$.tasks'),"
                " (SELECT count(*) FROM experiment_runs WHERE experiment = number"
                "  AND outcome NOT IN ('fault', 'stopped'))"
                " FROM experiments ORDER BY number DESC LIMIT ?",
                (limit,),
            ).fetchall()
        return [
            Outline(
                id=id_,
                began=began,
                n=n,
                configs=msgspec.json.decode(names, type=tuple[str, ...]),
                tasks=tasks,
                runs=runs,
            )
            for id_, began, n, names, tasks, runs in rows
        ]

    def add(self, experiment: str, runs: Sequence[KeptRun]) -> None:
        """Keep what cells came to, all of it or none; it is durable when this returns.

        A cell's first result that stands is kept, whatever comes after it; one that broke or was
        stopped gives way to what the cell comes to later. Their recordings should be durable before.
        """
        with self._changing() as run:
            number = _find(run, experiment, self._path)[0]
            run.executemany(_ADD, [_row(number, kept) for kept in runs])

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """One short transaction that waits for others to end theirs."""
        with self._connected(read_only=False) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        with self._connected(read_only=True) as connection:
            yield connection

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[sqlite3.Connection]:
        if not self._path.exists():
            raise StoreError(f"No experiment is kept yet in {self._path}.")
        database.bring_up_to_date(self._path)
        try:
            with closing(database.connect(self._path, read_only=read_only)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise database.explain(error, self._path) from error


def _see_it_is_free(experiment: str, runner: str) -> None:
    if not runner:
        return
    process = msgspec.json.decode(runner, type=ProcessIdentity)
    if process.alive and process != this_process():
        raise StoreError(
            f"Experiment {experiment} is being run by process {process.pid}; stop that first."
        )


def _identity() -> str:
    return msgspec.json.encode(this_process()).decode()


def _row(number: int, kept: KeptRun) -> tuple[object, ...]:
    return (number, kept.tries, *(getattr(kept.result, name) for name in _RESULT))


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
    began, document, n, placement = connection.execute(
        "SELECT began, document, n, placement FROM experiments WHERE number = ?", (number,)
    ).fetchone()
    planned = msgspec.json.decode(document, type=Experiment)
    rows: Iterable[tuple[object, ...]] = connection.execute(
        f"SELECT {', '.join(_COLUMNS)} FROM experiment_runs WHERE experiment = ?"
        " ORDER BY replicate, task, config",
        (number,),
    )
    return Kept(
        experiment=msgspec.structs.replace(planned, n=n),
        began=began,
        placement=msgspec.json.decode(placement, type=Placement),
        runs=tuple(_kept(row) for row in rows),
    )


def _kept(row: tuple[object, ...]) -> KeptRun:
    tries, *fields = row
    result = msgspec.convert(dict(zip(_RESULT, fields, strict=True)), type=RunResult, strict=False)
    return KeptRun(result, msgspec.convert(tries, type=int))
