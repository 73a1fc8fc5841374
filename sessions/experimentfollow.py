"""An experiment followed while another process runs it: what came since the last look.

The store is the channel: that process keeps its results and its recordings there, and whoever watches
needs nothing else of it. A look costs what is new, however much is there. For one thread: none of
this may run on an event loop.
"""

import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import msgspec

from engine.errors import StoreError
from sessions import database
from sessions.changing import reading
from sessions.experimentrows import COLUMNS, STRETCH, kept_of, runner_of, stretch_of
from sessions.kept import KeptRun, Stretch

_AT_ONCE = 500
"""Sessions that are asked for in one statement; SQLite takes some thousands of parameters."""


class Recorded(msgspec.Struct, frozen=True):
    """A run that is being recorded."""

    session: str
    rng: int
    """The run's seed, which says what cell of the plan it is."""
    turn: int
    """0 until its model is asked."""


class News(msgspec.Struct, frozen=True, kw_only=True):
    """How an experiment stands, and what came since the last look."""

    n: int
    """Runs of each config on each task; it may have been raised."""
    dropped: frozenset[int]
    stretches: tuple[Stretch, ...]
    process: int
    """The process that runs it; 0 where none does any more."""
    runs: tuple[KeptRun, ...]
    """Those that were kept since."""
    under_way: tuple[Recorded, ...]


class Following:
    """Looks at one experiment again and again."""

    def __init__(
        self, experiment: str, known: Collection[str] = (), path: Path | None = None
    ) -> None:
        """`experiment` is its whole id; `known`: the sessions of results that need not be told; by
        default in the person's own store.
        """
        self._id = experiment
        self._path = path or database.default_path()
        self._known = frozenset(known)
        self._last = 0
        self._open: dict[str, None] = {}
        """Sessions, in order, that no result was told of yet."""

    def look(self) -> News:
        """What came. Raises `StoreError`."""
        with reading(self._path, f"No experiment is kept yet in {self._path}.") as run:
            row = run.execute(
                "SELECT number, n, dropped, runner FROM experiments WHERE id = ?", (self._id,)
            ).fetchone()
            if row is None:
                raise StoreError(f"Experiment {self._id} is no longer in {self._path}.")
            number, n, dropped, runner = row
            stretches = run.execute(
                f"SELECT {', '.join(STRETCH)} FROM experiment_stretches WHERE experiment = ?"
                " ORDER BY stretch",
                (number,),
            ).fetchall()
            self._meet(run)
            runs = tuple(self._kept(run, number))
            process = runner_of(runner)
            under_way = tuple(self._under_way(run)) if process else ()
        return News(
            n=n,
            dropped=msgspec.json.decode(dropped, type=frozenset[int]),
            stretches=tuple(map(stretch_of, stretches)),
            process=process,
            runs=runs,
            under_way=under_way,
        )

    def _meet(self, run: sqlite3.Connection) -> None:
        """Sessions that were begun since; a result is only ever of one that is recorded."""
        met = run.execute(
            "SELECT number, id FROM sessions WHERE experiment = ? AND number > ? ORDER BY number",
            (self._id, self._last),
        ).fetchall()
        for number, session in met:
            self._last = number
            if session not in self._known:
                self._open[session] = None
        self._known = frozenset()

    def _kept(self, run: sqlite3.Connection, number: int) -> Iterator[KeptRun]:
        for some in _in_parts(self._open):
            rows: Iterable[tuple[object, ...]] = run.execute(
                f"SELECT {', '.join(COLUMNS)} FROM experiment_runs"
                f" WHERE experiment = ? AND session IN ({_places(some)})",
                (number, *some),
            ).fetchall()
            for row in rows:
                kept = kept_of(row)
                del self._open[kept.result.session]
                yield kept

    def _under_way(self, run: sqlite3.Connection) -> Iterator[Recorded]:
        for some in _in_parts(self._open):
            rows = run.execute(
                "SELECT id, json_extract(spec, '$.rng'), turns FROM sessions"
                f" WHERE id IN ({_places(some)}) AND outcome IS NULL AND NOT interrupted",
                some,
            ).fetchall()
            yield from (Recorded(*row) for row in rows)


def _in_parts(sessions: Collection[str]) -> Iterator[Sequence[str]]:
    left = iter(tuple(sessions))
    while some := tuple(islice(left, _AT_ONCE)):
        yield some


def _places(some: Sequence[str]) -> str:
    return ", ".join("?" * len(some))
