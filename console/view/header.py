"""What is running and how it stands: the facts of the first line of the screen."""

from typing import Literal, TypeAlias

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    Mode,
    ModeChanged,
    ModelReady,
    Outcome,
    Paused,
    Resumed,
    RunEnded,
    SamplingChanged,
    SessionStarted,
    ShellNudged,
    ShellStarted,
    TurnStarted,
    WorkerLost,
)
from engine.run import RunSpec, Sampling

Phase: TypeAlias = Literal["idle", "starting", "operating", "asking", "paused", "lost", "ended"]
"""How the session stands. `asking`: a command waits for a person's word. `lost`: the model's process
went away and another is coming up. `ended`: its outcome is known."""

MARKS: dict[Phase, str] = {
    "idle": "○",
    "starting": "◌",
    "operating": "●",
    "asking": "◆",
    "paused": "❚❚",
    "lost": "◌",
    "ended": "■",
}


class HeaderView:
    """The session's identity and phase."""

    def __init__(self) -> None:
        self.version = 0
        self.session = ""
        self.model = ""
        self.device = ""
        self.dtype = ""
        self.config = ""
        self.task = ""
        self.sampling = Sampling()
        self.rng = 0
        self.turn = 0
        self.limit = 0
        self.sandbox = ""
        self.mode: Mode = "watch"
        self.phase: Phase = "idle"
        self.outcome: Outcome | None = None

    def plan(self, spec: RunSpec) -> None:
        """Show what would run next, while nothing runs."""
        self.model, self.config, self.task = spec.model, spec.config.name, spec.task.text
        self.sampling, self.rng, self.limit = spec.sampling, spec.rng, spec.turns
        self.version += 1

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted(spec=spec):
                self.plan(spec)
                self.session, self.turn, self.sandbox = event.session, 0, ""
                self.phase, self.outcome = "starting", None
            case ModelReady(provenance=provenance):
                self.device, self.dtype = provenance.device, provenance.dtype
                if self.phase == "lost":
                    self.phase = "operating"
            case ShellStarted(sandbox=sandbox):
                self.sandbox = sandbox
            case TurnStarted(turn=turn):
                self.turn, self.phase = turn, "operating"
            case ModeChanged(mode=mode):
                self.mode = mode
            case SamplingChanged(sampling=sampling):
                self.sampling = sampling
            case RunEnded(outcome=outcome):
                self.phase, self.outcome = "ended", outcome
            case _:
                if not self._gate(event):
                    return
        self.version += 1

    @property
    def running(self) -> bool:
        """Whether a session is under way."""
        return self.phase not in ("idle", "ended")

    def _gate(self, event: AnyEvent) -> bool:
        """Fold what makes the operator wait or go on; returns whether it was such an event."""
        match event:
            case Paused():
                self.phase = "paused"
            case Resumed():
                self.phase = "operating" if self.turn else "starting"
            case CommandProposed():
                self.phase = "asking"
            case CommandEdited() | CommandVetoed() | CommandSubmitted():
                if self.phase != "asking":
                    return False
                self.phase = "operating"
            case ShellNudged(action="ask"):
                self.phase = "paused"
            case WorkerLost():
                self.phase = "lost"
            case _:
                return False
        return True
