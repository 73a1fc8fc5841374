"""A canvas of dots: two by four to a cell of the terminal, in braille.

Dots are counted from the upper left corner. A cell shows all the dots that were set in it, in the
style of the last, for a cell has one colour; letters written over it hide them.
"""

from collections.abc import Iterator

from console.view.line import Piece

ACROSS, DOWN = 2, 4
"""Dots in a cell."""

_EMPTY = 0x2800
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""By row and column of a cell: the bits of Unicode's block Braille Patterns."""


class Canvas:
    """So many cells, `columns` × `rows`, to draw on."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = max(1, columns), max(1, rows)
        self._dots: dict[tuple[int, int], int] = {}
        self._styles: dict[tuple[int, int], str] = {}
        self._letters: dict[tuple[int, int], Piece] = {}

    @property
    def width(self) -> int:
        """In dots."""
        return self.columns * ACROSS

    @property
    def height(self) -> int:
        """In dots."""
        return self.rows * DOWN

    def dot(self, x: int, y: int, style: str) -> None:
        """Set a dot; outside the canvas nothing happens."""
        if 0 <= x < self.width and 0 <= y < self.height:
            cell = (x // ACROSS, y // DOWN)
            self._dots[cell] = self._dots.get(cell, 0) | _BITS[y % DOWN][x % ACROSS]
            self._styles[cell] = style

    def line(self, x: int, y: int, to_x: int, to_y: int, style: str) -> None:
        """Set the dots of a straight line, both ends included."""
        steps = max(abs(to_x - x), abs(to_y - y), 1)
        for step in range(steps + 1):
            share = step / steps
            self.dot(round(x + (to_x - x) * share), round(y + (to_y - y) * share), style)

    def stipple(self, x: int, to_x: int, y: int, to_y: int, style: str) -> None:
        """Fill a rectangle, its ends included, so sparsely that a line on it can be seen."""
        for across in range(min(x, to_x), max(x, to_x) + 1):
            for down in range(min(y, to_y), max(y, to_y) + 1):
                if across % 2 == 0 and (down + across // 2 * 2) % 4 == 0:
                    self.dot(across, down, style)

    def write(self, column: int, row: int, text: str, style: str) -> None:
        """Put letters over cells; those outside the canvas are left out."""
        for offset, letter in enumerate(text):
            if 0 <= column + offset < self.columns and 0 <= row < self.rows:
                self._letters[column + offset, row] = Piece(letter, style)

    def drawn(self) -> Iterator[tuple[Piece, ...]]:
        """The rows from the top, each as wide as the canvas."""
        for row in range(self.rows):
            yield joined(self._cell(column, row) for column in range(self.columns))

    def _cell(self, column: int, row: int) -> Piece:
        cell = (column, row)
        if cell in self._letters:
            return self._letters[cell]
        if cell in self._dots:
            return Piece(chr(_EMPTY + self._dots[cell]), self._styles[cell])
        return Piece(" ")


def joined(pieces: Iterator[Piece]) -> tuple[Piece, ...]:
    """Pieces with neighbours of one style put together; blanks take the style before them."""
    found: list[Piece] = []
    for piece in pieces:
        if found and (piece.style == found[-1].style or not piece.text.strip()):
            found[-1] = Piece(found[-1].text + piece.text, found[-1].style)
        else:
            found.append(piece)
    return tuple(found)
