"""The console's end of a pseudo-terminal: reading without drowning, writing without blocking."""

import asyncio
import fcntl
import os
import struct
import termios
import time
from collections.abc import Callable

_READ = 1 << 16
_BURST_NS = 2_000_000
"""The longest that one wake-up reads before the loop gets its turn."""
_REST = 0.002
"""Seconds the writer at the other end waits, once a burst did not empty the terminal. It keeps
`yes` from taking this process's core; what has to come still comes at tens of megabytes a second."""


class Wire:
    """Reads and writes the master side until the other end is gone."""

    def __init__(
        self, master: int, received: Callable[[bytes], None], ended: Callable[[], None]
    ) -> None:
        """`received` gets every piece in order; `ended` is called once, when no more can come."""
        self._master = master
        self._received = received
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._outgoing = bytearray()
        self._resting: asyncio.TimerHandle | None = None
        self._open = True
        self._closed = False
        self._loop.add_reader(master, self._read)

    @property
    def pending(self) -> int:
        """Bytes that the terminal has not taken yet."""
        return len(self._outgoing)

    @property
    def unread(self) -> int:
        """Bytes that the other side wrote and that were not received yet."""
        if not self._open:
            return 0
        try:
            answer = fcntl.ioctl(self._master, termios.FIONREAD, struct.pack("i", 0))
        except OSError:
            return 0
        return int(struct.unpack("i", answer)[0])

    def write(self, data: bytes) -> None:
        """Send `data` after what is still pending."""
        if self._open and data:
            self._outgoing += data
            self._write()

    def drop_pending(self) -> None:
        """Forget what the terminal has not taken yet."""
        self._outgoing.clear()
        if self._open:
            self._loop.remove_writer(self._master)

    @property
    def open(self) -> bool:
        """Whether more can come."""
        return self._open

    def close(self) -> None:
        """Stop, and close the terminal; may be called again."""
        self._stop()
        if not self._closed:
            self._closed = True
            os.close(self._master)

    def _stop(self) -> None:
        if self._open:
            self._open = False
            if self._resting is not None:
                self._resting.cancel()
            self._loop.remove_reader(self._master)
            self._loop.remove_writer(self._master)

    def _read(self) -> None:
        if self._burst() and self._open:
            self._loop.remove_reader(self._master)
            self._resting = self._loop.call_later(_REST, self._resume)

    def _resume(self) -> None:
        if self._open:
            self._loop.add_reader(self._master, self._read)

    def _burst(self) -> bool:
        """Read for a while; returns whether more is waiting."""
        pieces: list[bytes] = []
        until = time.monotonic_ns() + _BURST_NS
        more, gone = True, False
        while more and time.monotonic_ns() < until:
            try:
                piece = os.read(self._master, _READ)
            except BlockingIOError:
                more = False
            except OSError:
                # Linux says EIO once no process holds the other side.
                more, gone = False, True
            else:
                pieces.append(piece)
                more, gone = bool(piece), not piece
        if pieces:
            self._received(b"".join(pieces))
        if gone and self._open:
            self._stop()
            self._ended()
        return more

    def _write(self) -> None:
        while self._outgoing:
            try:
                sent = os.write(self._master, self._outgoing[:4096])
            except BlockingIOError:
                self._loop.add_writer(self._master, self._write)
                return
            except OSError:
                # The other side is gone; the reader says so.
                self._outgoing.clear()
                break
            del self._outgoing[:sent]
        self._loop.remove_writer(self._master)
