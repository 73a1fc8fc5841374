"""Batches of events, written to the store in one transaction each."""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted
from sessions import database, packing
from sessions.chain import next_link
from sessions.process import ProcessIdentity, this_process
from sessions.row import SessionRow, add_session
from sessions.witness import Witness, hear_witnesses

_INSERT = (
    "INSERT INTO events (session, seq, at, type, packing, link, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class Entry(NamedTuple):
    """An event on its way into the store."""

    session: str
    event: AnyEvent
    body: bytes


class Rejected(StoreError):
    """The entries of one session cannot be written; those of others can."""

    def __init__(self, session: str, why: str) -> None:
        super().__init__(why)
        self.session = session


class Journal:
    """The store, open for writing. For one thread: none of this may run on an event loop."""

    def __init__(self, path: Path, *, live: bool = True) -> None:
        """Open or make the store at `path`. Raises `StoreError`.

        `live`: sessions are recorded while they happen, by this process; else they are brought in.
        """
        database.prepare(path)
        self._path = path
        self._rows: dict[str, SessionRow] = {}
        try:
            self._connection = database.connect(path)
        except sqlite3.Error as error:
            raise database.explain(error, path) from error
        try:
            self._file = path.stat().st_ino
            self._recorder = self._begin(live)
            self._witness = Witness(path)
        except sqlite3.Error as error:
            self._connection.close()
            raise database.explain(error, path) from error

    def write(self, entries: Iterable[Entry]) -> None:
        """Write a batch: all of it will survive a loss of power, or none of it was written.

        Raises `StoreError`, and `Rejected` where one session's entries are the cause.
        """
        self._see_it_is_there()
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            changed = self._insert(entries)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            self._roll_back()
            raise database.explain(error, self._path) from error
        except BaseException:
            self._roll_back()
            raise
        self._witness.note(changed)
        self._rows.update(changed)
        for session in [id_ for id_, row in changed.items() if row.outcome is not None]:
            del self._rows[session]

    def close(self) -> None:
        """Close the store, and fold the write-ahead log into it as far as nobody reads it.

        Sessions without an end get none any more, and are marked interrupted.
        """
        folded = False
        # What was acknowledged is on the disk, marked and folded in or not; the next one will do it.
        with suppress(sqlite3.Error):
            self._connection.executemany(
                "UPDATE sessions SET interrupted = 1 WHERE number = ?",
                [(row.number,) for row in self._rows.values()],
            )
            busy, frames, done = self._connection.execute("PRAGMA wal_checkpoint").fetchone()
            folded = not busy and frames == done
            self._connection.close()
        self._witness.dismiss(folded=folded)

    def _see_it_is_there(self) -> None:
        """Writing to a file that has lost its name succeeds, and saves nothing."""
        try:
            there = self._path.stat().st_ino == self._file
        except OSError:
            there = False
        if not there:
            raise StoreError(
                f"The session store {self._path} was moved away or replaced while it was written. "
                "Put it back, or start driftty again to begin a new one."
            )

    def _begin(self, live: bool) -> int | None:
        """Set the connection up, enter this process, and mark what dead ones left unfinished."""
        run = self._connection.execute
        database.write_ahead(self._connection)
        run("PRAGMA synchronous = FULL")
        run("PRAGMA journal_size_limit = 67108864")
        try:
            run("BEGIN IMMEDIATE")
            number = self._enter(this_process()) if live else None
            hear_witnesses(self._path, self._connection)
            unfinished = run(
                "SELECT DISTINCT recorder, pid, started, boot FROM sessions"
                " JOIN recorders ON recorders.number = recorder"
                " WHERE outcome IS NULL AND NOT interrupted"
            ).fetchall()
            for recorder, pid, started, boot in unfinished:
                if not ProcessIdentity(pid, started, boot).alive:
                    run(
                        "UPDATE sessions SET interrupted = 1"
                        " WHERE recorder = ? AND outcome IS NULL",
                        (recorder,),
                    )
            run("COMMIT")
        except BaseException:
            self._roll_back()
            raise
        return number

    def _enter(self, process: ProcessIdentity) -> int:
        identity = msgspec.structs.astuple(process)
        self._connection.execute(
            "INSERT OR IGNORE INTO recorders (pid, started, boot) VALUES (?, ?, ?)", identity
        )
        number: int = self._connection.execute(
            "SELECT number FROM recorders WHERE (pid, started, boot) = (?, ?, ?)", identity
        ).fetchone()[0]
        return number

    def _insert(self, entries: Iterable[Entry]) -> dict[str, SessionRow]:
        changed: dict[str, SessionRow] = {}
        self._connection.executemany(_INSERT, self._event_rows(entries, changed))
        for row in changed.values():
            row.save(self._connection)
        return changed

    def _event_rows(
        self, entries: Iterable[Entry], changed: dict[str, SessionRow]
    ) -> Iterator[tuple[int, int, int, str, int, bytes, bytes]]:
        for session, event, body in entries:
            row = changed.get(session)
            if row is None:
                row = changed[session] = self._row(session, event)
            place, link = row.events, next_link(row.head, body)
            how, stored = packing.pack(body)
            row.absorb(event, self._connection)
            row.head = link
            row.events += 1
            row.bytes += len(stored)
            yield row.number, place, event.at, type(event).__name__, how, link, stored

    def _row(self, session: str, event: AnyEvent) -> SessionRow:
        """A copy of the session's row, for a transaction that may fail; a new one at its start."""
        known = self._rows.get(session)
        if known is not None:
            return msgspec.structs.replace(known)
        if not isinstance(event, SessionStarted):
            raise Rejected(
                session,
                f"Session {session} cannot be recorded: it does not begin with SessionStarted.",
            )
        try:
            return add_session(self._connection, event, self._recorder)
        except sqlite3.IntegrityError as error:
            raise Rejected(
                session, f"Session {session} cannot be recorded: the store has one of that id."
            ) from error

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            with suppress(sqlite3.Error):  # SQLite rolls back by itself on some errors.
                self._connection.execute("ROLLBACK")
