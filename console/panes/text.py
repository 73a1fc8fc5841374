"""A pane of logical lines, wrapped to its width; only what is looked at is wrapped."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from textual import events
from textual.strip import Strip

from console.panes.rows import RowsPane
from console.panes.strips import Row
from console.panes.wrapped import Wrapped
from console.view.line import Line


class TextPane(RowsPane):
    """Lines as rows. Subclasses call `show` with the whole list whenever it changed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's word for it
        super().__init__(id=id)
        self._lines: list[Line] = []
        self._starts: list[int] = []
        """The number of each line's first row."""
        self._total = 0
        """Rows of all lines."""
        self._wrapped = Wrapped(0)

    def row_count(self) -> int:
        """How many rows there are."""
        return self._total

    def row(self, number: int) -> Strip:
        """A row as drawn."""
        return self._row(number).strip(self.look, self._wrapped.width)

    def row_text(self, number: int) -> str:
        """A row's text as drawn."""
        return self._row(number).text

    def show(self, lines: Sequence[Line], *, dropped: int = 0) -> None:
        """Show these lines. `dropped`: how many lines went from the front since the last call."""
        width = self.width
        if dropped:
            self._drop(dropped)
        if width != self._wrapped.width:
            self._wrapped = Wrapped(width)
            self._cut(0)
        kept = _same(self._lines, lines)
        self._cut(kept)
        first = self._total
        new = lines[kept:]
        self._lines.extend(new)
        starts = list(accumulate(map(self._wrapped.height, new), initial=first))
        self._total = starts.pop()
        self._starts.extend(starts)
        self.recount(width)
        if dropped:
            self.refresh()
        else:
            top = self.scroll_offset.y
            height = self.size.height
            if first < top + height:
                self.refresh_lines(max(first, top), top + height - max(first, top))

    def restyle(self) -> None:
        """Draw everything anew, in another theme."""
        lines, self._wrapped = self._lines[:], Wrapped(0)
        self.show(lines)
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Wrap to the new width."""
        if self.width != self._wrapped.width:
            self.show(self._lines[:])
            self.refresh()
        self.follow()

    def _row(self, number: int) -> Row:
        at = bisect_right(self._starts, number) - 1
        return self._wrapped.rows(self._lines[at])[number - self._starts[at]]

    def _cut(self, line: int) -> None:
        """Forget a line and all after it."""
        if line < len(self._starts):
            self._total = self._starts[line]
            del self._starts[line:]
            del self._lines[line:]

    def _drop(self, lines: int) -> None:
        """Forget lines at the front, keeping in view what was."""
        rows = self._starts[lines] if lines < len(self._starts) else self._total
        del self._lines[:lines]
        self._total -= rows
        self._starts = [start - rows for start in self._starts[lines:]]
        if not self.following:
            self.scroll_to(y=max(0, self.scroll_offset.y - rows), animate=False, force=True)


def _same(old: Sequence[Line], new: Sequence[Line]) -> int:
    """How many leading lines are the very same objects."""
    for number, (before, after) in enumerate(zip(old, new, strict=False)):
        if before is not after:
            return number
    return min(len(old), len(new))
