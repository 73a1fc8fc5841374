"""What went into the shell and what came out of it."""

from typing import Literal

from engine.events.fact import Event
from engine.events.kinds import ShellState


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
