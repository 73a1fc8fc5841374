"""A recorded session read for playing: in short reads, by a thread of its own, while others record."""

import asyncio
import sqlite3
from array import array
from collections.abc import AsyncIterator, Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TypeVar

from engine.errors import StoreError
from engine.events import AnyEvent
from sessions import database, packing
from sessions.library import Library
from sessions.playbacksource import TOLD, Fact
from sessions.soundness import find_damage
from sessions.summary import Ending, Query, Summary
from sessions.visiting import store_of

T = TypeVar("T")

_TOLD = ", ".join(f"'{kind.__name__}'" for kind in TOLD)
_FACTS = f"""
    SELECT seq, at, packing, CASE WHEN type IN ({_TOLD}) THEN body END
    FROM events WHERE session = ? AND seq > ? ORDER BY seq LIMIT ?
"""
_EVENTS = """
    SELECT seq, packing, body FROM events WHERE session = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""


class Recording:
    """A `Source` over the store. Made by `open`."""

    def __init__(
        self, library: Library, summary: Summary, path: Path, connection: sqlite3.Connection
    ) -> None:
        """Use `open`."""
        self.summary = summary
        self.session = summary.id
        self._library = library
        self._path = path
        self._connection = connection
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="playback")
        self._number: int = connection.execute(
            "SELECT number FROM sessions WHERE id = ?", (summary.id,)
        ).fetchone()[0]
        self._seqs = array("q")
        """Which number each place has in the store: they differ where events were lost."""
        self._version = -1

    @classmethod
    @asynccontextmanager
    async def open(cls, typed: str, path: Path | None = None) -> "AsyncIterator[Recording]":
        """The session whose id begins so, `last` for the latest, from the store at `path`.

        Raises `StoreError` where there is none, more than one, or the store cannot be read.
        """
        path = path or await asyncio.to_thread(store_of, typed) or database.default_path()
        async with Library.open(path) as library:
            summary = await _find(library, typed)
            with closing(database.connect(path, read_only=True)) as connection:
                recording = cls(library, summary, path, connection)
                try:
                    yield recording
                finally:
                    await asyncio.to_thread(recording._thread.shutdown)

    async def facts(self, start: int, most: int) -> list[Fact]:
        """See `Source`."""
        return await self._in_thread(lambda: self._facts(start, most))

    async def events(self, start: int, stop: int) -> list[AnyEvent | None]:
        """See `Source`."""
        stop = min(stop, len(self._seqs))
        return await self._in_thread(lambda: self._events(start, stop)) if start < stop else []

    async def changed(self) -> bool:
        """See `Source`; asks SQLite whether another connection has committed anything."""
        version = await self._in_thread(
            lambda: int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        )
        before, self._version = self._version, version
        return version != before

    async def standing(self) -> Ending:
        """See `Source`."""
        return (await _find(self._library, self.session)).outcome

    async def damage(self) -> str:
        """See `Source`; follows the hash chain."""
        return await find_damage(self._library, self.session)

    def only(self, kinds: Collection[str]) -> AsyncIterator[AnyEvent]:
        """Its events of some types, all of them at a stretch. Raises `StoreError` while iterated."""
        return self._library.events(self.session, only=kinds)

    def _facts(self, start: int, most: int) -> list[Fact]:
        del self._seqs[start:]
        after = self._seqs[-1] if self._seqs else -1
        found = []
        for seq, at, packed, body in self._connection.execute(
            _FACTS, (self._number, after, most)
        ).fetchall():
            self._seqs.append(seq)
            found.append(Fact(at, _decoded(packed, body) if body is not None else None))
        return found

    def _events(self, start: int, stop: int) -> list[AnyEvent | None]:
        first, last = self._seqs[start], self._seqs[stop - 1]
        rows = self._connection.execute(_EVENTS, (self._number, first, last)).fetchall()
        return [_decoded(packed, body) for _, packed, body in rows]

    async def _in_thread(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            raise database.explain(error, self._path) from error


async def _find(library: Library, typed: str) -> Summary:
    """A session, in the trash too: what was thrown away can be looked at before it is restored."""
    try:
        return await library.find(typed)
    except StoreError as error:
        try:
            return await library.find(typed, Query(trash=True))
        except StoreError:
            raise error from None


def _decoded(packed: int, body: bytes) -> AnyEvent | None:
    try:
        return packing.decode(packing.unpack(packed, body))
    except StoreError:
        return None
