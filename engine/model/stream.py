"""Replies on their way from a worker to whoever waits for them."""

import asyncio
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

from engine.errors import ModelError, PromptUnsafe, WorkerGone
from engine.model.protocol import (
    AnyReply,
    Completed,
    CompletionReply,
    Failed,
    Prompted,
    Rendered,
    Reported,
    Sampled,
    Scored,
)

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


class Switchboard:
    """Gives every reply of a worker to whoever asked, by the number of the question."""

    def __init__(self) -> None:
        self._answers: dict[int, asyncio.Future[AnyReply]] = {}
        self.streams: dict[int, ReplyStream] = {}
        """Of the completions that have not ended, by number."""

    @contextmanager
    def answer(self, number: int) -> Iterator["asyncio.Future[AnyReply]"]:
        """The one reply to a question, for as long as it is waited for."""
        answer: asyncio.Future[AnyReply] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            yield answer
        finally:
            del self._answers[number]

    def heard(self, reply: AnyReply) -> None:
        """Pass a reply on. Raises `WorkerGone` for one that no worker in its right mind sends."""
        match reply:
            case Prompted() | Sampled() | Completed():
                stream = self.streams.get(reply.id)
                if stream is not None:
                    stream.put(reply)
            case Failed():
                kind = PromptUnsafe if reply.kind == "prompt" else ModelError
                self._fail(reply.id, kind(reply.why))
            case Rendered() | Reported() | Scored():
                answer = self._answers.get(reply.id)
                if answer is not None and not answer.done():
                    answer.set_result(reply)
            case _:
                raise WorkerGone(f"The model's process sent {type(reply).__name__} out of turn.")

    def gone(self, error: ModelError) -> None:
        """Tell everyone who waits that no answer will come."""
        for number in [*self.streams, *self._answers]:
            # An exception of its own for each, as each is raised in another task.
            self._fail(number, type(error)(str(error)))

    def _fail(self, number: int, error: ModelError) -> None:
        stream = self.streams.get(number)
        if stream is not None:
            stream.fail(error)
        answer = self._answers.get(number)
        if answer is not None and not answer.done():
            answer.set_exception(error)


def _joined(first: Sampled, second: Sampled) -> Sampled:
    return Sampled(
        id=first.id,
        position=first.position,
        ids=first.ids + second.ids,
        texts=first.texts + second.texts,
        logprobs=first.logprobs + second.logprobs,
        times=first.times + second.times,
        parts=first.parts + second.parts,
        weighed=first.weighed + second.weighed,
    )
