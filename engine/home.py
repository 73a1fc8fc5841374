"""A scratch home as it stood at a moment: every file, folder and link, as values."""

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

EntryKind: TypeAlias = Literal["file", "folder", "link"]

ROOT = "."
"""The path of the home itself among its entries."""
AT_HOME = "~"
"""How a working folder in the home begins, so that it holds wherever the home lies."""


class HomeEntry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing in a home."""

    path: str
    """Relative to the home, with `/`; `.` is the home."""
    kind: EntryKind
    mode: int = 0
    """Permission bits, without set-user-id and set-group-id; of a link they mean nothing."""
    modified: int = 0
    """When its contents were changed last, in nanoseconds since 1970."""
    data: bytes = b""
    """What is in a file."""
    target: str = ""
    """Where a link leads, as it is written in it."""


class HomeCopy(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A whole home, and what belongs to the moment at which it stood so."""

    entries: tuple[HomeEntry, ...]
    """By path, so that a folder comes before what is in it."""
    cwd: str = AT_HOME
    """The shell's working folder: `~`, `~/below`, or absolute; empty where it could not be told."""
    left_out: tuple[str, ...] = ()
    """Paths of what could not be kept: sockets, pipes, what could not be read."""
    processes: int = 0
    """How many processes ran in the background then."""

    @property
    def files(self) -> int:
        """How many files and links there are."""
        return sum(entry.kind != "folder" for entry in self.entries)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(len(entry.data) for entry in self.entries)


def changed(before: HomeCopy | None, entries: Iterable[HomeEntry], gone: Iterable[str]) -> HomeCopy:
    """A home after entries came or were changed, and others went; `before` none: there were none."""
    known = {entry.path: entry for entry in before.entries} if before is not None else {}
    for path in gone:
        known.pop(path, None)
    known.update((entry.path, entry) for entry in entries)
    return HomeCopy(entries=tuple(known[path] for path in sorted(known, key=_place)))


def _place(path: str) -> tuple[str, ...]:
    return () if path == ROOT else tuple(path.split("/"))
