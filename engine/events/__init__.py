"""The vocabulary of a session: one small frozen struct per fact, in the past tense.

A session is its list of events. A live run makes them, a recording is them on disk, a replay makes
them again, and what a screen shows is a fold over them. Raw facts (token ids and times, pty bytes,
random seeds) are here in full; verdicts are here too, and can be computed anew from the raw facts.

All times are nanoseconds on one monotonic clock that starts with the session.
"""

from typing import TypeAlias

from engine.events.completion import (
    CompletionEnded,
    DriftSeen,
    FirstTokenWeighed,
    LineJudged,
    PartClosed,
    PartGrew,
    PartOpened,
    PromptSent,
    TokensNamed,
    TokensSampled,
)
from engine.events.fact import (
    Event,
)
from engine.events.home import HomeKept
from engine.events.kinds import (
    DriftKind,
    Label,
    Mode,
    Outcome,
    PartKind,
    ShellState,
    Stage,
)
from engine.events.run import (
    FaultSeen,
    ModelReady,
    Provenance,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    ShellStarted,
    StageTimed,
    TaskChecked,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.events.shell import (
    CommandEdited,
    CommandFinished,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    KeysTyped,
    OutputDropped,
    ShellNudged,
    ShellResized,
    ShellWrote,
)
from engine.events.steering import (
    ModeChanged,
    Paused,
    Resumed,
    SamplingChanged,
)

AnyEvent: TypeAlias = (
    SessionStarted
    | ModelReady
    | ShellStarted
    | WorldRestored
    | HomeKept
    | ScrollbackSeeded
    | ScrollbackGrew
    | ScrollbackShortened
    | TurnStarted
    | TokensNamed
    | PromptSent
    | TokensSampled
    | FirstTokenWeighed
    | PartOpened
    | PartGrew
    | PartClosed
    | CompletionEnded
    | LineJudged
    | DriftSeen
    | CommandProposed
    | CommandEdited
    | CommandVetoed
    | CommandSubmitted
    | KeysTyped
    | ShellWrote
    | OutputDropped
    | ShellResized
    | ShellNudged
    | CommandFinished
    | StageTimed
    | ModeChanged
    | Paused
    | Resumed
    | SamplingChanged
    | WorkerLost
    | TaskChecked
    | FaultSeen
    | RunEnded
)
"""Any fact of a session: the type to decode into."""

__all__ = [
    "AnyEvent",
    "CommandEdited",
    "CommandFinished",
    "CommandProposed",
    "CommandSubmitted",
    "CommandVetoed",
    "CompletionEnded",
    "DriftKind",
    "DriftSeen",
    "Event",
    "FaultSeen",
    "FirstTokenWeighed",
    "HomeKept",
    "KeysTyped",
    "Label",
    "LineJudged",
    "Mode",
    "ModeChanged",
    "ModelReady",
    "Outcome",
    "OutputDropped",
    "PartClosed",
    "PartGrew",
    "PartKind",
    "PartOpened",
    "Paused",
    "PromptSent",
    "Provenance",
    "Resumed",
    "RunEnded",
    "SamplingChanged",
    "ScrollbackGrew",
    "ScrollbackSeeded",
    "ScrollbackShortened",
    "SessionStarted",
    "ShellNudged",
    "ShellResized",
    "ShellStarted",
    "ShellState",
    "ShellWrote",
    "Stage",
    "StageTimed",
    "TaskChecked",
    "TokensNamed",
    "TokensSampled",
    "TurnStarted",
    "WorkerLost",
    "WorldRestored",
]
