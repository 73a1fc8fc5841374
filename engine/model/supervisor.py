"""Keeps a model's process alive: fetches what it needs, starts it, watches it, starts it again.

A process that dies is replaced after a short wait; one that dies again and again, or whose model
cannot be loaded, is given up with a sentence. One that no longer answers is killed and replaced.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Literal, Protocol

import msgspec

from engine.errors import ModelError, WorkerGone
from engine.events import Provenance
from engine.model.catalogue import ModelFiles, NotFetched, resolve
from engine.model.fetching import fetch_apart
from engine.model.framing import FrameError
from engine.model.process import WORKER, WorkerProcess, logs_folder
from engine.model.progress import Progress
from engine.model.protocol import (
    AnyReply,
    AnyRequest,
    Failed,
    Load,
    Loaded,
    Loading,
    Report,
    Reported,
    TokenizerLoaded,
)

_log = logging.getLogger(__name__)

WorkerState = Literal["starting", "loading", "ready", "lost", "closed", "failed"]
"""`starting`: no process yet; `lost`: it died and another comes; `failed`: no other comes."""

HEARTBEAT_ID = 0
"""The id of the supervisor's own `Report`s; a client's ids begin at 1."""


class Patience(msgspec.Struct, frozen=True, kw_only=True):
    """How long what is waited for, in seconds."""

    heartbeat: float = 15.0
    """Between two questions whether the worker still answers."""
    silence: float = 300.0
    """Without a word, a worker that can answer counts as hanging: a long prompt on a slow processor
    is one step, and between steps it answers."""
    load: float = 1800.0
    """Without a word, a worker that loads counts as hanging: a cold disk says nothing either."""
    backoff: float = 0.25
    """Before the first restart; twice as long before each further one."""
    window: float = 60.0
    """Deaths further back than this do not count."""
    deaths: int = 3
    """This many within the window are too many."""


class WorkerOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Which model a worker loads, and how."""

    model: str
    """A name of the catalogue, a Hugging Face id or a path."""
    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    """For torch; 0 chooses."""
    command: Sequence[str] = WORKER
    """What is run as the worker."""


class WorkerStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How the model's process stands."""

    state: WorkerState
    since: int
    """When this state began, monotonic nanoseconds of the machine."""
    step: str = ""
    """What is being done, in words for a person; empty where nothing is."""
    fraction: float = 0.0
    """How far the step's whole, a fetch or a load, is, from 0 to 1."""
    why: str = ""
    """For `lost` and `failed`: a sentence."""
    provenance: Provenance | None = None
    """Once the model was loaded."""
    pid: int = 0
    """Of the process; 0 while there is none."""
    rows: int = 0
    """How many completions it can run at once; 0 until it is ready."""
    restarts: int = 0
    """How many workers were lost before this one."""


class Standing:
    """The status of a worker as it changes, for whoever is told of it or waits for it."""

    def __init__(self, on_status: Callable[[WorkerStatus], None]) -> None:
        """`on_status` is told every change."""
        self._on_status = on_status
        self._changed = asyncio.Event()
        self.now = WorkerStatus(state="starting", since=time.monotonic_ns())

    def change(self, state: WorkerState, **changes: Any) -> None:
        """Go to a state; the model, its process and the restarts are kept. Closed is for ever."""
        now = self.now
        if now.state == "closed":
            return
        kept = {"provenance": now.provenance, "pid": now.pid, "restarts": now.restarts}
        if state in ("closed", "failed", "lost"):
            kept["pid"] = 0
        since = now.since if now.state == state else time.monotonic_ns()
        self.now = WorkerStatus(state=state, since=since, **{**kept, **changes})
        self.wake()
        self._on_status(self.now)

    def wake(self) -> None:
        """Have those who wait look again."""
        self._changed.set()

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds. Raises `ModelError` once failed, `WorkerGone` once closed."""
        while not holds():
            if self.now.state == "failed":
                raise ModelError(self.now.why)
            if self.now.state == "closed":
                raise WorkerGone("The model was closed.")
            self._changed.clear()
            await self._changed.wait()


class Listener(Protocol):
    """Who hears what the worker says."""

    def heard(self, reply: AnyReply) -> None:
        """A reply to a request, or to a completion under way."""

    def gone(self, error: ModelError) -> None:
        """The process went away: whatever was asked of it will not be answered."""


class Supervisor:
    """Keeps one worker. Everything happens on the event loop that `start` was called on."""

    def __init__(
        self,
        options: WorkerOptions,
        listener: Listener,
        on_status: Callable[[WorkerStatus], None],
        patience: Patience | None = None,
    ) -> None:
        self._options = options
        self._listener = listener
        self._patience = patience or Patience()
        self._standing = Standing(on_status)
        self._process: WorkerProcess | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._tokenizer = False
        self._took = 0

    @property
    def status(self) -> WorkerStatus:
        """How it stands now."""
        return self._standing.now

    def start(self) -> None:
        """Begin to keep a worker; again after it failed, never after it was closed.

        Does nothing while one is kept.
        """
        if self._standing.now.state != "closed" and (self._keeping is None or self._keeping.done()):
            self._standing.change("starting")
            self._keeping = asyncio.create_task(self._keep(), name="worker-supervisor")
            self._keeping.add_done_callback(self._no_longer_kept)

    async def ready(self) -> int:
        """Wait until the model can answer; returns the nanoseconds its load took.

        Raises `ModelError` where it has failed, `WorkerGone` where it was closed.
        """
        await self._standing.until(
            lambda: self._standing.now.state == "ready" and self._process is not None
        )
        return self._took

    async def tokenizer(self) -> None:
        """Wait until the tokenizer is loaded; raises as `ready` does."""
        await self._standing.until(lambda: self._tokenizer)

    def send(self, request: AnyRequest) -> None:
        """Send to the worker. Raises `WorkerGone` while there is none."""
        if self._process is None:
            raise WorkerGone("The model's process is not running.")
        self._process.send(request)

    async def aclose(self) -> None:
        """End the worker, or the fetch under way, and wait for it."""
        if self._standing.now.state != "closed":
            self._standing.change("closed")
            self._listener.gone(WorkerGone("The model was closed."))
        if self._keeping is not None:
            if not self._keeping.cancelling():
                self._keeping.cancel()
            await asyncio.wait([self._keeping])

    async def _keep(self) -> None:
        """Start a worker, again and again, until closed, failed or given up."""
        deaths: deque[float] = deque()
        try:
            while True:
                try:
                    await self._live_once()
                except WorkerGone as error:
                    why = str(error)
                now = time.monotonic()
                deaths.append(now)
                while deaths[0] < now - self._patience.window:
                    deaths.popleft()
                if len(deaths) >= self._patience.deaths:
                    raise ModelError(
                        f"{why} That is {len(deaths)} times within {self._patience.window:.0f}"
                        f" seconds, so it is not started again; what it said is in {logs_folder()}."
                    )
                await asyncio.sleep(self._patience.backoff * 2 ** (len(deaths) - 1))
        except ModelError as error:
            self._fail(error)

    def _no_longer_kept(self, keeping: "asyncio.Task[None]") -> None:
        """See to it that nobody waits for a worker that no longer comes, whatever the reason."""
        broken = None if keeping.cancelled() else keeping.exception()
        if broken is not None:
            _log.error("The supervisor of the model's process broke.", exc_info=broken)
            self._fail(
                ModelError(
                    f"The model's process is no longer kept ({type(broken).__name__}: {broken});"
                    " this is a fault in driftty: please report it, and open it again."
                )
            )

    def _fail(self, error: ModelError) -> None:
        self._standing.change("failed", why=str(error))
        self._listener.gone(error)

    async def _live_once(self) -> None:
        """One worker's life. Raises `WorkerGone` at its end, `ModelError` where none can help."""
        files = await _files(self._options.model, self._standing)
        try:
            process = await WorkerProcess.start(self._options.command)
        except WorkerGone as error:
            self._lose(error)
            raise
        self._standing.change("loading", step="starting the model's process", pid=process.pid)
        self._process = process
        watching = asyncio.create_task(_watch(process, self._standing, self._patience))
        try:
            await self._listen(process, _load(self._options, files))
        except WorkerGone as error:
            process.kill()
            self._lose(error)
            raise
        finally:
            self._process, self._tokenizer = None, False
            watching.cancel()
            await process.end()

    async def _listen(self, process: WorkerProcess, load: Load) -> None:
        """Hear a worker out. Raises `WorkerGone` when it ends or makes no sense."""
        try:
            process.send(load)
            async for reply in process.replies():
                self._take(reply)
        except FrameError as error:
            raise WorkerGone(f"The model's process was ended: {error}") from error
        # Before its end is looked into, so that meanwhile everyone waits for the next one.
        self._process, self._tokenizer = None, False
        raise WorkerGone(f"The model's process {await process.epitaph()}.")

    def _lose(self, error: WorkerGone) -> None:
        """A worker is gone; told before its remains are cleared away, which can take seconds."""
        self._process, self._tokenizer = None, False
        self._standing.change("lost", why=str(error), restarts=self._standing.now.restarts + 1)
        self._listener.gone(error)

    def _take(self, reply: AnyReply) -> None:
        """Note what concerns the process and pass on the rest."""
        match reply:
            case Loading():
                self._standing.change("loading", step=reply.step, fraction=reply.fraction)
            case TokenizerLoaded():
                self._tokenizer = True
                self._standing.wake()
            case Loaded():
                self._tokenizer, self._took = True, reply.took
                self._standing.change(
                    "ready", fraction=1.0, provenance=reply.provenance, rows=reply.rows
                )
            case Failed(id=0):
                raise ModelError(reply.why)
            case Reported(id=0):
                pass
            case _:
                self._listener.heard(reply)


async def _files(model: str, standing: Standing) -> ModelFiles:
    """The model's files, fetched first where they are not here."""

    def on_progress(told: Progress) -> None:
        standing.change("loading", step=told.step, fraction=told.fraction)

    standing.change("starting", step="looking for the model")
    try:
        # In a thread: reading a GGUF file's head takes seconds.
        return await asyncio.to_thread(resolve, model)
    except NotFetched:
        return await fetch_apart(model, on_progress)


async def _watch(process: WorkerProcess, standing: Standing, patience: Patience) -> None:
    """Ask whether a worker still answers, and kill it where it has not for too long."""
    while True:
        await asyncio.sleep(patience.heartbeat)
        ready = standing.now.state == "ready"
        allowed = patience.silence if ready else patience.load
        if time.monotonic() - process.heard_at > allowed:
            process.kill(f"it had not answered for {allowed:g} seconds")
            return
        if ready:
            process.send(Report(id=HEARTBEAT_ID))


def _load(options: WorkerOptions, files: ModelFiles) -> Load:
    return Load(
        model=options.model,
        folder=str(files.folder),
        gguf=files.gguf,
        device=options.device,
        dtype=options.dtype,
        threads=options.threads,
    )
