"""The one that records: the event loop's side of the store's writer."""

import asyncio
import atexit
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from engine.errors import StoreError
from engine.events import AnyEvent, RunEnded, SessionStarted
from sessions import database, packing
from sessions.journal import Entry
from sessions.writer import Writer

ROOMY_BYTES = 8 * 1024 * 1024
"""Below this much unwritten, `room` does not wait."""
HELD_BYTES = 64 * 1024 * 1024
"""With this much unwritten, `record` refuses more."""

Notice = Callable[[StoreError | None], None]


class Recorder:
    """Records any number of sessions at once. Made by `open`; used from one event loop."""

    def __init__(self, path: Path, notice: Notice) -> None:
        """Use `open`."""
        self._path = path
        self._notice = notice
        self._error: StoreError | None = None
        self._closed = False
        self._open: set[str] = set()
        self._ended: set[str] = set()
        self._rejected: dict[str, StoreError] = {}
        self._acknowledged: dict[str, int] = {}
        self._account = _Account()
        loop = asyncio.get_running_loop()
        self._opened: asyncio.Future[None] = loop.create_future()
        self._gone: asyncio.Future[None] = loop.create_future()
        self._writer = Writer(path, _Relay(loop, self))

    @classmethod
    @asynccontextmanager
    async def open(
        cls, path: Path | None = None, notice: Notice = lambda _: None
    ) -> "AsyncIterator[Recorder]":
        """A recorder into the store at `path`, the person's own by default.

        `notice` is called on the event loop with the error when writing begins to fail, and with
        none when it works again. On leaving, for whatever reason, all that was recorded is written.
        Raises `StoreError` where the store cannot be opened or something was not written in the end.
        """
        recorder = cls(path or database.default_path(), notice)
        atexit.register(recorder._writer.finish)
        try:
            await asyncio.shield(recorder._opened)
            yield recorder
        finally:
            await recorder._close()
            atexit.unregister(recorder._writer.finish)

    @property
    def error(self) -> StoreError | None:
        """Why nothing can be written at the moment; none while all is well."""
        return self._error

    @property
    def backlog(self) -> int:
        """How many events are recorded and not yet known to be written."""
        return self._account.open

    def record(self, session: str, event: AnyEvent) -> None:
        """Take an event to be written soon; never waits.

        Events of a session come in order, the first being its `SessionStarted`; what comes after its
        `RunEnded` is not part of it and is left out. Raises `StoreError` when the session was not
        begun or cannot be recorded, when the recorder is closed, or when so much is unwritten that
        memory is at risk.
        """
        if session in self._ended:
            return
        if session in self._rejected:
            raise self._rejected[session]
        if self._closed or self._gone.done():
            raise StoreError(f"Session {session} cannot be recorded: the recorder is closed.")
        if isinstance(event, SessionStarted):
            self._open.add(session)
        elif session not in self._open:
            raise StoreError(f"Session {session} cannot be recorded: it was never begun.")
        if self._account.bytes > HELD_BYTES:
            raise self._error or StoreError(
                f"The disk under {self._path} is too slow for what is being recorded: "
                f"{self.backlog} events are unwritten."
            )
        event, body = packing.encode(event)
        self._account.take(len(body))
        self._writer.put(Entry(session, event, body))
        if isinstance(event, RunEnded):
            self._open.discard(session)
            self._ended.add(session)

    def acknowledged(self, session: str) -> int:
        """The place, from 0, of the last event that would survive a power cut; -1 for none."""
        return self._acknowledged.get(session, -1)

    async def flush(self) -> None:
        """Wait until everything recorded so far would survive a power cut.

        Raises `StoreError` where it cannot be written.
        """
        if not self.backlog:
            return
        if self._gone.done():
            raise self._lost()
        waiter = self._account.balance()
        self._writer.hurry()
        await waiter

    async def room(self) -> None:
        """Wait until little is unwritten: for producers that could outrun the disk.

        Raises `StoreError` where nothing can be written.
        """
        if self._account.bytes > ROOMY_BYTES:
            await self.flush()

    async def _close(self) -> None:
        self._closed = True
        self._writer.close()
        await asyncio.shield(self._gone)
        self._opened.exception()
        if self.backlog:
            raise self._lost() from self._error

    def _lost(self) -> StoreError:
        return StoreError(
            f"{self.backlog} recorded events could not be written. {self._error or ''}".strip()
        )

    def _on_opened(self) -> None:
        if not self._opened.done():
            self._opened.set_result(None)

    def _on_written(self, entries: list[Entry]) -> None:
        for entry in entries:
            self._acknowledged[entry.session] = self._acknowledged.get(entry.session, -1) + 1
        self._account.settle(len(entries), sum(len(entry.body) for entry in entries))
        if self._error is not None:
            self._error = None
            self._notice(None)

    def _on_rejected(self, session: str, entries: int, bytes_: int, error: StoreError) -> None:
        self._rejected[session] = error
        self._account.fail(error)
        self._account.settle(entries, bytes_)
        self._notice(error)

    def _on_failed(self, error: StoreError) -> None:
        if not self._opened.done():
            self._opened.set_exception(error)
            return
        first, self._error = self._error is None, error
        self._account.fail(error)
        if first:
            self._notice(error)

    def _on_gone(self) -> None:
        self._gone.set_result(None)
        self._account.fail(self._lost())


class _Account:
    """What was taken and is not settled yet, and who waits for that."""

    def __init__(self) -> None:
        self.bytes = 0
        self._taken = self._settled = 0
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def open(self) -> int:
        """How many entries are not settled."""
        return self._taken - self._settled

    def take(self, bytes_: int) -> None:
        """One more entry is to be settled."""
        self._taken += 1
        self.bytes += bytes_

    def settle(self, entries: int, bytes_: int) -> None:
        """So many entries, the oldest ones or those of one session, need no more doing."""
        self._settled += entries
        self.bytes -= bytes_
        for target, waiter in self._waiting:
            if target <= self._settled and not waiter.done():
                waiter.set_result(None)
        self._waiting = [wait for wait in self._waiting if not wait[1].done()]

    def balance(self) -> asyncio.Future[None]:
        """Is done when everything taken so far is settled."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._taken, waiter))
        return waiter

    def fail(self, error: StoreError) -> None:
        """Tell everyone who waits."""
        for _, waiter in self._waiting:
            if not waiter.done():
                waiter.set_exception(error)
        self._waiting.clear()


class _Relay:
    """Brings what the writer's thread says to the event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, recorder: Recorder) -> None:
        self._loop = loop
        self._recorder = recorder

    def opened(self) -> None:
        self._call(self._recorder._on_opened)

    def written(self, entries: list[Entry]) -> None:
        self._call(self._recorder._on_written, entries)

    def rejected(self, session: str, entries: int, bytes_: int, error: StoreError) -> None:
        self._call(self._recorder._on_rejected, session, entries, bytes_, error)

    def failed(self, error: StoreError) -> None:
        self._call(self._recorder._on_failed, error)

    def gone(self) -> None:
        self._call(self._recorder._on_gone)

    def _call(self, told: Callable[..., None], *arguments: object) -> None:
        with suppress(RuntimeError):  # The loop is closed: nobody is there to be told.
            self._loop.call_soon_threadsafe(told, *arguments)
