"""A model that says what a script says: the `Model` protocol without a model.

For tests and for the demonstration. Its payloads, ids, spans, parts and cached tokens are made as a
worker makes them; its timing and its failures are scripted.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from engine.errors import ModelError, PromptUnsafe, WorkerGone
from engine.events import Provenance
from engine.model.pieces import last_shown, payload
from engine.model.protocol import (
    CompletionReply,
    Prompted,
    Reported,
    Scored,
)
from engine.model.script import Reading, Script, demo_script
from engine.model.scriptlife import Life
from engine.model.scriptscore import scores
from engine.model.supervisor import WorkerStatus
from engine.model.telling import GoesAway, Telling
from engine.prefix import shared_prefix
from engine.run import CommandPolicy, Sampling
from engine.scrollback import Payload, Turn

_NS_PER_MS = 1_000_000


class ScriptedModel:
    """The `Model` protocol over a script; every sequence reads it from the beginning."""

    def __init__(
        self,
        script: Script,
        *,
        pace: float = 1.0,
        on_status: Callable[[WorkerStatus], None] = lambda _: None,
    ) -> None:
        """`pace` multiplies every scripted wait; 0 waits for nothing."""
        self._script = script
        self._pace = pace
        self._life = Life(script, pace, on_status)
        self._rows = _Rows(script.rows)
        self._cache = _Cache()
        self._readings: dict[str, Reading] = {}
        self._numbers = itertools.count(1)

    @classmethod
    def demo(
        cls, *, pace: float = 1.0, on_status: Callable[[WorkerStatus], None] = lambda _: None
    ) -> "ScriptedModel":
        """The demonstration's model: eight turns at a typing pace, ending in a drift."""
        return cls(demo_script(), pace=pace, on_status=on_status)

    @property
    def status(self) -> WorkerStatus:
        """How it stands, as a worker would say."""
        return self._life.status

    @property
    def provenance(self) -> Provenance:
        """The script, as a model. Raises `ModelError` before it was loaded."""
        if self.status.provenance is None:
            raise ModelError("The script is not loaded yet.")
        return self.status.provenance

    def start(self) -> None:
        """Begin to load, without waiting for it; once more after it failed."""
        self._life.start()

    async def ready(self) -> int:
        """Wait for the scripted load; returns its nanoseconds. Raises `ModelError` as scripted."""
        return await self._life.ready()

    async def render(
        self, turns: tuple[Turn, ...], seed_turns: int = 0, sequence: str = ""
    ) -> Payload:
        """The payload these turns make; needs no load. Raises `PromptUnsafe`."""
        made = payload(turns, seed_turns, self._script.window)
        return msgspec.structs.replace(made, cached=self._cache.count(made, sequence))

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
        """Stream the completion that the script has for this place, or fail as scripted."""
        await self.ready()
        reading = self._readings.setdefault(sequence, Reading(self._script, turn, rng))
        number, completion = reading.next(turns, rng)
        if completion.fails:
            kind = PromptUnsafe if completion.fails_as == "prompt" else ModelError
            raise kind(completion.fails)
        async with self._rows.one():
            made = await self.render(turns, seed_turns, sequence)
            self._cache.keep_seed(made)
            telling = Telling(next(self._numbers), completion, made, self._pace)
            if completion.gone_at is not None and reading.goes(number):
                telling.gone_at = completion.gone_at
            life = self._life.number
            try:
                yield Prompted(id=telling.number, payload=made)
                async for sampled in telling.tokens(sampling.max_tokens, policy):
                    if self._life.number != life:
                        raise WorkerGone("The scripted model's process went away.")
                    yield sampled
            except GoesAway as gone:
                self._cache.clear()
                self._life.lose(str(gone))
                raise WorkerGone(str(gone)) from None
            finally:
                if self._life.number == life:
                    self._cache.sequences[sequence] = made.ids + tuple(telling.ids)
            reading.said(number)
            yield telling.completed()

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
        """Score by the completion that the script has for this turn, to which nothing is added.

        What is scored is deterministic; see `engine.model.scriptscore`.
        """
        await self.ready()
        began = time.monotonic_ns()
        expected = Reading(self._script).at(last_shown(prompt), rng, turn)
        tokens, after = scores(expected, completion, top)
        return Scored(
            id=0,
            tokens=tokens,
            after=after,
            prefilled=len(prompt) + len(completion),
            took=time.monotonic_ns() - began,
        )

    async def release(self, sequence: str) -> None:
        """Forget a sequence: its cache, and where it was in the script."""
        self._cache.sequences.pop(sequence, None)
        self._readings.pop(sequence, None)

    async def report(self) -> Reported:
        """How it is. Raises `WorkerGone` while it is not loaded."""
        if self.status.state != "ready":
            raise WorkerGone("The scripted model is not ready to report.")
        return Reported(
            id=0,
            rows=self._script.rows,
            busy=self._rows.busy,
            waiting=self._rows.waiting,
            sequences=len(self._cache.sequences),
            cached_tokens=sum(map(len, self._cache.sequences.values())),
            memory=0,
            pid=0,
        )

    async def aclose(self) -> None:
        """Close it; a load under way is abandoned."""
        await self._life.end()


class _Rows:
    """The places for completions, and how many wait for one."""

    def __init__(self, rows: int) -> None:
        self._free = asyncio.Semaphore(rows)
        self.busy = 0
        self.waiting = 0

    @asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """Take a place, once there is one, until it is left."""
        self.waiting += 1
        try:
            await self._free.acquire()
        finally:
            self.waiting -= 1
        self.busy += 1
        try:
            yield
        finally:
            self.busy -= 1
            self._free.release()


class _Cache:
    """Which ids a worker would have the KV of: each sequence's, and every seed's for all."""

    def __init__(self) -> None:
        self.sequences: dict[str, tuple[int, ...]] = {}
        self._seeds: set[tuple[int, ...]] = set()

    def count(self, made: Payload, sequence: str) -> int:
        """How many leading ids are known; never all, as the last one has to be computed."""
        known = [self.sequences.get(sequence, ()), *self._seeds]
        return min(max(shared_prefix(made.ids, ids) for ids in known), len(made.ids) - 1)

    def keep_seed(self, made: Payload) -> None:
        """The part of a payload that every sequence with this seed begins with."""
        self._seeds.add(made.ids[: made.seam])

    def clear(self) -> None:
        """Forget all, as a new process has."""
        self.sequences.clear()
        self._seeds.clear()
