"""The library of recorded sessions: listed, found and read, and never written."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import aiosqlite
import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent, Provenance, SessionStarted
from engine.run import RunSpec
from sessions import conditions, database, packing
from sessions.arms import with_arms
from sessions.ids import read_prefix
from sessions.process import ProcessIdentity
from sessions.summary import EVERYTHING, NEWEST, Order, Query, Summary

CHUNK_EVENTS = 256
"""Read at once. A long read would keep the write-ahead log from being folded in."""


class Stored(NamedTuple):
    """An event as it lies in the store."""

    seq: int
    """Its place in the session, from 0."""
    link: bytes
    """Its link in the hash chain."""
    body: bytes
    """Its msgpack form."""


_SUMMARIES = """
    SELECT sessions.number, sessions.id, sessions.began,
           coalesce(outcome, CASE WHEN {recording} THEN 'recording'
               ELSE 'interrupted' END) AS outcome,
           configs.name AS config, configs.hash AS config_hash, configs.seed AS seed, model, task,
           turns, drift_turn, drift_kind, operated, exited, done, why, tokens, took, events, bytes,
           version, parent, coalesce(json_extract(spec, '$.start.turn'), 0) AS parent_turn,
           coalesce(json_extract(spec, '$.start.change'), '') AS change,
           note, coalesce(deleted, '') AS deleted, spec,
           (SELECT json_group_array(tag) FROM tags WHERE session = sessions.number) AS tags,
           sessions.experiment, trials.number AS trial
    FROM sessions
    JOIN configs ON configs.number = sessions.config
    LEFT JOIN experiments AS trials ON trials.id = nullif(sessions.experiment, '')
"""


class Library:
    """Reads the store. Made by `open`; several may read while others record."""

    def __init__(self, path: Path, connection: aiosqlite.Connection | None) -> None:
        """Use `open`; a library without a connection is an empty one."""
        self._path = path
        self._connection = connection

    @classmethod
    @asynccontextmanager
    async def open(cls, path: Path | None = None) -> "AsyncIterator[Library]":
        """The library at `path`, the person's own by default; an empty one where there is none.

        Raises `StoreError` where what is there cannot be read; an older store is brought up to date.
        """
        path = path or database.default_path()
        if not database.is_there(path):
            yield cls(path, None)
            return
        await asyncio.to_thread(database.bring_up_to_date, path)
        location = database.location(path, read_only=True)
        try:
            async with aiosqlite.connect(location, uri=True, isolation_level=None) as connection:
                connection.row_factory = sqlite3.Row
                yield cls(path, connection)
        except sqlite3.Error as error:
            raise database.explain(error, path) from error

    @classmethod
    @asynccontextmanager
    async def holding(cls, typed: str, path: Path | None = None) -> "AsyncIterator[Library]":
        """The library with what a person named: that of `shipped:NAME`, else the one at `path`."""
        from sessions import visiting

        async with cls.open(await asyncio.to_thread(visiting.store_of, typed) or path) as library:
            yield library

    async def sessions(
        self,
        query: Query = EVERYTHING,
        *,
        limit: int = 100,
        offset: int = 0,
        order: Order = NEWEST,
    ) -> list[Summary]:
        """Sessions, the one recorded last first or as ordered."""
        where, values = conditions.where(query)
        sql = f"SELECT * FROM ({await self.summaries()}) {where} {conditions.order_by(order)}"
        rows = await self.fetch(f"{sql} LIMIT ? OFFSET ?", (*values, limit, offset))
        return await with_arms(self, [summary_of(row) for row in rows])

    async def count(self, query: Query = EVERYTHING) -> int:
        """How many sessions there are."""
        where, values = conditions.where(query)
        sql = f"SELECT count(*) FROM ({await self.summaries()}) {where}"
        rows = await self.fetch(sql, values)
        return int(rows[0][0]) if rows else 0

    async def find(self, typed: str, query: Query = EVERYTHING) -> Summary:
        """The session of `query` whose id begins so; `last` is the one recorded last.

        `shipped:NAME` is found in the library that `holding` opens for it.

        Raises `StoreError` where there is none, or more than one.
        """
        if typed == "last":
            found = await self.sessions(query, limit=1)
            if not found:
                where = "in the trash" if query.trash else "recorded yet"
                raise StoreError(f"No session is {where} in {self._path}.")
            return found[0]
        prefix = await self._prefix(typed)
        where, values = conditions.where(query)
        sql = f"SELECT * FROM ({await self.summaries()}) {where} AND substr(id, 1, ?) = ?"
        rows = await self.fetch(f"{sql} ORDER BY id LIMIT 6", (*values, len(prefix), prefix))
        found = [summary_of(row) for row in rows]
        if not prefix or not found:
            raise StoreError(
                f"No session's id begins with “{typed}”. `driftty sessions list` shows them; `last` "
                "is the one recorded last."
            )
        if len(found) > 1:
            few = ", ".join(summary.id for summary in found[:5])
            more = ", …" if len(found) > 5 else ""
            raise StoreError(
                f"More than one session's id begins with “{typed}”: {few}{more}. Type more of it."
            )
        return (await with_arms(self, found))[0]

    async def events(
        self, session: str, start: int = 0, only: Collection[str] = ()
    ) -> AsyncIterator[AnyEvent]:
        """The events of a session from place `start` on, as far as they are recorded by now.

        `only` names the types that are wanted; empty wants all. Call again with a later start to
        follow a session that goes on. Raises `StoreError` where one is missing or cannot be read.
        """
        async for stored in self.stored(session, start, only):
            if stored.seq != start and not only:
                raise StoreError(f"Session {session} has lost events: number {start} is missing.")
            start = stored.seq + 1
            yield packing.decode(stored.body)

    async def stored(
        self, session: str, start: int = 0, only: Collection[str] = ()
    ) -> AsyncIterator[Stored]:
        """What is stored of a session's events, not decoded; else as `events`."""
        wanted = f"AND type IN ({', '.join('?' * len(only))})" if only else ""
        while True:
            rows = await self.fetch(
                "SELECT seq, packing, link, body FROM events"
                " WHERE session = (SELECT number FROM sessions WHERE id = ?) AND seq >= ?"
                f" {wanted} ORDER BY seq LIMIT {CHUNK_EVENTS}",
                (session, start, *only),
            )
            for seq, packed, link, body in rows:
                yield Stored(seq, link, packing.unpack(packed, body))
                start = seq + 1
            if len(rows) < CHUNK_EVENTS:
                return

    async def head(self, session: str) -> tuple[int, bytes]:
        """How many events a session says it has, and the link of the last."""
        rows = await self.fetch("SELECT events, head FROM sessions WHERE id = ?", (session,))
        if not rows:
            raise StoreError(f"There is no session {session} in {self._path}.")
        events, link = rows[0]
        return int(events), bytes(link)

    async def experiment(self, typed: str) -> str:
        """The whole id of the experiment whose id begins so; `last` is the one begun last.

        Raises `StoreError` where there is none, or more than one.
        """
        prefix = "" if typed == "last" else read_prefix(typed)
        rows = await self.fetch(
            "SELECT id FROM experiments WHERE substr(id, 1, ?) = ? ORDER BY number DESC LIMIT 2",
            (len(prefix), prefix),
        )
        if not rows or (len(rows) > 1 and prefix):
            many = "More than one experiment's" if rows else "No experiment's"
            raise StoreError(f"{many} id begins with “{typed}”; `last` is the one begun last.")
        return str(rows[0][0])

    async def spec(self, session: str) -> RunSpec:
        """What was asked for, in full. Raises `StoreError` where nothing of it is recorded."""
        async for event in self.events(session):
            if isinstance(event, SessionStarted):
                return event.spec
            break
        raise StoreError(f"Session {session} has lost its beginning.")

    async def provenance(self, session: str) -> Provenance | None:
        """Which model answered; none where the session ended before one did."""
        rows = await self.fetch(
            "SELECT json FROM provenances JOIN sessions ON provenance = provenances.number"
            " WHERE id = ?",
            (session,),
        )
        return msgspec.json.decode(rows[0][0], type=Provenance) if rows else None

    async def _prefix(self, typed: str) -> str:
        from sessions import shipped

        return await asyncio.to_thread(shipped.id_of, typed) or read_prefix(typed)

    async def summaries(self) -> str:
        """A query for summaries, to be put into others; it knows which recorders are alive."""
        rows = await self.fetch(
            "SELECT DISTINCT recorder, pid, started, boot FROM sessions"
            " JOIN recorders ON recorders.number = recorder"
            " WHERE outcome IS NULL AND NOT interrupted"
        )
        alive = [
            str(recorder)
            for recorder, pid, started, boot in rows
            if ProcessIdentity(pid, started, boot).alive
        ]
        recording = f"(NOT interrupted AND recorder IN ({', '.join(alive)}))"
        return _SUMMARIES.format(recording=recording)

    async def fetch(self, sql: str, values: Iterable[Any] = ()) -> list[sqlite3.Row]:
        """The rows of a query, read at once; none where there is no store. Raises `StoreError`."""
        if self._connection is None:
            return []
        try:
            return list(await self._connection.execute_fetchall(sql, values))
        except sqlite3.Error as error:
            raise database.explain(error, self._path) from error


def summary_of(row: sqlite3.Row) -> Summary:
    """A row of the query for summaries as one. Raises `StoreError` where it cannot be one."""
    fields = dict(row)
    try:
        fields["tags"] = msgspec.json.decode(fields["tags"], type=tuple[str, ...])
        return msgspec.convert(fields, Summary, strict=False)
    except msgspec.MsgspecError as error:
        raise StoreError(
            f"What is kept about session {row['id']} is damaged ({error}). "
            "`driftty sessions recover` saves what can be read of the store."
        ) from error
