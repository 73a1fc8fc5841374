"""The seeds there are: built in, and the person's own."""

from pathlib import Path
from typing import TypeAlias

import msgspec

from engine import folders
from engine.errors import SeedError
from engine.seeds.parse import parse_seed
from engine.seeds.seed import Seed
from engine.tomlfile import Problem
from engine.tomlfolder import Entry, Shelf

BUILT_IN = Path(__file__).parent
"""Where the seeds that ship lie."""

SeedProblem: TypeAlias = Problem


class SeedLibrary:
    """Seeds by name; the person's files are read again when they change."""

    def __init__(self, *own: Path) -> None:
        """`own`: the person's folders, later ones overriding; `seeds` in the config folder if none."""
        self._shelf = Shelf(BUILT_IN, own or (folders.config() / "seeds",), parse_seed)

    @property
    def own(self) -> Path:
        """The folder a person's new seed goes to."""
        return self._shelf.own[-1]

    def names(self) -> tuple[str, ...]:
        """The seeds that can be used, in alphabetical order."""
        return self._shelf.names()

    def seed(self, name: str) -> Seed:
        """The seed of a name. Raises `SeedError` where there is none or its file is broken."""
        entry = self._shelf.find(name, "seed", SeedError)
        assert entry.parsed.value is not None
        return msgspec.structs.replace(
            entry.parsed.value, yours=entry.yours, overrides=entry.overrides
        )

    def entries(self) -> dict[str, Entry[Seed]]:
        """Every name with its file, broken ones included."""
        return self._shelf.entries()

    def problems(self) -> list[SeedProblem]:
        """Everything wrong in any seed file, by file and line."""
        return self._shelf.problems()
