"""What the Sessions screen reads: lists, rows, previews, of the person's store and the shipped."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from console.view.line import Line, line
from console.view.lineage import tree
from console.view.sessionpreview import (
    EVENTS,
    MOST_EVENTS,
    drifted_line,
    excerpt_lines,
    session_lines,
    shipped_lines,
    trial_lines,
)
from console.view.sessions import SHIPPED_HEADING
from engine.errors import StoreError
from sessions import database, shipped
from sessions.library import Library
from sessions.lineage import lineage
from sessions.listing import Key, Listed, Listing, Row, Trial
from sessions.search import Progress, Search
from sessions.summary import Order, Query


class SessionsReader:
    """Reads for one screen. Each read opens the store for itself, and leaves nothing open."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or database.default_path()

    def stamp(self) -> tuple[int, ...]:
        """Something that differs once anything was written to the store."""
        found = []
        for suffix in ("", "-wal"):
            try:
                status = self._path.with_name(self._path.name + suffix).stat()
            except OSError:
                found.append(0)
            else:
                found += [status.st_mtime_ns, status.st_size]
        return tuple(found)

    async def listed(
        self, query: Query, order: Order, unfolded: Sequence[int], progress: Progress
    ) -> tuple[Listed, list[Key]]:
        """The person's list, and the keys of the shipped recordings that the query asks for.

        Raises `StoreError`.
        """
        resolved = await asyncio.to_thread(Search(self._path).resolved, query, progress)
        async with Library.open(self._path) as library:
            own = await Listing(library).listed(resolved, order, unfolded)
        return own, await self._shipped(query)

    async def rows(self, keys: Sequence[Key]) -> dict[Key, Row]:
        """What rows say. Raises `StoreError`."""
        rows: dict[Key, Row] = {}
        for of_shipped in (False, True):
            wanted = [
                key
                for key in keys
                if key != SHIPPED_HEADING and (key.kind == "shipped") is of_shipped
            ]
            if wanted:
                async with Library.open(await self._store(wanted[0])) as library:
                    rows |= await Listing(library).rows(wanted)
        return rows

    async def preview(self, key: Key, row: Row | None) -> list[Line]:
        """A row in full, with a stretch of its transcript; a sentence where it cannot be read."""
        if key.kind == "heading":
            return shipped_lines()
        if row is None:
            return []
        try:
            async with Library.open(await self._store(key)) as library:
                listing = Listing(library)
                if isinstance(row, Trial):
                    return trial_lines(row, await listing.counts(key.number))
                events = await listing.last_events(row.id, EVENTS, MOST_EVENTS, row.drift_turn)
            root = await asyncio.to_thread(lineage, row.id, self._path)
        except StoreError as error:
            told = [] if isinstance(row, Trial) else session_lines(row)
            return [*told, line(""), line((f"✗ {error}", "bad"))]
        family = [line(""), *tree(root, row.id)] if root is not None and root.forks else []
        told = session_lines(row, drifted_line(events))
        return [*told, *family, line(""), *excerpt_lines(events)]

    async def ids(self, keys: Sequence[Key], query: Query) -> list[str]:
        """The ids of the person's sessions that these rows stand for, those of experiments too."""
        own = [key for key in keys if key.kind in ("session", "run")]
        trials = [key.number for key in keys if key.kind == "trial"]
        resolved = await asyncio.to_thread(Search(self._path).resolved, query)
        async with Library.open(self._path) as library:
            listing = Listing(library)
            rows = await listing.rows(own)
            found = [rows[key].id for key in own if key in rows]
            if trials:
                found += await listing.sessions_of(trials, resolved)
        return list(dict.fromkeys(found))

    async def _shipped(self, query: Query) -> list[Key]:
        if query.trash:
            return []
        path = await asyncio.to_thread(shipped.store)
        if not path.exists():
            return []
        resolved = await asyncio.to_thread(Search(path).resolved, query)
        async with Library.open(path) as library:
            listed = await Listing(library).listed(resolved)
        return [Key(kind="shipped", number=key.number) for key in listed.keys]

    async def _store(self, key: Key) -> Path:
        return await asyncio.to_thread(shipped.store) if key.kind == "shipped" else self._path
