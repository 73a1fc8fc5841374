"""What a sandbox is to the shell: words to put before a command line, and what goes with them."""

from collections.abc import Callable, Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

from engine.shell.home import Scratch
from engine.shell.spec import Limits

SandboxKind: TypeAlias = Literal["bwrap", "landlock", "none"]


class Enclosure(msgspec.Struct, frozen=True):
    """One shell's sandbox: a command runs in it as `prefix + command`."""

    kind: SandboxKind
    detail: str
    """What it withholds, in words."""
    prefix: tuple[str, ...]
    home: str
    """The home, as the shell sees it."""
    startup: str
    """Bash's start file, as the shell sees it."""
    payloads: Mapping[int, bytes]
    """What the prefix reads from which file descriptor."""
    limits: Limits
    """The limits that bash sets itself, as they mean the same in here."""
    variables: Mapping[str, str]
    """What its environment has besides."""


class Sandbox(Protocol):
    """One kind of sandbox, as it works on this machine."""

    @property
    def owner(self) -> tuple[int, int] | None:
        """The (uid, gid) that the home must belong to; none for the person's own."""
        ...

    def enclose(self, scratch: Scratch, hostname: str, limits: Limits) -> Enclosure:
        """The enclosure of one shell around its scratch folder."""
        ...


class SandboxReport(msgspec.Struct, frozen=True):
    """Whether one kind of sandbox works here, really tried."""

    name: SandboxKind
    works: bool
    detail: str
    """What it withholds; or, where it does not work, why."""
    remedy: str = ""
    """The command that mends it, where one is known."""


Probe: TypeAlias = Callable[[], tuple[SandboxReport, Sandbox | None]]
"""Tries one kind of sandbox; returns the report, and the sandbox if it works."""
