"""What a rule looks at, and what it finds."""

from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from engine.run import Channel
from engine.scrollback import Payload, Turn

Severity: TypeAlias = Literal["error", "warning", "note"]
"""`error`: the model does not see what was meant. `warning`: it may do harm. `note`: worth knowing."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""The worst first."""


class Place(msgspec.Struct, frozen=True):
    """A stretch of one turn's text."""

    turn: int
    """Index into the scrollback; -1 for the payload as a whole."""
    start: int = 0
    """Offset of its first character in the turn's text."""
    stop: int = 0
    """Offset after its last character; `start` where the whole turn is meant."""


class Finding(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    rule: str
    severity: Severity
    message: str
    """What is wrong here, in a sentence."""
    span: Place
    fix: str = ""
    """What to do about it, where something can be done."""


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A payload with what has to be known to judge it."""

    turns: tuple[Turn, ...]
    """The scrollback."""
    seed_turns: int = 0
    """How many leading turns are the seed's."""
    prompt: str = ""
    """The shell prompt that live turns end with; empty where the model is shown none."""
    budget: int = 0
    """Characters that one command's output may have; 0 where there is no bound."""
    channel: Channel = "cooked"
    """How the shell's bytes become turns."""
    payload: Payload | None = None
    """The ids as they were sent; what is told of them is not looked at where they are missing."""
    texts: tuple[str, ...] = ()
    """What each id of the payload is in text, parallel to its `ids`; empty where it is not known."""
    max_tokens: int = 0
    """Tokens that the completion may have."""
    exists: Callable[[str], bool] | None = None
    """Whether the sandbox has a command of that name; none where that cannot be asked."""

    @property
    def seed(self) -> tuple[Turn, ...]:
        """The seed's turns."""
        return self.turns[: self.seed_turns]


class Hit(NamedTuple):
    """Where a rule applies."""

    message: str
    turn: int = -1
    start: int = 0
    stop: int = 0


class Rule(msgspec.Struct, frozen=True):
    """One thing that can be wrong."""

    id: str
    severity: Severity
    explanation: str
    """Why it is wrong, in a sentence for somebody who has never met it."""
    fix: str
    """What to do about it; empty where nothing can be done."""
    look: Callable[[Subject], Iterator[Hit]]
