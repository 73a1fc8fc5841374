"""Where the time went: what each stage of each turn took, and how fast tokens come."""

import msgspec

from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    CompletionEnded,
    ModelReady,
    PromptSent,
    RunEnded,
    SessionStarted,
    ShellStarted,
    Stage,
    StageTimed,
    TokensSampled,
    TurnStarted,
)
from engine.profile import BESIDE, Profiler

ONCE: tuple[Stage, ...] = ("load", "bring_up")


class TurnStages(msgspec.Struct):
    """One turn's stages; several commands in a turn add up."""

    turn: int
    took: dict[Stage, int] = {}
    """Nanoseconds per stage that ended."""
    prefilled: int = 0
    """Tokens computed before the first could be sampled."""
    tokens: int = 0
    """Tokens sampled."""
    first: int = 0
    """When the first token was sampled, nanoseconds since the session's start."""
    last: int = 0

    @property
    def decoding(self) -> tuple[int, int]:
        """Tokens after the first and the nanoseconds they took: what a decode rate is made of."""
        return max(0, self.tokens - 1), self.last - self.first


class StagesView:
    """Stages of the current session."""

    def __init__(self) -> None:
        self.version = 0
        self.once: dict[Stage, int] = {}
        """`load` and `bring_up`, nanoseconds."""
        self.turns: list[TurnStages] = []
        self.running: Stage | None = None
        """The stage under way."""
        self.profiler = Profiler()
        """Where all of the time went."""

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        before = self.running
        if isinstance(event, SessionStarted):
            self.profiler = Profiler()
        self.profiler.absorb(event)
        match event:
            case TokensSampled():
                self._sampled(event)
            case SessionStarted():
                self.once, self.turns, self.running = {}, [], "bring_up"
                self.version += 1
            case TurnStarted(turn=turn):
                self._turn(turn)
            case StageTimed():
                self._timed(event)
            case PromptSent():
                self.running = "seed"
            case CompletionEnded():
                self.running = "route"
            case CommandSubmitted(by="operator"):
                self.running = "exec"
            case CommandFinished():
                self.running = "observe"
            case ModelReady() | ShellStarted() | RunEnded():
                self.running = None
        if self.running != before:
            self.version += 1

    @property
    def latest(self) -> TurnStages | None:
        """The turn under way, or the last one."""
        return self.turns[-1] if self.turns else None

    def total(self, stage: Stage) -> int:
        """Nanoseconds spent in a stage over the session."""
        return self.once.get(stage, 0) + sum(turn.took.get(stage, 0) for turn in self.turns)

    def _sampled(self, event: TokensSampled) -> None:
        if not event.times:
            return
        turn = self._turn(event.turn)
        if not turn.tokens:
            turn.first = event.times[0]
        turn.tokens += len(event.times)
        turn.last = event.times[-1]
        self.running = "completion"
        self.version += 1

    def _timed(self, event: StageTimed) -> None:
        self.version += 1
        if event.stage in BESIDE:
            return
        if event.stage in ONCE:
            self.once[event.stage] = event.took
            return
        turn = self._turn(event.turn)
        turn.took[event.stage] = turn.took.get(event.stage, 0) + event.took
        if event.stage == "seed":
            turn.prefilled += event.tokens
        if self.running == event.stage or event.stage == "observe":
            self.running = None

    def _turn(self, number: int) -> TurnStages:
        if not self.turns or self.turns[-1].turn != number:
            self.turns.append(TurnStages(turn=number))
            self.version += 1
        return self.turns[-1]
