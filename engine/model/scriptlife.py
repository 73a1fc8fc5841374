"""The life of a scripted model: its load, its failure to load, and the loss of its worker."""

import asyncio
import hashlib
import platform
import time
from collections.abc import Callable

import msgspec

from engine.errors import ModelError, WorkerGone
from engine.events import Provenance
from engine.model.script import Script
from engine.model.supervisor import Standing, WorkerStatus
from engine.model.telling import wait


class Life:
    """Loads as the script says, and says how it stands as a worker's supervisor does."""

    def __init__(
        self, script: Script, pace: float, on_status: Callable[[WorkerStatus], None]
    ) -> None:
        """`pace` multiplies every scripted wait."""
        self._script = script
        self._pace = pace
        self._standing = Standing(on_status)
        self._loading: asyncio.Task[int] | None = None
        self.number = 0
        """Grows whenever the worker goes away and another takes its place."""

    @property
    def status(self) -> WorkerStatus:
        """How it stands."""
        return self._standing.now

    def start(self) -> None:
        """Begin to load, without waiting for it; once more after it failed."""
        if self._loading is None or (self._loading.done() and self.status.state == "failed"):
            self._loading = asyncio.create_task(self._load())

    async def ready(self) -> int:
        """Wait for the load; returns its nanoseconds. Raises `ModelError` as scripted, `WorkerGone`
        once ended.
        """
        if self.status.state == "closed":
            raise WorkerGone("The model was closed.")
        self.start()
        assert self._loading is not None
        return await asyncio.shield(self._loading)

    def lose(self, why: str) -> None:
        """The worker goes away, and another takes its place."""
        self.number += 1
        self._standing.change("lost", why=why)
        self._become_ready()

    async def end(self) -> None:
        """End it for good; a load under way is abandoned."""
        if self._loading is not None and not self._loading.done():
            self._loading.cancel()
            await asyncio.wait([self._loading])
        self._standing.change("closed")

    async def _load(self) -> int:
        began = time.monotonic_ns()
        self._standing.change("loading", step="reading the script")
        await wait(self._script.load_ms, self._pace)
        if self._script.load_fails:
            self._standing.change("failed", why=self._script.load_fails)
            raise ModelError(self._script.load_fails)
        self._become_ready()
        return time.monotonic_ns() - began

    def _become_ready(self) -> None:
        self._standing.change(
            state="ready",
            fraction=1.0,
            provenance=_provenance(self._script),
            rows=self._script.rows,
        )


def _provenance(script: Script) -> Provenance:
    return Provenance(
        model="scripted",
        weights=hashlib.sha256(msgspec.json.encode(script)).hexdigest(),
        tokenizer=hashlib.sha256(b"driftty pieces 1").hexdigest(),
        template=hashlib.sha256(b"driftty turns 1").hexdigest(),
        device="script",
        dtype="none",
        window=script.window,
        parameters=0,
        libraries={"python": platform.python_version()},
    )
