"""Runs, live: model, shell, recorder and whoever listens, brought together for one run at a time."""

import asyncio
import time
from collections.abc import Callable
from typing import Protocol

from engine.clock import SessionClock
from engine.errors import DrifttyError, StoreError
from engine.events import (
    AnyEvent,
    FaultSeen,
    KeysTyped,
    Mode,
    ModeChanged,
    Paused,
    Resumed,
    RunEnded,
    SamplingChanged,
    ShellResized,
    Stage,
    StageTimed,
    TurnStarted,
)
from engine.model.protocol import Model, Scored
from engine.model.supervisor import WorkerStatus
from engine.operator import Operator
from engine.run import RunSpec, Sampling
from engine.scrollback import Payload, Turn
from engine.shell.observation import Shell
from engine.steering import Steering

Listener = Callable[[AnyEvent], None]
Watcher = Callable[[WorkerStatus], None]


class Recording(Protocol):
    """What a run needs of the store."""

    def record(self, session: str, event: AnyEvent) -> None:
        """Take an event to be written; raises `StoreError` when nothing can be written any more."""
        ...

    async def flush(self) -> None:
        """Return when everything recorded so far would survive a power cut."""
        ...


class Beside:
    """What the console itself took since the turn began, in many pieces."""

    def __init__(self) -> None:
        self._took: dict[Stage, int] = {}
        self._since = 0

    def spent(self, stage: Stage, took: int) -> None:
        """So many nanoseconds went into it."""
        self._took[stage] = self._took.get(stage, 0) + took

    def take(self, now: int) -> list[tuple[Stage, int, int]]:
        """Stage, begin and nanoseconds of all that was spent, which then begins anew."""
        told = [(stage, self._since, took) for stage, took in self._took.items()]
        self._took, self._since = {}, now
        return told


class _Run:
    """What belongs to the run under way."""

    def __init__(
        self, spec: RunSpec, shell: Shell, steering: Steering, clock: SessionClock
    ) -> None:
        self.spec = spec
        self.shell = shell
        self.steering = steering
        self.clock = clock
        self.task: asyncio.Task[RunEnded] | None = None


class Live:
    """The running side of the console, and all of `driftty run`."""

    def __init__(
        self,
        model: Model,
        recording: Recording,
        make_shell: Callable[[RunSpec], Shell],
        make_session: Callable[[], str],
        *,
        status: WorkerStatus,
        attended: bool,
    ) -> None:
        """`status`: the model's, as it stands; `attended`: whether a person is there to be asked.

        Starts nothing.
        """
        self._model = model
        self._recording = recording
        self._make_shell = make_shell
        self._make_session = make_session
        self._attended = attended
        self._listeners: list[Listener] = []
        self._status = status
        self._watchers: list[Watcher] = []
        self._mode: Mode = "watch"
        self._run: _Run | None = None
        self._session = ""
        self._turn = 0
        self._beside = Beside()

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` with every event from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_worker(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher` with the model's state now and at every change; returns what ends that."""
        self._watchers.append(watcher)
        watcher(self._status)
        return lambda: self._watchers.remove(watcher)

    def worker(self, status: WorkerStatus) -> None:
        """The model's process changed its state."""
        self._status = status
        for watcher in tuple(self._watchers):
            watcher(status)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._run is not None and self._run.task is not None and not self._run.task.done()

    @property
    def paused(self) -> bool:
        """Whether the run under way waits, or will at its next gate."""
        return self._run is not None and self._run.steering.paused

    @property
    def session(self) -> str:
        """The id of the last session started; empty before the first."""
        return self._session

    async def start(self, spec: RunSpec) -> None:
        """Begin a session. Raises `DrifttyError` while one is under way."""
        if self.running:
            raise DrifttyError("A run is under way; stop it before starting another.")
        steering = Steering(spec.sampling, self._mode, self._attended)
        steering.on_pause = self._paused
        run = _Run(spec, self._make_shell(spec), steering, SessionClock())
        self._run, self._session = run, self._make_session()
        self._turn, self._beside = 0, Beside()
        operator = Operator(
            spec,
            self._model,
            run.shell,
            steering,
            session=self._session,
            emit=self._tell,
            clock=run.clock,
        )
        run.task = asyncio.create_task(operator.run(), name=f"run {self._session}")

    async def wait(self) -> RunEnded:
        """Wait for the run under way to end and be recorded."""
        if self._run is None or self._run.task is None:
            raise DrifttyError("No run was started.")
        ended = await self._run.task
        await self._recording.flush()
        return ended

    async def stop(self) -> None:
        """End the run under way, as a person's wish, and wait until it is recorded."""
        if self._run is None or self._run.task is None:
            return
        if not self._run.task.cancelling():
            # Once: an impatient second Ctrl+C must not break off the ending that is recorded.
            self._run.task.cancel()
        await asyncio.wait([self._run.task])
        await self._recording.flush()

    def pause(self) -> None:
        """Wait at the next gate."""
        if self._run and self.running:
            self._run.steering.pause()

    def resume(self) -> None:
        """Go on."""
        if self._run and self.running:
            self._run.steering.resume()

    def step(self) -> None:
        """Go on for one turn, then wait."""
        if self._run and self.running:
            self._run.steering.step()

    def set_mode(self, mode: Mode) -> None:
        """Change the mode, of the run under way and of those to come."""
        self._mode = mode
        if self._run and self.running:
            self._run.steering.set_mode(mode)
            self._tell(ModeChanged(at=self._run.clock.now(), mode=mode))

    def approve(self, edited: str | None = None) -> None:
        """Let the proposed command run, as it is or as edited."""
        if self._run:
            self._run.steering.approve(edited)

    def veto(self) -> None:
        """Refuse the proposed command."""
        if self._run:
            self._run.steering.veto()

    def inject(self, text: str) -> None:
        """Say something to the operator before its next turn."""
        if self._run and self.running:
            self._run.steering.inject(text)

    def type(self, data: bytes) -> None:
        """Send a person's keys to the shell. What it hides is not recorded."""
        if self._run and self.running:
            shown = self._run.shell.type(data)
            now = self._run.clock.now()
            self._tell(KeysTyped(at=now, data=data) if shown else _hidden(now, data))

    def interrupt(self) -> None:
        """Send what Ctrl+C sends."""
        if self._run and self.running:
            self._run.shell.interrupt()

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the shell's terminal, in cells."""
        if self._run and self.running:
            self._run.shell.resize(columns, rows)
            self._tell(ShellResized(at=self._run.clock.now(), columns=columns, rows=rows))

    def set_sampling(self, sampling: Sampling) -> None:
        """Change how tokens are drawn, from the next completion on."""
        if self._run and self.running:
            self._run.steering.sampling = sampling
            self._tell(SamplingChanged(at=self._run.clock.now(), sampling=sampling))

    def drew(self, took: int) -> None:
        """The screen took so many nanoseconds to draw what happened."""
        self._beside.spent("draw", took)

    async def render(self, turns: tuple[Turn, ...], seed_turns: int = 0) -> Payload:
        """The payload these turns make. Raises `ModelError` while there is no tokenizer."""
        return await self._model.render(turns, seed_turns)

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
        """What the model thinks of a completion. Raises `ModelError`."""
        return await self._model.score(
            prompt, completion, seam=seam, sampling=sampling, rng=rng, turn=turn, top=top
        )

    def _paused(self, paused: bool) -> None:
        if self._run:
            now = self._run.clock.now()
            self._tell(Paused(at=now) if paused else Resumed(at=now))

    def _tell(self, event: AnyEvent) -> None:
        """Record an event, then show it: what was seen was written down."""
        if isinstance(event, TurnStarted | RunEnded):
            for stage, began, took in self._beside.take(event.at):
                self._say(
                    StageTimed(at=event.at, turn=self._turn, stage=stage, began=began, took=took)
                )
        if isinstance(event, TurnStarted):
            self._turn = event.turn
        self._say(event)

    def _say(self, event: AnyEvent) -> None:
        began = time.perf_counter_ns()
        try:
            self._recording.record(self._session, event)
        except StoreError as error:
            self.unrecorded(error)
        self._beside.spent("record", time.perf_counter_ns() - began)
        for listener in tuple(self._listeners):
            listener(event)

    def unrecorded(self, error: StoreError) -> None:
        """The store broke: say so, and end the run, since it would not be remembered."""
        run = self._run
        if run and run.task and not run.task.done() and not run.task.cancelling():
            fault = FaultSeen(at=run.clock.now(), where="recording", why=str(error))
            for listener in tuple(self._listeners):
                listener(fault)
            run.task.cancel()


def _hidden(now: int, data: bytes) -> KeysTyped:
    return KeysTyped(at=now, data=b"", hidden=len(data))
