"""Lines wrapped to a width when they are looked at, and counted otherwise.

A jump in a recording brings thousands of lines that nobody sees but the scroll bar. How many rows a
line takes is told from its length where it fits; only a longer one is wrapped for it. Little is kept:
a row that was drawn is some twenty objects, through which Python's cycle collector looks again and
again.
"""

from functools import lru_cache
from typing import TypeVar

from rich.cells import cell_len

from console.panes.strips import Row, shown, wrap
from console.view.line import Line

T = TypeVar("T")

DRAWN = 256
"""Lines whose rows are kept: some screens of them."""
COUNTED = 8192
"""Lines too long for a row whose number of rows is kept."""


class Wrapped:
    """The rows of lines at one width.

    Kept by the line's identity: a line is the same object for as long as nothing of it changes, and to
    hash all its pieces takes longer than to wrap it. What is kept of a line keeps the line, so that no
    other object gets its identity.
    """

    def __init__(self, width: int) -> None:
        """`width`: cells."""
        self.width = width
        self._rows: dict[int, tuple[Line, list[Row]]] = {}
        self._heights: dict[int, tuple[Line, int]] = {}

    def height(self, line: Line) -> int:
        """How many rows a line takes."""
        room = self.width
        for piece in line.pieces:
            text = piece.text
            room -= len(text) if text.isascii() and "\t" not in text else _cells(text)
            if room < 0:
                return self._counted(line)
        return 1

    def rows(self, line: Line) -> list[Row]:
        """The rows of a line; the same objects while they are kept, so that each is drawn once."""
        known = self._rows.get(id(line))
        if known is None:
            _make_room(self._rows, DRAWN)
            known = self._rows[id(line)] = (line, wrap(line, self.width))
        return known[1]

    def _counted(self, line: Line) -> int:
        known = self._heights.get(id(line))
        if known is None:
            _make_room(self._heights, COUNTED)
            known = self._heights[id(line)] = (line, len(wrap(line, self.width)))
        return known[1]


def _make_room(kept: dict[int, T], most: int) -> None:
    """Forget the older half of what is kept, where there is too much of it."""
    if len(kept) >= most:
        for key in list(kept)[: most // 2]:
            del kept[key]


@lru_cache(maxsize=1024)
def _cells(text: str) -> int:
    """Cells at most: a variation selector at its start may widen what stands before it."""
    return cell_len(shown(text)) + 1
