"""The vocabulary of a session: one small frozen struct per fact, in the past tense.

A session is its list of events. A live run makes them, a recording is them on disk, a replay makes
them again, and what a screen shows is a fold over them. Raw facts (token ids and times, pty bytes,
random seeds) are here in full; verdicts are here too, and can be computed anew from the raw facts.

All times are nanoseconds on one monotonic clock that starts with the session.
"""

from typing import Literal, TypeAlias

import msgspec

from engine.run import RunSpec, Sampling
from engine.scrollback import Span, Turn

Stage: TypeAlias = Literal[
    "load", "bring_up", "seed", "first_token", "completion", "route", "exec", "observe"
]
"""A timed span. `load`: the model's weights. `bring_up`: sandbox and shell to the first prompt.
`seed`: prefill of what is new in the prompt. `first_token`: from request to first token.
`completion`: from request to last token. `route`: parts to commands or drift. `exec`: a command in
the shell. `observe`: shell bytes to a user turn."""

PartKind: TypeAlias = Literal["reasoning", "comment", "line", "command", "prose"]
"""What a stretch of the operator's text is. `line` until it has been judged command or prose."""

DriftKind: TypeAlias = Literal[
    "narration", "chat", "markdown", "code", "echo", "repetition", "control"
]

Label: TypeAlias = Literal[
    "command",
    "comment",
    "reasoning",
    "narration",
    "chat",
    "markdown",
    "code",
    "echo",
    "repetition",
    "control",
]
"""What one line of the operator's is: a command, reasoning of either form, or a kind of drift."""

ShellState: TypeAlias = Literal[
    "done",
    "continuation",
    "awaiting_input",
    "awaiting_secret",
    "full_screen",
    "nested",
    "stalled",
    "died",
]
"""How a command stands. `done`: back at the prompt. `continuation`: bash wants more (PS2).
`nested`: another interactive program reads the terminal. `died`: the shell itself is gone."""

Outcome: TypeAlias = Literal["clean", "no-exit", "drift", "fault", "stopped"]
"""What a run came to. `stopped` means that a person ended it before it could be told."""

Mode: TypeAlias = Literal["watch", "confirm", "step"]
"""`watch`: commands run at once. `confirm`: each waits for approval. `step`: pause after each turn."""


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A fact of a session."""

    at: int
    """Nanoseconds since the session's start."""


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


class SessionStarted(Event, frozen=True, kw_only=True):
    """A run was asked for; always the first event."""

    session: str
    version: str
    began: str
    """Wall-clock time in UTC, ISO 8601."""
    spec: RunSpec
    parent: str = ""
    """The session this one was forked from."""


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


class ScrollbackSeeded(Event, frozen=True, kw_only=True):
    """The seed's turns were laid."""

    turns: tuple[Turn, ...]


class ScrollbackGrew(Event, frozen=True, kw_only=True):
    """A live turn was added."""

    turn: int
    """Which turn of the run it belongs to, from 1; 0 before the first."""
    added: Turn


class TurnStarted(Event, frozen=True, kw_only=True):
    """The operator's turn began."""

    turn: int


class PromptSent(Event, frozen=True, kw_only=True):
    """The model was asked. The ids are those of the last prompt up to `kept`, then `ids`."""

    turn: int
    kept: int
    ids: tuple[int, ...]
    spans: tuple[Span, ...]
    """Over the whole prompt."""
    seam: int
    cached: int
    """How many leading ids were not computed again."""
    window: int


class TokensSampled(Event, frozen=True, kw_only=True):
    """The model wrote. Parallel tuples, one entry a token."""

    turn: int
    position: int
    """Of the first of these tokens in the completion, from 0."""
    ids: tuple[int, ...]
    texts: tuple[str, ...]
    """What each token adds to the text; empty while a character is incomplete."""
    logprobs: tuple[float, ...]
    """Natural logarithm of the model's own probability, before temperature and truncation."""
    times: tuple[int, ...]
    """When each was sampled, nanoseconds since the session's start."""


class PartOpened(Event, frozen=True, kw_only=True):
    """A stretch of one kind began."""

    turn: int
    part: int
    kind: PartKind


class PartGrew(Event, frozen=True, kw_only=True):
    """The open part went on."""

    turn: int
    part: int
    text: str


class PartClosed(Event, frozen=True, kw_only=True):
    """A part ended and its kind is settled."""

    turn: int
    part: int
    kind: PartKind
    text: str
    complete: bool
    """Whether it ended by itself, not by the end of the completion."""


class CompletionEnded(Event, frozen=True, kw_only=True):
    """The model stopped writing."""

    turn: int
    reason: Literal["line", "end", "length", "cancelled", "control"]
    """`line`: the command policy was served. `end`: the model ended its turn. `control`: it wrote a
    control token that does not end a turn."""
    tokens: int


class LineJudged(Event, frozen=True, kw_only=True):
    """A line was told command or drift; a later verdict on the same line replaces the earlier."""

    turn: int
    line: str
    label: Label
    why: str
    """One clause a person can check."""
    by: Literal["text", "execution"]


class DriftSeen(Event, frozen=True, kw_only=True):
    """The operator stopped operating."""

    turn: int
    kind: DriftKind
    line: str
    why: str


class CommandProposed(Event, frozen=True, kw_only=True):
    """A command waits for a person's word."""

    turn: int
    command: str


class CommandEdited(Event, frozen=True, kw_only=True):
    """A person changed a command before it ran."""

    turn: int
    command: str
    edited: str


class CommandVetoed(Event, frozen=True, kw_only=True):
    """A person refused a command, or the drift policy withheld it."""

    turn: int
    command: str
    by: Literal["person", "policy"]


class CommandSubmitted(Event, frozen=True, kw_only=True):
    """A command line went to the shell."""

    turn: int
    command: str
    by: Literal["operator", "person"]


class KeysTyped(Event, frozen=True, kw_only=True):
    """A person typed into the shell."""

    data: bytes
    """Empty while the shell hides what is typed."""
    hidden: int = 0
    """How many bytes were not recorded."""


class ShellWrote(Event, frozen=True, kw_only=True):
    """Bytes came from the pseudo-terminal."""

    data: bytes


class OutputDropped(Event, frozen=True, kw_only=True):
    """Output past the bound was read and not kept."""

    bytes: int


class ShellResized(Event, frozen=True, kw_only=True):
    """The shell's terminal changed its size."""

    columns: int
    rows: int


class ShellNudged(Event, frozen=True, kw_only=True):
    """A command did not come back by itself and something was done for it."""

    turn: int
    state: ShellState
    action: Literal["interrupt", "eof", "ask", "kill"]


class CommandFinished(Event, frozen=True, kw_only=True):
    """The shell settled after a command."""

    turn: int
    command: str
    state: ShellState
    status: int | None
    """Exit status; none where the command did not finish."""
    foreground: str
    """The program in the foreground when not done; empty when done."""
    bytes: int
    """Of output."""


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


class ModeChanged(Event, frozen=True, kw_only=True):
    """A person chose another mode."""

    mode: Mode


class Paused(Event, frozen=True, kw_only=True):
    """The operator waits."""


class Resumed(Event, frozen=True, kw_only=True):
    """The operator goes on."""


class SamplingChanged(Event, frozen=True, kw_only=True):
    """A person changed how tokens are drawn, from the next completion on."""

    sampling: Sampling


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


AnyEvent: TypeAlias = (
    SessionStarted
    | ModelReady
    | ShellStarted
    | ScrollbackSeeded
    | ScrollbackGrew
    | TurnStarted
    | PromptSent
    | TokensSampled
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
