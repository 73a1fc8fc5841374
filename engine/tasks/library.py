"""The tasks there are: built in, the person's own, and those typed on the spot."""

from pathlib import Path
from typing import TypeAlias

import msgspec

from engine import folders
from engine.errors import TaskError
from engine.run import Task
from engine.tasks.card import TaskCard
from engine.tasks.parse import parse_task
from engine.tomlfile import Problem
from engine.tomlfolder import Entry, Shelf

BUILT_IN = Path(__file__).parent
"""Where the tasks that ship lie."""

TaskProblem: TypeAlias = Problem


def plain(text: str) -> Task:
    """A task given as plain text: without files and check. Raises `TaskError` where it is empty."""
    line = " ".join(text.split())
    if not line:
        raise TaskError('The task is empty: say what to do, like "show the hostname, then exit".')
    return Task(text=line)


class TaskLibrary:
    """Tasks by name; the person's files are read again when they change."""

    def __init__(self, *own: Path) -> None:
        """`own`: the person's folders, later ones overriding; `tasks` in the config folder if none."""
        self._shelf = Shelf(BUILT_IN, own or (folders.config() / "tasks",), parse_task)

    @property
    def own(self) -> Path:
        """The folder a person's new task goes to."""
        return self._shelf.own[-1]

    def names(self) -> tuple[str, ...]:
        """The tasks that can be used, in alphabetical order."""
        return self._shelf.names()

    def card(self, name: str) -> TaskCard:
        """A task with what its file says about it.

        Raises `TaskError` where there is none or its file is broken.
        """
        entry = self._shelf.find(name, "task", TaskError)
        assert entry.parsed.value is not None
        return msgspec.structs.replace(
            entry.parsed.value, yours=entry.yours, overrides=entry.overrides
        )

    def task(self, name: str) -> Task:
        """The task of a name. Raises `TaskError` where there is none or its file is broken."""
        return self.card(name).task

    def plain(self, text: str) -> Task:
        """A task given as plain text. Raises `TaskError` where it is empty."""
        return plain(text)

    def named_or_plain(self, text: str) -> Task:
        """The task of that name where there is one, else the text as a task.

        Raises `TaskError` for an empty text, and for the name of a broken file: that is not taken
        for a text.
        """
        return self.task(text) if text in self._shelf.entries() else plain(text)

    def entries(self) -> dict[str, Entry[TaskCard]]:
        """Every name with its file, broken ones included."""
        return self._shelf.entries()

    def problems(self) -> list[TaskProblem]:
        """Everything wrong in any task file, by file and line."""
        return self._shelf.problems()
