"""A task as its file describes it: what the operator is asked, and what a person should know."""

from typing import Literal, TypeAlias, get_args

import msgspec

from engine.run import Task

Difficulty: TypeAlias = Literal["easy", "middling", "hard"]
"""`easy`: one command. `middling`: several, or one with care. `hard`: something fails on the way."""

DIFFICULTIES: tuple[Difficulty, ...] = get_args(Difficulty)


class TaskCard(msgspec.Struct, frozen=True):
    """A task file that was read and found right."""

    task: Task
    summary: str
    difficulty: Difficulty
    turns: int
    """The turn limit the task suggests; 0 where it suggests none."""
    source: str
    """The file's full text."""
    path: str
    yours: bool = False
    """Whether it lies in the person's own folder."""
    overrides: bool = False
    """Whether it stands in for a built-in of the same name."""
