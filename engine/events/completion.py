"""What the model was asked and what it wrote: prompts, tokens, parts, and how lines were judged."""

from typing import Literal

from engine.events.fact import Event
from engine.events.kinds import DriftKind, Label, PartKind
from engine.scrollback import Span


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


class TokensNamed(Event, frozen=True, kw_only=True):
    """What the ids of a prompt are in text; told before the prompt, each id once a session."""

    ids: tuple[int, ...]
    texts: tuple[str, ...]
    """Parallel to `ids`; U+FFFD for part of a character."""


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


class FirstTokenWeighed(Event, frozen=True, kw_only=True):
    """How likely the model was to begin a command, where a line of the operator's could begin.

    Told at the first token of every completion, and again after reasoning or comments that came
    before the line; the last of a turn is the turn's margin. Absent from older recordings.
    """

    turn: int
    position: int
    """Of the token that was weighed in the completion, from 0."""
    command: float
    """The model's own probability, before penalty, temperature and truncation, that this token
    begins a command: see `engine.model.heads`."""


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
