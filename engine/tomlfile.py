"""TOML files that a person writes: read with line numbers, so that every error can say where."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

from engine.tomllines import KeyPath, key_lines

Severity: TypeAlias = Literal["error", "warning"]
"""An `error` makes the file unusable; a `warning` is worth a look."""


class Problem(msgspec.Struct, frozen=True):
    """Something wrong in a file, as a person can act on it."""

    file: str
    line: int
    """From 1; 0 where it is about the file as a whole."""
    field: str
    """`default`, or `turn 2, role` (counted from 1); empty where it is about the file."""
    what: str
    """What is wrong."""
    right: str
    """What would be right."""
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f"{self.field}: " if self.field else ""
        kind = "warning: " if self.severity == "warning" else ""
        return f"{where}: {kind}{field}{self.what}; {self.right}."


class TomlFile(msgspec.Struct, frozen=True):
    """A file that was read as TOML."""

    path: str
    text: str
    data: dict[str, object]
    lines: Mapping[KeyPath, int]

    def line(self, path: KeyPath) -> int:
        """The line of a value, or of the nearest thing around it that has one; 1 at the least."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def read(path: Path) -> TomlFile | Problem:
    """Read a TOML file; what makes it unreadable comes back as the problem it is."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        return Problem(str(path), 0, "", f"cannot be read ({reason})", "check its permissions")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(str(path), line, "", "is not UTF-8 text", "save the file as UTF-8")
    return parse(text, str(path))


def parse(text: str, path: str) -> TomlFile | Problem:
    """Read a TOML text; a syntax error comes back as the problem it is."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what, line = _syntax(str(error), text)
        return Problem(path, line, "", f"is not TOML: {what}", "see https://toml.io for the syntax")
    return TomlFile(path, text, data, key_lines(text))


def _syntax(message: str, text: str) -> tuple[str, int]:
    """What tomllib says, and the line it says it of."""
    found = re.fullmatch(r"(?s)(.*) \(at (?:line (\d+), column \d+|end of document)\)", message)
    if not found:
        return message, 1
    what = found.group(1)
    last = text.rstrip("\n").count("\n") + 1
    return what[:1].lower() + what[1:], int(found.group(2)) if found.group(2) else last
