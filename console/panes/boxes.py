"""Box-drawing characters by the sides on which lines leave a cell."""

from typing import NamedTuple


class Joint(NamedTuple):
    """On which sides of a cell a line leaves it."""

    up: bool = False
    right: bool = False
    down: bool = False
    left: bool = False

    def joined(self, other: "Joint") -> "Joint":
        """The lines of both."""
        return Joint(*(mine or its for mine, its in zip(self, other, strict=True)))


def _joint(sides: str) -> Joint:
    return Joint(up="u" in sides, right="r" in sides, down="d" in sides, left="l" in sides)


BOXES = {
    _joint(sides): character
    for sides, character in (
        ("", " "), ("u", "╵"), ("r", "╶"), ("d", "╷"), ("l", "╴"),
        ("ud", "│"), ("lr", "─"), ("dr", "┌"), ("dl", "┐"), ("ur", "└"), ("ul", "┘"),
        ("udr", "├"), ("udl", "┤"), ("dlr", "┬"), ("ulr", "┴"), ("udlr", "┼"),
    )
}  # fmt: skip
"""Every joint, to its character."""
