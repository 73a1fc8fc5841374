"""Lines of text with meaning instead of colours, and a bounded log of them.

A style is a name such as `reasoning` or `drift`; a theme says what it looks like. Texts are as they
came: whoever draws them passes them through `console.safe.clean`.
"""

from typing import NamedTuple

import msgspec


class Piece(NamedTuple):
    """A stretch of a line in one style."""

    text: str
    style: str = "text"


class Line(msgspec.Struct, frozen=True):
    """One logical line; a pane wraps it to its width."""

    pieces: tuple[Piece, ...]
    indent: int = 0
    """Cells by which its wrapped rows are set in."""
    gutter: Piece | None = None
    """Drawn at the left of its wrapped rows, inside the indent."""
    filler: str = ""
    """Drawn to the pane's right edge after the text, for rules; empty for none."""

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(piece.text for piece in self.pieces)


def line(*pieces: tuple[str, str] | str, indent: int = 0, filler: str = "") -> Line:
    """A line of `(text, style)` pairs; a bare string is in style `text`."""
    made = tuple(Piece(piece) if isinstance(piece, str) else Piece(*piece) for piece in pieces)
    return Line(made, indent, filler=filler)


class LineLog:
    """Lines that grow at the end; the oldest go when there are too many."""

    def __init__(self, keep: int = 5000) -> None:
        self.keep = keep
        self.lines: list[Line] = []
        self.dropped = 0
        """How many lines have gone from the front."""
        self.version = 0

    def add(self, new: Line) -> int:
        """Append a line; returns its number, which stays its own when older lines go."""
        self.version += 1
        self.lines.append(new)
        if len(self.lines) > self.keep * 5 // 4:
            gone = len(self.lines) - self.keep
            del self.lines[:gone]
            self.dropped += gone
        return self.dropped + len(self.lines) - 1

    def replace(self, number: int, new: Line) -> None:
        """Put another line in the place of one that was added; nothing where it has gone."""
        if number >= self.dropped:
            self.version += 1
            self.lines[number - self.dropped] = new

    def clear(self) -> None:
        """Forget everything."""
        self.version += 1
        self.lines = []
        self.dropped = 0
