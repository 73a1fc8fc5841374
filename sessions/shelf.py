"""What a person does to recorded sessions: tags, notes, the trash. Events are never touched.

For one thread: none of this may run on an event loop.
"""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, closing
from datetime import UTC, datetime
from pathlib import Path

from engine.errors import StoreError
from sessions import database
from sessions.changing import changing
from sessions.process import ProcessIdentity

MOST_TAG_CHARACTERS = 64


class Shelf:
    """Changes what is kept about sessions, in the store at a path. Raises `StoreError`."""

    def __init__(self, path: Path | None = None) -> None:
        """The person's own store by default."""
        self._path = path or database.default_path()

    def tag(self, session: str, tags: Iterable[str]) -> None:
        """Give a session tags; those it has stay."""
        wanted = [read_tag(tag) for tag in tags]
        with self._changing() as run:
            number = _number(run, session)
            run.executemany(
                "INSERT OR IGNORE INTO tags (session, tag) VALUES (?, ?)",
                [(number, tag) for tag in wanted],
            )

    def untag(self, session: str, tags: Iterable[str]) -> None:
        """Take tags from a session; those it has not are no error."""
        with self._changing() as run:
            number = _number(run, session)
            run.executemany(
                "DELETE FROM tags WHERE session = ? AND tag = ?", [(number, tag) for tag in tags]
            )

    def annotate(self, session: str, note: str) -> None:
        """Set a session's note; empty takes it away."""
        with self._changing() as run:
            run.execute(
                "UPDATE sessions SET note = ? WHERE number = ?", (note, _number(run, session))
            )

    def delete(self, sessions: Sequence[str]) -> None:
        """Put sessions into the trash: out of every list, and whole until it is emptied.

        Raises `StoreError`, and deletes none, where one of them is still being recorded.
        """
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._changing() as run:
            for session in sessions:
                number = _number(run, session)
                _see_it_is_over(run, session, number)
                run.execute(
                    "UPDATE sessions SET deleted = ? WHERE number = ? AND deleted IS NULL",
                    (now, number),
                )

    def restore(self, sessions: Sequence[str]) -> None:
        """Take sessions out of the trash again, as they were."""
        with self._changing() as run:
            for session in sessions:
                run.execute(
                    "UPDATE sessions SET deleted = NULL WHERE number = ?", (_number(run, session),)
                )

    def empty_trash(self) -> int:
        """Remove what is in the trash for good; returns how many sessions went.

        Seeds, configs and provenances that no session names any more go with them. The room is given
        back to the disk, except while something is recorded, which must not be kept waiting; then the
        store itself uses it again.
        """
        with self._changing() as run:
            gone = run.execute("SELECT count(*) FROM sessions WHERE deleted IS NOT NULL").fetchone()
            run.execute("DELETE FROM sessions WHERE deleted IS NOT NULL")
            forget_unnamed(run)
            recording = _recording(run)
        if not recording:
            self._compact()
        return int(gone[0])

    def remove(self, sessions: Sequence[str]) -> int:
        """Remove sessions for good, past the trash; returns how many went.

        Those that are tagged or noted by now, or are being recorded, stay.
        """
        with self._changing() as run:
            live = {process.pid for process in _recording(run)}
            gone = run.execute(
                "DELETE FROM sessions WHERE id IN (SELECT value FROM json_each(?)) AND note = ''"
                " AND number NOT IN (SELECT session FROM tags) AND (outcome IS NOT NULL OR interrupted"
                " OR recorder NOT IN (SELECT number FROM recorders WHERE pid IN"
                " (SELECT value FROM json_each(?))))",
                (json.dumps(list(sessions)), json.dumps(sorted(live))),
            ).rowcount
            forget_unnamed(run)
        return gone

    def compact(self) -> None:
        """Give the room of what was removed back to the disk, unless something is recorded."""
        with self._changing() as run:
            recording = _recording(run)
        if not recording:
            self._compact()

    def _changing(self) -> AbstractContextManager[sqlite3.Connection]:
        """One transaction."""
        return changing(self._path, f"No session is recorded yet in {self._path}.")

    def _compact(self) -> None:
        try:
            with closing(database.connect(self._path)) as connection:
                connection.execute("PRAGMA busy_timeout = 0")
                connection.execute("VACUUM")
        except sqlite3.OperationalError:
            # Somebody uses the store, or the disk has no room for a copy: the pages stay, free.
            return


def forget_unnamed(connection: sqlite3.Connection) -> None:
    """Remove the configs, seeds and provenances that no session names any more."""
    for statement in (
        "DELETE FROM configs WHERE number NOT IN (SELECT config FROM sessions)",
        "DELETE FROM seeds WHERE hash NOT IN (SELECT source FROM configs)",
        "DELETE FROM provenances WHERE number NOT IN"
        " (SELECT provenance FROM sessions WHERE provenance IS NOT NULL)",
    ):
        connection.execute(statement)


def read_tag(typed: str) -> str:
    """A tag as it is kept: one word in lower case. Raises `StoreError` where it cannot be one."""
    tag = typed.strip().lower()
    if not tag or len(tag) > MOST_TAG_CHARACTERS or any(one.isspace() or one == "," for one in tag):
        raise StoreError(
            f"“{typed}” cannot be a tag: a tag is one word of at most {MOST_TAG_CHARACTERS} "
            "characters, without spaces or commas."
        )
    return tag


def _number(connection: sqlite3.Connection, session: str) -> int:
    row = connection.execute("SELECT number FROM sessions WHERE id = ?", (session,)).fetchone()
    if row is None:
        raise StoreError(f"There is no session {session}.")
    return int(row[0])


def _see_it_is_over(connection: sqlite3.Connection, session: str, number: int) -> None:
    for process in _recording(connection, number):
        raise StoreError(
            f"Session {session} is still being recorded, by process {process.pid}; end it first."
        )


def _recording(connection: sqlite3.Connection, number: int | None = None) -> list[ProcessIdentity]:
    """The processes that are recording a session, or any, right now."""
    rows = connection.execute(
        "SELECT DISTINCT pid, started, boot FROM sessions"
        " JOIN recorders ON recorders.number = recorder"
        " WHERE outcome IS NULL AND NOT interrupted AND coalesce(sessions.number = ?, 1)",
        (number,),
    ).fetchall()
    processes = [ProcessIdentity(*row) for row in rows]
    return [process for process in processes if process.alive]
