"""A driver that tells what a test tells it to, and remembers what it was asked."""

import asyncio
import time
from collections.abc import Callable, Iterable

from console.view.driver import Driver
from engine.errors import DrifttyError, ModelError
from engine.events import AnyEvent, Mode, ModeChanged, Paused, Resumed, RunEnded
from engine.model.protocol import Scored
from engine.model.script import ScriptedCompletion
from engine.model.scriptscore import scores
from engine.model.supervisor import WorkerState, WorkerStatus
from engine.run import RunSpec, Sampling
from engine.scrollback import Payload, Span, Turn


class ScriptedDriver:
    """Has the real driver's interface and its failures: refusals, and no tokenizer yet."""

    def __init__(self) -> None:
        self.said: list[tuple[object, ...]] = []
        self.drawn = 0
        """Every word of the person's, in order: `("pause",)`, `("type", b"ls")`."""
        self.specs: list[RunSpec] = []
        self.script: Callable[[RunSpec], Iterable[AnyEvent]] = lambda spec: ()
        """What a session tells when it starts."""
        self.refusal: DrifttyError | None = None
        self.tokenizer = True
        self.on_word: Callable[[], None] = lambda: None
        """Called when the person pauses, before anything comes of it."""
        self._listeners: list[Callable[[AnyEvent], None]] = []
        self._watchers: list[Callable[[WorkerStatus], None]] = []
        self._running = self._paused = False
        self._at = 10**12
        self.scored: list[tuple[tuple[int, ...], tuple[int, ...]]] = []
        """Prompts and completions that were to be scored."""
        self.may_score = asyncio.Event()
        """Whether scoring is answered; it is until a test clears it."""
        self.may_score.set()

    @property
    def running(self) -> bool:
        return self._running

    @property
    def paused(self) -> bool:
        return self._paused

    def tell(self, events: Iterable[AnyEvent]) -> None:
        """Have events happen."""
        for event in events:
            if isinstance(event, RunEnded):
                self._running = False
            for listener in self._listeners:
                listener(event)

    def worker(self, state: WorkerState, **facts: object) -> None:
        """Have the model's state change."""
        status = WorkerStatus(state=state, since=time.monotonic_ns(), **facts)  # type: ignore[arg-type]  # a literal, chosen at run time
        for watcher in self._watchers:
            watcher(status)

    def subscribe(self, listener: Callable[[AnyEvent], None]) -> Callable[[], None]:
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def on_worker(self, listener: Callable[[WorkerStatus], None]) -> Callable[[], None]:
        self._watchers.append(listener)
        return lambda: self._watchers.remove(listener)

    async def start(self, spec: RunSpec) -> None:
        if self.refusal:
            raise self.refusal
        self.specs.append(spec)
        self._running, self._paused = True, False
        self.tell(self.script(spec))

    async def stop(self) -> None:
        self.said.append(("stop",))
        if self._running:
            self.tell([ended_by_person(self._at)])

    def pause(self) -> None:
        self.on_word()
        self.said.append(("pause",))
        self._paused = True
        self.tell([Paused(at=self._at)])

    def resume(self) -> None:
        self.said.append(("resume",))
        self._paused = False
        self.tell([Resumed(at=self._at)])

    def step(self) -> None:
        self.said.append(("step",))

    def set_mode(self, mode: Mode) -> None:
        self.said.append(("mode", mode))
        if self._running:
            self.tell([ModeChanged(at=self._at, mode=mode)])

    def approve(self, edited: str | None = None) -> None:
        self.said.append(("approve", edited))

    def veto(self) -> None:
        self.said.append(("veto",))

    def inject(self, text: str) -> None:
        self.said.append(("inject", text))

    def type(self, data: bytes) -> None:
        self.said.append(("type", data))

    def interrupt(self) -> None:
        self.said.append(("interrupt",))

    def resize(self, columns: int, rows: int) -> None:
        self.said.append(("resize", columns, rows))

    def set_sampling(self, sampling: Sampling) -> None:
        self.said.append(("sampling", sampling.temperature))

    def drew(self, took: int) -> None:
        self.drawn += took

    async def render(self, turns: tuple[Turn, ...], seed_turns: int = 0) -> Payload:
        if not self.tokenizer:
            raise ModelError("The model is not loaded yet.")
        spans: list[Span] = []
        start = seam = 0
        for index, turn in enumerate(turns):
            if index == seed_turns:
                seam = start
            stop = start + 3 + len(turn.text) // 4
            spans.append(Span(start, stop, index, turn.origin))
            start = stop
        return Payload(ids=tuple(range(start)), spans=tuple(spans), seam=seam, window=8192)

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
        if not self.tokenizer:
            raise ModelError("The model is not loaded yet.")
        self.scored.append((prompt, completion))
        await self.may_score.wait()
        said = ScriptedCompletion(text="uname -r", commands=(min(1.0, len(prompt) / 1000),))
        tokens, after = scores(said, completion, top)
        return Scored(id=0, tokens=tokens, after=after, prefilled=len(prompt), took=1)


def ended_by_person(at: int) -> RunEnded:
    """What a driver tells when a person ends a run."""
    return RunEnded(
        at=at,
        session="s",
        outcome="stopped",
        operated=True,
        exited=False,
        done=None,
        drift_turn=None,
        drift_kind=None,
        turns=1,
        why="a person stopped it",
    )


_: type[Driver] = ScriptedDriver
