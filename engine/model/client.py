"""A model in a worker process, spoken to as a `Model`."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from typing import TypeVar

from engine.errors import ModelError, WorkerGone
from engine.events import Provenance
from engine.model.protocol import (
    AnyRequest,
    Cancel,
    Complete,
    Completed,
    CompletionReply,
    Release,
    Render,
    Rendered,
    Report,
    Reported,
    Score,
    Scored,
)
from engine.model.stream import ReplyStream, Switchboard
from engine.model.supervisor import Patience, Supervisor, WorkerOptions, WorkerStatus
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Payload, Turn

_Answer = TypeVar("_Answer", Rendered, Reported, Scored)


class WorkerModel:
    """The `Model` protocol over a worker process that is started, watched and restarted.

    Nothing is started before `start` or the first question. After a crash, what was under way raises
    `WorkerGone` and the next question waits for the next worker.
    """

    def __init__(
        self,
        options: WorkerOptions,
        on_status: Callable[[WorkerStatus], None] = lambda _: None,
        patience: Patience | None = None,
    ) -> None:
        """`on_status` is told every change of the worker's state, on the event loop."""
        self._switchboard = Switchboard()
        self._supervisor = Supervisor(options, self._switchboard, on_status, patience)
        self._started = False
        self._numbers = itertools.count(1)

    @property
    def status(self) -> WorkerStatus:
        """How the worker stands now."""
        return self._supervisor.status

    @property
    def provenance(self) -> Provenance:
        """Which model answers. Raises `ModelError` before it was loaded once."""
        known = self._supervisor.status.provenance
        if known is None:
            raise ModelError("The model is not loaded yet, so it cannot be said which it is.")
        return known

    def start(self) -> None:
        """Begin to load the model, without waiting for it; once more after it failed."""
        self._started = True
        self._supervisor.start()

    async def ready(self) -> int:
        """Wait until the model can answer; returns the nanoseconds its load took.

        Raises `ModelError` where it cannot be fetched or loaded, or died too often.
        """
        self._ensure_started()
        return await self._supervisor.ready()

    async def render(
        self, turns: tuple[Turn, ...], seed_turns: int = 0, sequence: str = ""
    ) -> Payload:
        """The payload these turns make; answered as soon as the tokenizer is loaded.

        Raises `PromptUnsafe`, `WorkerGone` or `ModelError`.
        """
        self._ensure_started()
        await self._supervisor.tokenizer()
        number = next(self._numbers)
        request = Render(id=number, turns=turns, seed_turns=seed_turns, sequence=sequence)
        return (await self._ask(number, request, Rendered)).payload

    async def complete(
        self,
        turns: tuple[Turn, ...],
        *,
        sequence: str,
        seed_turns: int,
        sampling: Sampling,
        rng: int,
        turn: int,
        policy: CommandPolicy,
    ) -> AsyncIterator[CompletionReply]:
        """Stream one completion: `Prompted`, `Sampled` …, `Completed`.

        Closing the iterator, or cancelling the task that reads it, cancels the completion and waits
        until the worker has let go of the sequence. Raises `WorkerGone`, `PromptUnsafe` or
        `ModelError`.
        """
        await self.ready()
        for earlier in [s for s in self._switchboard.streams.values() if s.sequence == sequence]:
            await earlier.ended.wait()
        number = next(self._numbers)
        self._supervisor.send(
            Complete(
                id=number,
                sequence=sequence,
                turns=turns,
                seed_turns=seed_turns,
                sampling=sampling,
                rng=rng,
                turn=turn,
                policy=policy,
            )
        )
        stream = self._switchboard.streams[number] = ReplyStream(sequence)
        try:
            while True:
                reply = await stream.next()
                yield reply
                if isinstance(reply, Completed):
                    return
        finally:
            await self._let_go(number, stream)

    async def score(
        self,
        prompt: tuple[int, ...],
        completion: tuple[int, ...],
        *,
        seam: int = 0,
        sampling: Sampling,
        rng: int,
        turn: int,
        top: int = 8,
    ) -> Scored:
        """Put a completion through the model once more, as it was written.

        Cancelled, it is given up in the worker, too. Raises `WorkerGone`, `PromptUnsafe` or
        `ModelError`.
        """
        await self.ready()
        number = next(self._numbers)
        request = Score(
            id=number,
            prompt=prompt,
            completion=completion,
            seam=seam,
            sampling=sampling,
            rng=rng,
            turn=turn,
            top=top,
        )
        try:
            return await self._ask(number, request, Scored)
        except asyncio.CancelledError:
            with contextlib.suppress(WorkerGone):
                self._supervisor.send(Cancel(id=number))
            raise

    async def release(self, sequence: str) -> None:
        """Forget what is cached for a sequence; nothing to do where no worker runs."""
        with contextlib.suppress(WorkerGone):  # with its process, all it had cached is gone
            self._supervisor.send(Release(sequence=sequence))

    async def report(self) -> Reported:
        """How the model is. Raises `WorkerGone` where no worker is ready or it goes away."""
        if self._supervisor.status.state != "ready":
            raise WorkerGone("The model's process is not ready to report.")
        number = next(self._numbers)
        return await self._ask(number, Report(id=number), Reported)

    async def aclose(self) -> None:
        """End the worker and wait until nothing of it is left."""
        await self._supervisor.aclose()

    def _ensure_started(self) -> None:
        if not self._started:
            self.start()

    async def _ask(self, number: int, request: AnyRequest, kind: type[_Answer]) -> _Answer:
        with self._switchboard.answer(number) as answer:
            self._supervisor.send(request)
            reply = await answer
        if not isinstance(reply, kind):
            raise WorkerGone(
                f"The model's process answered {type(reply).__name__}, not {kind.__name__}."
            )
        return reply

    async def _let_go(self, number: int, stream: ReplyStream) -> None:
        """Cancel what is under way and wait for its end, also when the reader is cancelled twice."""
        if stream.ended.is_set():
            del self._switchboard.streams[number]
            return
        with contextlib.suppress(WorkerGone):  # then its end comes by `gone`
            self._supervisor.send(Cancel(id=number))
        ending = asyncio.ensure_future(stream.ended.wait())
        ending.add_done_callback(lambda _: self._switchboard.streams.pop(number, None))
        await asyncio.shield(ending)
