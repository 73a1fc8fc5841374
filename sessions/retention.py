"""How long recordings are kept: by age, by size, or, as long as nobody says otherwise, for ever.

What has a tag or a note is never removed, nor what is being recorded or belongs to an experiment that
is running. For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from engine.errors import StoreError
from sessions import database
from sessions.changing import reading
from sessions.process import ProcessIdentity
from sessions.shelf import Shelf

AT_ONCE = 20
"""Sessions removed in one transaction: a recorder waits for no more than that."""


class Rules(msgspec.Struct, frozen=True):
    """What is kept."""

    days: int = 0
    """Recordings older than this go; 0 keeps them whatever their age."""
    megabytes: int = 0
    """The oldest go while all recordings together take more than this; 0 sets no bound."""

    def __bool__(self) -> bool:
        return bool(self.days or self.megabytes)


class Due(msgspec.Struct, frozen=True):
    """A recording that the rules remove."""

    id: str
    began: str
    bytes: int
    why: str


class Plan(msgspec.Struct, frozen=True):
    """What the rules would do now."""

    due: tuple[Due, ...]
    """The oldest first."""
    kept: int
    """Recordings that stay."""
    protected: int
    """Of these, those that only stay because of a tag, a note, or a run under way."""

    @property
    def bytes(self) -> int:
        """That would be freed."""
        return sum(one.bytes for one in self.due)


def plan(rules: Rules, path: Path | None = None, now: datetime | None = None) -> Plan:
    """What the rules remove from the store at `path`, the person's own by default.

    A recording with a date in the future, from a clock that was wrong, has no age. Raises `StoreError`.
    """
    path = path or database.default_path()
    if not rules or not database.is_there(path):
        return Plan((), 0, 0)
    with reading(path, f"No session is recorded yet in {path}.") as run:
        rows = run.execute(
            "SELECT id, began, bytes, note <> '' OR number IN (SELECT session FROM tags),"
            " outcome IS NULL AND NOT interrupted, experiment FROM sessions ORDER BY number"
        ).fetchall()
        running = set(_running(run))
    oldest = ((now or datetime.now(UTC)) - timedelta(days=rules.days)).strftime("%Y-%m-%dT%H:%M:%S")
    excess = sum(row[2] for row in rows) - rules.megabytes * 10**6
    due: list[Due] = []
    protected = 0
    for id_, began, size, marked, open_, experiment in rows:
        old = rules.days > 0 and began[:19] < oldest
        much = rules.megabytes > 0 and excess > 0
        if not old and not much:
            continue
        if marked or open_ or experiment in running:
            protected += 1
            continue
        why = f"older than {rules.days} days" if old else f"beyond {rules.megabytes:,} MB"
        due.append(Due(id_, began, size, why))
        excess -= size
    return Plan(tuple(due), len(rows) - len(due), protected)


def carry_out(
    planned: Plan,
    path: Path | None = None,
    going_on: Callable[[int], bool] = lambda done: True,
) -> int:
    """Remove what was planned, for good, a few at a time; returns how many went.

    `going_on` is told how many have gone, and ends it by saying no. Raises `StoreError`.
    """
    shelf, gone = Shelf(path), 0
    for start in range(0, len(planned.due), AT_ONCE):
        if not going_on(gone):
            break
        gone += shelf.remove([one.id for one in planned.due[start : start + AT_ONCE]])
    if gone:
        shelf.compact()
    return gone


def _running(connection: sqlite3.Connection) -> Iterator[str]:
    """The experiments that a living process runs."""
    for id_, runner in connection.execute("SELECT id, runner FROM experiments WHERE runner <> ''"):
        try:
            alive = msgspec.json.decode(runner, type=ProcessIdentity).alive
        except msgspec.DecodeError as error:
            raise StoreError(
                f"Experiment {id_} names no process that runs it ({error})."
            ) from error
        if alive:
            yield id_
