"""Named TOML files in folders: those that ship, and the person's own, which override them.

The person's files are looked at anew whenever something is asked, and read again when their size or
time changed: what they save appears without a restart.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from engine.tomlfields import near
from engine.tomlfile import Problem, TomlFile, read

T = TypeVar("T")

NAME = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
"""What a file may call itself: it is typed at a prompt, joined with `+`, and made a file's name."""

NAME_RULE = "use small letters, digits and single hyphens"


class Parsed(msgspec.Struct, Generic[T], frozen=True):
    """What a file came to."""

    name: str
    """What it calls itself; the file's stem where that could not be read."""
    value: T | None
    """None where the file has errors."""
    problems: tuple[Problem, ...]


class Entry(msgspec.Struct, Generic[T], frozen=True):
    """What a name stands for."""

    parsed: Parsed[T]
    path: Path
    yours: bool
    """Whether it lies in one of the person's folders."""
    overrides: bool
    """Whether it stands in for a built-in of the same name."""


class Shelf(Generic[T]):
    """Files by name, over folders."""

    def __init__(
        self, shipped: Path, own: Sequence[Path], parse: Callable[[TomlFile], Parsed[T]]
    ) -> None:
        """`shipped`: the built-ins' folder. `own`: the person's, a later one overriding."""
        self.own = tuple(own)
        self._shipped = shipped
        self._parse = parse
        self._known: dict[Path, tuple[tuple[int, int], Parsed[T]]] = {}

    def entries(self) -> dict[str, Entry[T]]:
        """Every name, broken files included, in alphabetical order."""
        return dict(sorted(self._survey()[0].items()))

    def names(self) -> tuple[str, ...]:
        """The names that can be used."""
        return tuple(name for name, entry in self.entries().items() if entry.parsed.value)

    def problems(self) -> list[Problem]:
        """Everything wrong in any file, by file and line."""
        entries, duplicates = self._survey()
        found = [*duplicates]
        for entry in entries.values():
            found.extend(entry.parsed.problems)
        return sorted(found, key=lambda problem: (problem.file, problem.line))

    def find(self, name: str, kind: str, error: type[Exception]) -> Entry[T]:
        """The entry of a name. Raises `error` where there is none, or where its file is broken."""
        entries = self.entries()
        entry = entries.get(name)
        if entry is None:
            for called, other in entries.items():
                if other.path.stem == name:
                    raise error(
                        f'There is no {kind} "{name}": the file {other.path} calls itself "{called}". '
                        f'Ask for "{called}", or change its name field.'
                    )
            raise error(f'There is no {kind} "{name}": {near(name, self.names())}.')
        if entry.parsed.value is None:
            faults = [str(one) for one in entry.parsed.problems if one.severity == "error"]
            raise error("\n".join(faults))
        return entry

    def _survey(self) -> tuple[dict[str, Entry[T]], list[Problem]]:
        entries: dict[str, Entry[T]] = {}
        duplicates: list[Problem] = []
        for folder in (self._shipped, *self.own):
            here: dict[str, Path] = {}
            for path in _files(folder):
                parsed = self._read(path)
                name = parsed.name
                if name in here:
                    duplicates.append(_duplicate(path, name, here[name]))
                    continue
                here[name] = path
                overrides = name in entries
                entries[name] = Entry(parsed, path, folder != self._shipped, overrides)
        return entries, duplicates

    def _read(self, path: Path) -> Parsed[T]:
        try:
            status = path.stat()
        except OSError:
            stamp = (0, -1)  # gone, or not ours to see: reading it says which
        else:
            stamp = (status.st_mtime_ns, status.st_size)
        known = self._known.get(path)
        if known and known[0] == stamp:
            return known[1]
        file = read(path)
        if isinstance(file, Problem):
            parsed: Parsed[T] = Parsed(path.stem, None, (file,))
        else:
            parsed = self._parse(file)
        self._known[path] = (stamp, parsed)
        return parsed


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.glob("*.toml") if not path.name.startswith("."))
    except OSError:
        return []


def _duplicate(path: Path, name: str, first: Path) -> Problem:
    file = read(path)
    line = file.line(("name",)) if isinstance(file, TomlFile) else 1
    what = f'"{name}" is the name of {first.name} too'
    return Problem(str(path), line, "name", what, "this file is left out until it has its own name")
