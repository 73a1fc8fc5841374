"""Where a fork begins: a recorded scrollback up to a turn, and what had been done to the shell."""

from typing import Literal, TypeAlias

import msgspec

from engine.home import HomeCopy
from engine.scrollback import Turn

Nudge: TypeAlias = Literal["interrupt", "eof"]
"""What helped a command on that did not come back by itself: Ctrl+C or Ctrl+D."""


class Act(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing done to a shell, and what came of it: a command line, or a person's keys."""

    turn: int
    """Of the run, from 1; 0 before the first."""
    command: str = ""
    """The line that was submitted; empty for keys."""
    keys: bytes = b""
    """What a person typed; empty for a command."""
    hidden: int = 0
    """How many of a person's bytes were not recorded, so that they cannot be typed again."""
    nudges: tuple[Nudge, ...] = ()
    shown: str = ""
    """What could be read of its output, without the prompt: the end of it."""
    state: str = "done"
    """How the shell stood then; see `engine.events.ShellState`."""
    status: int | None = None
    """The exit status; none where there was none."""
    columns: int = 0
    """The terminal's new size in cells, where it was changed before; else 0."""
    rows: int = 0


class WorldDifference(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A thing that came out otherwise when it was done to a shell again."""

    turn: int
    what: str
    """The command, or `keys` for what a person typed."""
    before: str
    """What was recorded, as far as it is not the same: excerpts of the lines that differ."""
    now: str
    volatile: bool = False
    """Whether times, process numbers and the like are all that differs."""
    why: str = ""
    """More than output: another exit status, another state, or why it could not be done again."""


class HomeLaid(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a kept home is there again, and what is not."""

    files: int
    """Files and links."""
    size: int
    """Bytes of all files together."""
    cwd: str = ""
    """The working folder that the shell was brought to; empty where that was impossible."""
    lost_cwd: str = ""
    """The working folder that it had, where it could not be brought there."""
    left_out: tuple[str, ...] = ()
    """Paths of what had not been kept: sockets, pipes, what could not be read."""
    processes: int = 0
    """How many processes ran in the background then, and do not run now."""


class Start(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From where a run goes on, instead of from its task."""

    session: str
    """The recording that it was taken from."""
    turn: int
    """The first turn that the model writes anew."""
    turns: tuple[Turn, ...]
    """The live turns before it, the task's first; the operator's as the ids it sampled."""
    numbers: tuple[int, ...]
    """Which turn of the run each of them belongs to."""
    lines: tuple[str, ...] = ()
    """The operator's lines so far, against which later ones are judged."""
    acts: tuple[Act, ...] = ()
    """What is done to a fresh shell first, to bring it to where it was; after `home` is laid."""
    home: HomeCopy | None = None
    """The home as it was kept; none where all that was done is done again instead."""
    why: str = ""
    """Why there is no such copy, in a clause, where that is known."""
    then: tuple[Turn, ...] = ()
    """What follows before the model is asked: the lines of an assistant turn are typed into the shell
    for real, and its answer is the next user turn; a user turn is laid as it is."""
    change: str = ""
    """What is different from the recording, in a clause; empty where only dice are."""
