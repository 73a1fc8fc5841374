"""Keeps a model's process alive: fetches what it needs, starts it, watches it, starts it again.

A process that dies is replaced after a short wait; one that dies again and again, or whose model
cannot be loaded, is given up with a sentence. One that no longer answers is killed and replaced.
"""

import asyncio
import contextlib
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
        self._on_status = on_status
        self._patience = patience or Patience()
        self._status = WorkerStatus(state="starting", since=time.monotonic_ns())
        self._changed = asyncio.Event()
        self._process: WorkerProcess | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._tokenizer = False
        self._took = 0
        self._heard_at = 0.0
        self._hung = ""

    @property
    def status(self) -> WorkerStatus:
        """How it stands now."""
        return self._status

    def start(self) -> None:
        """Begin to keep a worker; again after it failed, never after it was closed.

        Does nothing while one is kept.
        """
        if self._status.state != "closed" and (self._keeping is None or self._keeping.done()):
            self._set("starting")
            self._keeping = asyncio.create_task(self._keep(), name="worker-supervisor")

    async def ready(self) -> int:
        """Wait until the model can answer; returns the nanoseconds its load took.

        Raises `ModelError` where it has failed, `WorkerGone` where it was closed.
        """
        await self._until(lambda: self._status.state == "ready")
        return self._took

    async def tokenizer(self) -> None:
        """Wait until the tokenizer is loaded; raises as `ready` does."""
        await self._until(lambda: self._tokenizer)

    def send(self, request: AnyRequest) -> None:
        """Send to the worker. Raises `WorkerGone` while there is none."""
        if self._process is None:
            raise WorkerGone("The model's process is not running.")
        self._process.send(request)

    async def aclose(self) -> None:
        """End the worker, or the fetch under way, and wait for it."""
        if self._status.state != "closed":
            self._set("closed")
            self._listener.gone(WorkerGone("The model was closed."))
        if self._keeping is not None:
            if not self._keeping.cancelling():
                self._keeping.cancel()
            await asyncio.wait([self._keeping])

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            if self._status.state == "failed":
                raise ModelError(self._status.why)
            if self._status.state == "closed":
                raise WorkerGone("The model was closed.")
            self._changed.clear()
            await self._changed.wait()

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
            self._set("failed", why=str(error))
            self._listener.gone(error)

    async def _live_once(self) -> None:
        """One worker's life. Raises `WorkerGone` at its end, `ModelError` where none can help."""
        files = await self._files()
        try:
            process = await WorkerProcess.start(self._options.command)
        except WorkerGone as error:
            self._lose(error)
            raise
        self._set("loading", step="starting the model's process", pid=process.pid)
        self._process, self._hung, self._heard_at = process, "", time.monotonic()
        watching = asyncio.create_task(self._watch(process))
        try:
            await self._listen(process, self._load(files))
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
                self._heard_at = time.monotonic()
                self._take(reply)
        except FrameError as error:
            raise WorkerGone(f"The model's process was ended: {error}") from error
        raise WorkerGone(f"The model's process {self._hung or await process.epitaph()}.")

    def _lose(self, error: WorkerGone) -> None:
        """A worker is gone. Told before anything is awaited, so that nobody asks the dead one."""
        self._process, self._tokenizer = None, False
        self._set("lost", why=str(error), restarts=self._status.restarts + 1)
        self._listener.gone(error)

    async def _files(self) -> ModelFiles:
        """The model's files, fetched first where they are not here."""
        self._set("starting", step="looking for the model")
        try:
            # In a thread: reading a GGUF file's head takes seconds.
            return await asyncio.to_thread(resolve, self._options.model)
        except NotFetched:
            return await fetch_apart(self._options.model, self._fetching)

    def _fetching(self, progress: Progress) -> None:
        self._set("loading", step=progress.step, fraction=progress.fraction)

    def _load(self, files: ModelFiles) -> Load:
        options = self._options
        return Load(
            model=options.model,
            folder=str(files.folder),
            gguf=files.gguf,
            device=options.device,
            dtype=options.dtype,
            threads=options.threads,
        )

    def _take(self, reply: AnyReply) -> None:
        """Note what concerns the process and pass on the rest."""
        match reply:
            case Loading():
                self._set("loading", step=reply.step, fraction=reply.fraction)
            case TokenizerLoaded():
                self._tokenizer = True
                self._changed.set()
            case Loaded():
                self._tokenizer, self._took = True, reply.took
                self._set("ready", fraction=1.0, provenance=reply.provenance, rows=reply.rows)
            case Failed(id=0):
                raise ModelError(reply.why)
            case Reported(id=0):
                pass
            case _:
                self._listener.heard(reply)

    async def _watch(self, process: WorkerProcess) -> None:
        """Ask whether it still answers, and kill it where it has not for too long."""
        while True:
            await asyncio.sleep(self._patience.heartbeat)
            ready = self._status.state == "ready"
            allowed = self._patience.silence if ready else self._patience.load
            if time.monotonic() - self._heard_at > allowed:
                self._hung = f"was killed: it had not answered for {allowed:g} seconds"
                process.kill()
                return
            if ready:
                with contextlib.suppress(WorkerGone):  # its end is heard where it is listened to
                    process.send(Report(id=HEARTBEAT_ID))

    def _set(self, state: WorkerState, **changes: Any) -> None:
        """Go to a state and tell it; the model, its process and the restarts are kept."""
        now = self._status
        if now.state == "closed":
            return
        kept = {"provenance": now.provenance, "pid": now.pid, "restarts": now.restarts}
        if state in ("closed", "failed", "lost"):
            kept["pid"] = 0
        since = now.since if now.state == state else time.monotonic_ns()
        self._status = WorkerStatus(state=state, since=since, **{**kept, **changes})
        self._changed.set()
        self._on_status(self._status)
