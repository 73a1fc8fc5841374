"""Full-text search over what was typed, shown and thought in recorded sessions.

The index is a file of its own beside the store. It holds nothing that the store does not, is brought
up to date by whoever searches, and is made anew when it is missing, damaged or of another version. So
recording never waits for it, and the store is as small as it can be.

For one thread: none of this may run on an event loop.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import msgspec

from engine.errors import StoreError
from engine.events import SessionStarted
from sessions import database, packing
from sessions.summary import Query
from sessions.transcript import Passage, PassageKind, Transcript

INDEX_VERSION = 1
OPENED, CLOSED = "\x02", "\x03"
"""Around what was found, in an excerpt."""

_INDEXED: tuple[PassageKind, ...] = (
    *("reasoning", "comment", "prose", "command", "output", "told", "drift", "note", "fault"),
)
_EVENTS = (
    *("SessionStarted", "TurnStarted", "PartClosed", "CommandSubmitted", "CommandEdited"),
    *("CommandVetoed", "DriftSeen", "ScrollbackGrew", "FaultSeen", "TaskChecked", "KeysTyped"),
    *("WorkerLost",),
)
"""Those that passages worth finding are made of: a twentieth of a session."""
_MOST_CHARACTERS = 20_000
"""Of one passage: its beginning is found, the rest of a log of megabytes is not."""
_EXCERPT_WORDS = 16
_SESSIONS_AT_ONCE = 100
_TABLES = (
    "CREATE TABLE indexed (session TEXT PRIMARY KEY, events INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE VIRTUAL TABLE passages USING fts5 (text, session UNINDEXED, turn UNINDEXED,"
    " kind UNINDEXED, tokenize = \"unicode61 remove_diacritics 2 tokenchars '_'\")",
)

Progress = Callable[[int, int], None]


class Hit(msgspec.Struct, frozen=True):
    """A place where all the words stand together."""

    session: str
    turn: int
    """0 before the first."""
    kind: str
    """What kind of passage it is: `command`, `output`, `reasoning` …, or `task`."""
    excerpt: str
    """As recorded, the words found between `OPENED` and `CLOSED`; not safe to show as it is."""


class Search:
    """Searches the store at a path, the person's own by default."""

    def __init__(self, path: Path | None = None) -> None:
        self._store = path or database.default_path()
        self._index = self._store.with_name(f"{self._store.stem}-search.db")

    def find(
        self,
        words: str,
        limit: int = 100,
        progress: Progress = lambda done, of: None,
        among: Sequence[str] | None = None,
    ) -> list[Hit]:
        """Where the words stand, the best matches of the newest sessions first.

        `among`: only in sessions of these ids.

        Each word is found at the beginning of one too; what stands in double quotes only as it is.
        `progress` is told how many of the sessions that are new have been read. Raises `StoreError`.
        """
        wanted = _expression(words)
        if not wanted or not database.is_there(self._store):
            return []
        database.bring_up_to_date(self._store)
        with self._opened() as connection:
            self._update(connection, progress)
            rows = connection.execute(
                "SELECT passages.session, turn, kind, snippet(passages, 0, ?, ?, '…', ?)"
                " FROM passages JOIN store.sessions ON sessions.id = passages.session"
                " WHERE passages MATCH ? AND deleted IS NULL"
                " AND (? IS NULL OR passages.session IN (SELECT value FROM json_each(?)))"
                " ORDER BY sessions.number DESC, bm25(passages) LIMIT ?",
                (OPENED, CLOSED, _EXCERPT_WORDS, wanted, *[_ids(among)] * 2, limit),
            ).fetchall()
        return [Hit(*row) for row in rows]

    def sessions(self, words: str, progress: Progress = lambda done, of: None) -> tuple[str, ...]:
        """The ids of the sessions in which all the words stand in one place, the newest first."""
        wanted = _expression(words)
        if not wanted or not database.is_there(self._store):
            return ()
        database.bring_up_to_date(self._store)
        with self._opened() as connection:
            self._update(connection, progress)
            rows = connection.execute(
                "SELECT DISTINCT session FROM passages WHERE passages MATCH ?"
                " ORDER BY session DESC",
                (wanted,),
            ).fetchall()
        return tuple(session for (session,) in rows)

    def resolved(self, query: Query, progress: Progress = lambda done, of: None) -> Query:
        """A query whose words have been looked for: a library can answer it."""
        if not query.words:
            return query
        found = self.sessions(query.words, progress)
        return msgspec.structs.replace(query, among=found, words="")

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """The index, of this version, with the store beside it as `store`."""
        try:
            with closing(self._sound_index()) as connection:
                location = database.location(self._store, read_only=True)
                connection.execute("ATTACH ? AS store", (location,))
                yield connection
        except sqlite3.Error as error:
            if "no such module: fts5" in str(error):
                raise StoreError(
                    "This Python's SQLite was built without full-text search (FTS5); install a Python "
                    "whose SQLite has it to search sessions."
                ) from error
            raise database.explain(error, self._index) from error
        except OSError as error:
            raise StoreError(
                f"The index for searching sessions, {self._index}, cannot be written: "
                f"{error.strerror or error}. See that its folder can be written and has room."
            ) from error

    def _sound_index(self) -> sqlite3.Connection:
        """Open the index; make it anew where it is not usable."""
        connection = self._connect()
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == INDEX_VERSION:
                connection.execute("SELECT count(*) FROM indexed").fetchone()
                return connection
            damaged = version != 0
        except sqlite3.DatabaseError as error:
            if error.sqlite_errorcode not in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
                raise
            damaged = True
        if damaged:
            connection.close()
            self._remove()
            connection = self._connect()
        database.write_ahead(connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        if connection.execute("PRAGMA user_version").fetchone()[0] != INDEX_VERSION:
            for statement in _TABLES:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {INDEX_VERSION}")
        connection.execute("COMMIT")
        return connection

    def _connect(self) -> sqlite3.Connection:
        # Made by its owner alone, like the store whose words it holds.
        self._index.touch(mode=0o600, exist_ok=True)
        return sqlite3.connect(
            f"{self._index.absolute().as_uri()}?mode=rw",
            uri=True,
            timeout=database.BUSY_SECONDS,
            isolation_level=None,
        )

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._index.with_name(self._index.name + suffix).unlink(missing_ok=True)

    def _update(self, connection: sqlite3.Connection, progress: Progress) -> None:
        """Read what is new since the last search, and forget what is gone for good."""
        gone = "SELECT session FROM indexed EXCEPT SELECT id FROM store.sessions"
        for (session,) in connection.execute(gone).fetchall():
            connection.execute("BEGIN IMMEDIATE")
            self._forget(connection, session)
            connection.execute("COMMIT")
        new = connection.execute(
            "SELECT number, id, sessions.events FROM store.sessions"
            " LEFT JOIN indexed ON indexed.session = id"
            " WHERE indexed.events IS NOT sessions.events ORDER BY number"
        ).fetchall()
        for start in range(0, len(new), _SESSIONS_AT_ONCE):
            progress(start, len(new))
            connection.execute("BEGIN IMMEDIATE")
            for number, session, events in new[start : start + _SESSIONS_AT_ONCE]:
                self._forget(connection, session)
                connection.executemany(
                    "INSERT INTO passages (text, session, turn, kind) VALUES (?, ?, ?, ?)",
                    _passages(connection, number, session),
                )
                connection.execute("INSERT INTO indexed VALUES (?, ?)", (session, events))
            connection.execute("COMMIT")

    def _forget(self, connection: sqlite3.Connection, session: str) -> None:
        known = connection.execute("DELETE FROM indexed WHERE session = ?", (session,)).rowcount
        if known:
            connection.execute("DELETE FROM passages WHERE session = ?", (session,))


def _passages(
    connection: sqlite3.Connection, number: int, session: str
) -> Iterator[tuple[str, str, int, str]]:
    """Text, session, turn and kind of everything in a session that is worth finding."""
    transcript, turn = Transcript(), 0
    rows = connection.execute(
        "SELECT packing, body FROM store.events WHERE session = ?"
        f" AND type IN ({', '.join('?' * len(_EVENTS))}) ORDER BY seq",
        (number, *_EVENTS),
    )
    for packed, body in rows:
        try:
            event = packing.decode(packing.unpack(packed, body))
        except StoreError:
            continue  # What cannot be read cannot be found; `driftty sessions check` tells of it.
        if isinstance(event, SessionStarted):
            yield event.spec.task.text, session, 0, "task"
        for passage in transcript.tell(event):
            if passage.kind == "turn":
                turn = int(passage.label)
            elif passage.kind in _INDEXED:
                yield _text(passage), session, turn, passage.kind


def _ids(among: Sequence[str] | None) -> str | None:
    """Ids as one value, however many there are; none where nothing is to be left out."""
    return None if among is None else msgspec.json.encode(among).decode()


def _text(passage: Passage) -> str:
    return passage.text[:_MOST_CHARACTERS]


def _expression(words: str) -> str:
    """What a person typed, as an FTS5 expression: all of the words, none of its operators."""
    terms = []
    for phrase, word in re.findall(r'"([^"]*)"?|([^\s"]+)', words):
        if phrase.strip():
            terms.append(f'"{phrase}"')
        elif re.search(r"\w", word):
            terms.append(f'"{word}" *')
    return " ".join(terms)
