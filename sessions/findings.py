"""What was found out about recorded sessions later, kept beside their events: verifications, verdicts.

For one thread: none of this may run on an event loop.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import msgspec

from engine.errors import StoreError
from sessions import database

FindingKind: TypeAlias = Literal["verified", "judged", "rescored"]
"""`verified`: it was run again. `judged`: its lines were judged again. `rescored`: its tokens were
scored again alone, `engine.divergence`."""

Document = TypeVar("Document")


class Finding(msgspec.Struct, frozen=True):
    """Something found out about a session."""

    session: str
    kind: FindingKind
    by: str
    """What found it out: a judge's version, or a driftty's with its device and number format."""
    at: str
    """When, UTC, ISO 8601."""
    document: str
    """JSON."""

    def read(self, kind: type[Document]) -> Document:
        """The document. Raises `StoreError` where a newer driftty wrote it otherwise."""
        try:
            return msgspec.json.decode(self.document, type=kind)
        except msgspec.MsgspecError as error:
            raise StoreError(
                f"What was found out about session {self.session} by {self.by} cannot be read: {error}."
            ) from error


class Findings:
    """The findings in the store at a path. Raises `StoreError`."""

    def __init__(self, path: Path | None = None) -> None:
        """The person's own store by default."""
        self._path = path or database.default_path()

    def keep(self, session: str, kind: FindingKind, by: str, document: object) -> None:
        """Keep a finding; what the same found out of this kind before gives way."""
        with self._connected(read_only=False) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = connection.execute(
                    "SELECT number FROM sessions WHERE id = ?", (session,)
                ).fetchone()
                if row is None:
                    raise StoreError(f"There is no session {session} in {self._path}.")
                connection.execute(
                    "INSERT OR REPLACE INTO findings (session, kind, by, at, document)"
                    " VALUES (?, ?, ?, ?, ?)",
                    (
                        row[0],
                        kind,
                        by,
                        datetime.now(UTC).isoformat(timespec="seconds"),
                        msgspec.json.encode(document).decode(),
                    ),
                )
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def of(self, session: str, kind: FindingKind | None = None) -> list[Finding]:
        """What was found out about a session, the latest first."""
        if not database.is_there(self._path):
            return []
        with self._connected(read_only=True) as connection:
            rows = connection.execute(
                "SELECT id, kind, by, at, document FROM findings"
                " JOIN sessions ON sessions.number = findings.session"
                " WHERE id = ? AND kind = coalesce(?, kind) ORDER BY at DESC, by",
                (session, kind),
            ).fetchall()
        return [Finding(*row) for row in rows]

    @contextmanager
    def _connected(self, *, read_only: bool) -> Iterator[sqlite3.Connection]:
        if not database.is_there(self._path):
            raise StoreError(f"No session is recorded yet in {self._path}.")
        database.bring_up_to_date(self._path)
        try:
            with closing(database.connect(self._path, read_only=read_only)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise database.explain(error, self._path) from error
