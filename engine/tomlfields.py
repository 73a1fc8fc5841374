"""Fields of a TOML file that a person wrote: read with their types, and what is wrong gathered.

Nothing here stops at the first error; the reader decides at the end whether what was read can be
used.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar

from engine.tomlfile import Problem, Severity, TomlFile
from engine.tomllines import KeyPath

Word = TypeVar("Word", bound=str)


def near(word: str, known: Iterable[str]) -> str:
    """What the person may have meant, and all there is: ``did you mean "exit"? It has: …``."""
    every = list(known)
    close = get_close_matches(word, every, n=2, cutoff=0.6)
    meant = " or ".join(f'"{name}"' for name in close)
    listed = ", ".join(every) or "none"
    return f"did you mean {meant}? There is: {listed}" if meant else f"there is: {listed}"


class Fields:
    """One table of a file: reads fields with their types, and gathers what is wrong with them."""

    def __init__(
        self,
        file: TomlFile,
        problems: list[Problem],
        table: Mapping[str, object] | None = None,
        path: KeyPath = (),
    ) -> None:
        """`problems`: where to gather. Without `table`, the file's top level."""
        self.path = path
        self._file = file
        self._table = file.data if table is None else table
        self._problems = problems

    @property
    def line(self) -> int:
        """Where the table starts."""
        return self._file.line(self.path)

    def wrong(self, key: str, what: str, right: str, severity: Severity = "error") -> None:
        """Gather a problem with a field, or with the table where `key` is empty."""
        path = (*self.path, key) if key else self.path
        line = self._file.line(path)
        self._problems.append(Problem(self._file.path, line, _spoken(path), what, right, severity))

    def only(self, *known: str) -> None:
        """Gather every key that is not one of `known`."""
        for key in self._table:
            if key not in known:
                self.wrong(key, "is an unknown key", near(key, known))

    def peek(self, key: str) -> object:
        """A field as it stands, of whatever type; none where it is missing."""
        return self._table.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A string; required without a default."""
        value = self._value(key, default, f'write it as a string, like {key} = "…"')
        if isinstance(value, str):
            return value
        self._mistyped(key, value, f'a string, like {key} = "…"')
        return default or ""

    def whole(self, key: str, default: int | None = None) -> int:
        """A whole number; required without a default."""
        value = self._value(key, default, f"write it as a whole number, like {key} = 1")
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._mistyped(key, value, f"a whole number, like {key} = 1")
        return default or 0

    def flag(self, key: str, default: bool = False) -> bool:
        """True or false."""
        value = self._table.get(key, default)
        if isinstance(value, bool):
            return value
        self._mistyped(key, value, f"true or false, like {key} = true")
        return default

    def choice(self, key: str, known: Sequence[Word]) -> Word | None:
        """One of some words; required. None where it is none of them."""
        value = self.text(key)
        for word in known:
            if word == value:
                return word
        if isinstance(self._table.get(key), str):
            self.wrong(key, f'"{value}" is none that is known', near(value, known))
        return None

    def words(self, key: str, known: Sequence[Word]) -> tuple[Word, ...]:
        """A list of words, each of `known`, in the order of `known`; empty by default."""
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            self._mistyped(key, value, f'a list of strings, like {key} = ["{known[0]}"]')
            return ()
        for word in value:
            if word not in known:
                self.wrong(key, f'"{word}" is none that is known', near(word, known))
        return tuple(word for word in known if word in value)

    def tables(self, key: str) -> list["Fields"]:
        """An array of tables, `[[key]]`; empty by default."""
        value = self._table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
            self._mistyped(key, value, f"tables, each under a line [[{key}]]")
            return []
        return [
            Fields(self._file, self._problems, table, (*self.path, key, index))
            for index, table in enumerate(value)
        ]

    def _value(self, key: str, default: object, right: str) -> object:
        if key in self._table:
            return self._table[key]
        if default is None:
            self.wrong("", f"{key} is missing", right)
            return None
        return default

    def _mistyped(self, key: str, value: object, wanted: str) -> None:
        if key in self._table:
            self.wrong(key, f"is {_kind(value)}", f"it has to be {wanted}")


def _kind(value: object) -> str:
    match value:
        case bool():
            return f"{value!s}".lower()
        case int() | float():
            return f"the number {value}"
        case str():
            return "a string"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return f"a {type(value).__name__}"


def _spoken(path: KeyPath) -> str:
    """`("turn", 1, "role")` as a person says it: `turn 2, role`."""
    said = ""
    for step in path:
        if isinstance(step, int):
            said += f" {step + 1}"
        else:
            said += f", {step}" if said else step
    return said
