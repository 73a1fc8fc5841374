"""What is said of one line that the operator wrote."""

from typing import Literal

import msgspec

from engine.events import DriftKind, Label


class Verdict(msgspec.Struct, frozen=True):
    """A line's label, with the evidence for it."""

    line: str
    label: Label
    why: str
    """One clause a person can check: `starts with ls, a known command; no function words`."""
    by: Literal["text", "execution"] = "text"

    @property
    def drift(self) -> DriftKind | None:
        """The kind of drift; none for commands and reasoning."""
        match self.label:
            case "command" | "comment" | "reasoning":
                return None
            case kind:
                return kind


class Context(msgspec.Struct, frozen=True):
    """What a line is judged against."""

    shown: str = ""
    """The end of what the shell last showed, prompt included."""
    prompt: str = ""
    """The shell prompt in use."""
    before: tuple[str, ...] = ()
    """The operator's own earlier lines in this run, oldest first."""
    unanswered: int = 0
    """How many of the last lines in `before` the shell has not answered yet: those of the same
    completion, where all its lines are typed."""
