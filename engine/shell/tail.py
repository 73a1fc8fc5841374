"""Output of any size, kept within bounds."""

import asyncio
from collections import deque
from collections.abc import Callable

_FRAME = 0.1
"""Seconds between two looks at a flood."""
_GLANCE = 16 << 10
"""Bytes of each such look: more than a screen holds."""


_PIECES = 512
"""More are joined: a program that writes byte by byte must not cost a hundred times its output."""


class Tail:
    """The end of a stream, and the count of what came before it."""

    def __init__(self, keep: int) -> None:
        """`keep`: how many bytes of the end."""
        self._keep = keep
        self._pieces: deque[bytes] = deque()
        self._size = 0
        self.total = 0
        """Bytes added since the last `take`."""

    def add(self, data: bytes) -> None:
        """Append to the stream."""
        self._pieces.append(data)
        if len(self._pieces) > _PIECES:
            self._pieces = deque([b"".join(self._pieces)[-self._keep :]])
            self._size = len(self._pieces[0])
            self.total += len(data)
            return
        self._size += len(data)
        self.total += len(data)
        while self._size - len(self._pieces[0]) >= self._keep:
            self._size -= len(self._pieces.popleft())

    def take(self) -> tuple[bytes, int]:
        """The end of what was added since the last call, and how many bytes were left out."""
        kept = b"".join(self._pieces)[-self._keep :]
        dropped = self.total - len(kept)
        self._pieces.clear()
        self._size = self.total = 0
        return kept, dropped


class Relay:
    """Hands output on as it comes, and of a flood only glances.

    Up to `keep` bytes between two calls of `restart` are handed on at once. Of what is beyond that,
    the newest bytes are handed on ten times a second, and at the latest by `flush`; the rest is
    counted.
    """

    def __init__(
        self, keep: int, deliver: Callable[[bytes], None], dropped: Callable[[int], None]
    ) -> None:
        """`deliver` gets the bytes in order, `dropped` how many are missing before the next ones."""
        self._keep = keep
        self._deliver = deliver
        self._dropped = dropped
        self._allowed = keep
        self._glance = Tail(_GLANCE)
        self._timer: asyncio.TimerHandle | None = None

    def feed(self, data: bytes) -> None:
        """Take in the next piece of output."""
        if self._timer is None and len(data) <= self._allowed:
            self._allowed -= len(data)
            self._deliver(data)
            return
        self._allowed = 0
        self._glance.add(data)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_FRAME, self.flush)

    def flush(self) -> None:
        """Hand on the newest of what was held back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        kept, missing = self._glance.take()
        if missing:
            self._dropped(missing)
        if kept:
            self._deliver(kept)

    def restart(self) -> None:
        """A new command begins: it may fill the bound again."""
        self.flush()
        self._allowed = self._keep
