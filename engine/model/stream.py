"""The replies to one completion, on their way from a worker to whoever reads them."""

import asyncio
from collections import deque

from engine.errors import ModelError
from engine.model.protocol import Completed, CompletionReply, Sampled

_PIECES = 64
"""How many replies wait at most; beyond, tokens are joined to the last piece that waits."""


class ReplyStream:
    """A bounded queue that never makes the worker wait.

    A slow reader would hold up every other completion of the same worker; it gets larger pieces
    instead, with nothing lost.
    """

    def __init__(self, sequence: str) -> None:
        """`sequence`: whose completion it is."""
        self.sequence = sequence
        self.ended = asyncio.Event()
        """Set once nothing more will come."""
        self._waiting: deque[CompletionReply] = deque()
        self._error: ModelError | None = None
        self._arrived = asyncio.Event()

    def put(self, reply: CompletionReply) -> None:
        """Take the next reply from the worker."""
        last = self._waiting[-1] if len(self._waiting) >= _PIECES else None
        if isinstance(reply, Sampled) and isinstance(last, Sampled):
            self._waiting[-1] = _joined(last, reply)
        else:
            self._waiting.append(reply)
        if isinstance(reply, Completed):
            self.ended.set()
        self._arrived.set()

    def fail(self, error: ModelError) -> None:
        """Nothing more will come: what waits is still read, then this is raised."""
        self._error = error
        self.ended.set()
        self._arrived.set()

    async def next(self) -> CompletionReply:
        """The next reply, awaited. Raises what `fail` was told."""
        while not self._waiting:
            if self._error is not None:
                raise self._error
            self._arrived.clear()
            await self._arrived.wait()
        return self._waiting.popleft()


def _joined(first: Sampled, second: Sampled) -> Sampled:
    return Sampled(
        id=first.id,
        position=first.position,
        ids=first.ids + second.ids,
        texts=first.texts + second.texts,
        logprobs=first.logprobs + second.logprobs,
        times=first.times + second.times,
        parts=first.parts + second.parts,
    )
