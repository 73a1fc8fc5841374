"""A run's own facts: what it was asked to be, what it ran in, and what it came to."""

from typing import Literal

import msgspec

from engine.events.fact import Event
from engine.events.kinds import DriftKind, Outcome, Stage
from engine.held import Held
from engine.run import RunSpec
from engine.scrollback import Turn
from engine.start import HomeLaid, WorldDifference


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Which model answered, exactly."""

    model: str
    """As asked for: a name, a Hugging Face id or a folder."""
    weights: str
    """SHA-256 of the weight files, hex; empty where unknown."""
    tokenizer: str
    """SHA-256 of the tokenizer's serialised form, hex."""
    template: str
    """SHA-256 of the chat template, hex."""
    device: str
    """As torch names it, with the hardware's name: `cpu (Intel Xeon)`, `cuda:0 (NVIDIA H200)`."""
    dtype: str
    window: int
    """Context length in tokens; 0 where the model names none."""
    parameters: int
    libraries: dict[str, str]
    """Versions of python, torch, transformers, tokenizers."""
    forward: str = ""
    """Which forward computed it, of those that give the same logits but for rounding: `written out`,
    `transformers with fused layers`, …; empty where unknown."""


class SessionStarted(Event, frozen=True, kw_only=True):
    """A run was asked for; always the first event."""

    session: str
    version: str
    began: str
    """Wall-clock time in UTC, ISO 8601."""
    spec: RunSpec
    parent: str = ""
    """The session this one was forked from."""
    parent_turn: int = 0
    """The first turn that was written anew in a fork; 0 where this is none."""
    experiment: str = ""
    """The experiment that this run is one of; empty for a run by itself."""


class ModelReady(Event, frozen=True, kw_only=True):
    """The model can answer; again after every restart of its worker."""

    provenance: Provenance


class ShellStarted(Event, frozen=True, kw_only=True):
    """The operator's shell reached its first prompt."""

    sandbox: str
    """`bwrap`, `landlock` or `none`."""
    detail: str
    """What the sandbox withholds, in words."""
    shell: str
    home: str
    columns: int
    rows: int


class WorldRestored(Event, frozen=True, kw_only=True):
    """A fork's own fresh shell was brought to where the recording's was.

    Its home was laid as it had been kept, or what had been done was done again, or both in this order.
    """

    acts: int
    """How many commands, and stretches of a person's keys, were done again."""
    differed: tuple[WorldDifference, ...] = ()
    """What came out otherwise: so far the fork's shell is not what its scrollback tells."""
    home: HomeLaid | None = None
    """The home that was laid; none where only commands were done again."""
    why: str = ""
    """Why no home was laid, in a clause, where that is known."""


class ScrollbackSeeded(Event, frozen=True, kw_only=True):
    """The seed's turns were laid."""

    turns: tuple[Turn, ...]


class ScrollbackGrew(Event, frozen=True, kw_only=True):
    """A live turn was added."""

    turn: int
    """Which turn of the run it belongs to, from 1; 0 before the first."""
    added: Turn


class ScrollbackShortened(Event, frozen=True, kw_only=True):
    """The oldest live turns were made shorter, since the next completion would not have fit."""

    turn: int
    """Of the run, before whose completion it was done."""
    turns: tuple[Turn, ...]
    """All live turns as the model is shown them from here on."""
    were: tuple[int, ...]
    """For each of them, which of the live turns before it is, from 0."""
    cut: int
    """Outputs of which only the end is left."""
    folded: int
    """Exchanges of which only the command is left, in a list at the end of the task's turn."""
    before: int
    """Tokens of the prompt as it would have been."""
    after: int
    """Tokens of the prompt as it is."""
    kept: int
    """Leading tokens that both have in common; the rest has to be computed anew."""
    window: int


class TurnStarted(Event, frozen=True, kw_only=True):
    """The operator's turn began."""

    turn: int


class StageTimed(Event, frozen=True, kw_only=True):
    """A stage ended."""

    turn: int
    stage: Stage
    began: int
    """Nanoseconds since the session's start; negative for a load before it."""
    took: int
    """Nanoseconds."""
    tokens: int = 0
    """Tokens computed in it, where it computes tokens."""
    held: Held | None = None
    """What the model held when it ended; told with `completion`, and absent from older recordings."""


class WorkerLost(Event, frozen=True, kw_only=True):
    """The model's process went away; the completion under way is asked again from a new one."""

    why: str


class TaskChecked(Event, frozen=True, kw_only=True):
    """The task's check ran."""

    done: bool
    status: int
    output: str


class FaultSeen(Event, frozen=True, kw_only=True):
    """Infrastructure broke."""

    where: Literal["model", "shell", "check", "recording", "console"]
    why: str


class RunEnded(Event, frozen=True, kw_only=True):
    """The run is over; always the last event of a session that was closed."""

    session: str
    outcome: Outcome
    operated: bool
    """Only commands and reasoning, no drift."""
    exited: bool
    """The operator ended the shell by itself."""
    done: bool | None
    """What the task's check said; none without a check."""
    drift_turn: int | None
    drift_kind: DriftKind | None
    turns: int
    why: str
    """What ended it, in a clause."""
