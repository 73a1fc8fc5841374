"""A second hand that notes how far a recorder got, so that a lost write-ahead log is noticed.

SQLite keeps the newest rows in `driftty.db-wal`. Without that file the store is sound and older, and
nothing in it can tell. So every recorder notes beside it, after each transaction, how many events of
its last sessions are acknowledged, and with which link the last ends; whoever opens the store next
compares, and enters what is missing into `losses`.
"""

import os
import sqlite3
from contextlib import suppress
from pathlib import Path

import msgspec

from sessions.process import ProcessIdentity, this_process
from sessions.row import SessionRow

_MOST_SESSIONS = 256
"""Noted at once, the latest ones; older ones have long been folded into the store."""


class Note(msgspec.Struct, frozen=True):
    """How far a session had got."""

    events: int
    head: str
    """The last link of the hash chain, hex."""


class Testimony(msgspec.Struct, frozen=True):
    """What one recorder noted last."""

    recorder: ProcessIdentity
    sessions: dict[str, Note]


class Witness:
    """Notes what this process has recorded into the store at a path."""

    def __init__(self, store: Path) -> None:
        self._path = store.with_name(f"{store.name}-witness-{os.getpid()}")
        self._notes: dict[str, Note] = {}
        self._process = this_process()
        self._file: int | None = None

    def note(self, rows: dict[str, SessionRow]) -> None:
        """Note how far sessions are, now that a transaction is over.

        A note that cannot be written is left out: the recording itself is what must not fail.
        """
        for session, row in rows.items():
            self._notes.pop(session, None)
            self._notes[session] = Note(row.events, row.head.hex())
        for session in list(self._notes)[:-_MOST_SESSIONS]:
            del self._notes[session]
        text = msgspec.json.encode(Testimony(self._process, self._notes))
        with suppress(OSError):
            if self._file is None:
                self._file = os.open(self._path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))

    def dismiss(self, *, folded: bool) -> None:
        """Stop noting; `folded`: the log is folded into the store, so that it cannot be lost."""
        with suppress(OSError):
            if self._file is not None:
                os.close(self._file)
            if folded:
                self._path.unlink(missing_ok=True)


def hear_witnesses(store: Path, connection: sqlite3.Connection) -> None:
    """Enter into `losses` what recorders that are gone had noted and the store does not have."""
    for path in store.parent.glob(f"{store.name}-witness-*"):
        try:
            testimony = msgspec.json.decode(path.read_bytes(), type=Testimony)
        except (OSError, msgspec.DecodeError):
            continue  # Being written right now, or cut off in writing: the next one looks again.
        if testimony.recorder.alive:
            continue
        for session, note in testimony.sessions.items():
            row = connection.execute(
                "SELECT events FROM sessions WHERE id = ?", (session,)
            ).fetchone()
            if (row[0] if row else 0) < note.events:
                connection.execute(
                    "INSERT OR REPLACE INTO losses (session, events, head) VALUES (?, ?, ?)",
                    (session, note.events, bytes.fromhex(note.head)),
                )
        with suppress(OSError):
            path.unlink(missing_ok=True)
