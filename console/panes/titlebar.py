"""A first line that says where one is, with the same brand as everywhere."""

from collections.abc import Callable

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from console.panes.look import look_of
from console.panes.strips import on, strip_of
from console.view.line import Piece


class TitleBar(Widget):
    """One row: the brand, and words at the left and at the right that are asked for when drawn."""

    def __init__(
        self,
        left: Callable[[], tuple[Piece, ...]],
        right: Callable[[], tuple[Piece, ...]] = tuple,
    ) -> None:
        super().__init__(id="header")
        self._left, self._right = left, right

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        left = (Piece(" "), Piece("driftty  ", "brand"), *self._left())
        right = (*self._right(), Piece(" "))
        gap = width - sum(cell_len(piece.text) for piece in (*left, *right))
        pieces = (*left, Piece(" " * max(gap, 1)), *right)
        return on(strip_of(look_of(self), *pieces), width, self.rich_style)
