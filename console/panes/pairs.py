"""Two recordings in two columns, every turn beginning on the same row in both."""

from collections.abc import Sequence

from rich.segment import Segment
from textual import events
from textual.strip import Strip

from console.panes.rows import RowsPane
from console.panes.strips import Row, wrap
from console.view.comparison import Beside, turn_lines
from console.view.line import line
from sessions.playbackcompare import Pair, Side

NARROW = 100
"""Cells below which one column is shown at a time."""
BETWEEN = 3


class PairsPane(RowsPane):
    """Rows of two halves. In a narrow place `side` says which half is shown."""

    NAME = "AGAINST"
    HELP = """\
Two recordings side by side, aligned by turn.

- `=` both wrote the same, `≠` they did not: `⟦…⟧` marks the tokens that differ, `∅` where one has none
- `payload` is what the model was asked with, in tokens; `≠` counts those that differ, and from where
- `d` and `D` go from difference to difference, `t` and `T` from turn to turn
- F3 shows how the payloads of the turn at `▸` differ, id by id
"""

    def __init__(self) -> None:
        super().__init__(id="pairs")
        self.following = False
        self.side: Side = "left"
        self._pairs: Sequence[Pair] = ()
        self._rows: list[tuple[Row | None, Row | None]] = []
        self._starts: dict[int, int] = {}
        """The first row of each turn."""
        self._made = 0
        self._chosen = 0
        """The turn that was gone to."""

    @property
    def narrow(self) -> bool:
        """Whether there is room for one column only."""
        return self.width < NARROW

    def show(self, pairs: Sequence[Pair]) -> None:
        """Show these turns."""
        self._pairs = pairs
        self.make()

    def make(self) -> None:
        """Lay everything out for the width there is."""
        self._made = self.width
        self._rows, self._starts = [], {}
        for pair in self._pairs:
            self._starts[pair.turn] = len(self._rows)
            for row in (*turn_lines(pair), Beside(line(""), line(""))):
                self._rows += self._wrapped(row)
        self.recount(self.width)
        self.refresh()

    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def row(self, number: int) -> Strip:
        """Both halves, or the one that is shown."""
        strip = self._both(number)
        if number != self._starts.get(self.turn):
            return strip
        here = Segment("▸", self.look.style("accent"))
        return Strip.join([Strip([here]), strip.crop(1)])

    def _both(self, number: int) -> Strip:
        left, right = self._rows[number]
        if self.narrow:
            return self._half(left if self.side == "left" else right, self.width)
        half = self._column
        between = Segment(" │ ", self.look.style("rule"))
        return Strip.join([self._half(left, half), Strip([between]), self._half(right, half)])

    def row_text(self, number: int) -> str:
        """Both halves as text, or the one that is shown."""
        left, right = (one.text if one else "" for one in self._rows[number])
        if self.narrow:
            return left if self.side == "left" else right
        return f"{left:<{self._column + BETWEEN}}{right}"

    def restyle(self) -> None:
        """Draw everything anew, in another theme."""
        self.make()

    def sync(self) -> None:
        """Nothing changes by itself."""

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for another width, with the same turn at the top."""
        if self.width != self._made:
            turn = self.turn
            self.make()
            self.go(turn)

    @property
    def turn(self) -> int:
        """The turn that was gone to, or once that is out of view the one at its top; 0 without any."""
        top = self.scroll_offset.y
        if top <= self._starts.get(self._chosen, -1) < top + self.size.height:
            return self._chosen
        passed = [turn for turn, start in self._starts.items() if start <= top]
        return passed[-1] if passed else 0

    def go(self, turn: int) -> None:
        """Bring a turn to the top."""
        if turn in self._starts:
            self._chosen = turn
            self.refresh()
            # Forced, because the scroll bar that would allow it comes with the next layout.
            self.scroll_to(y=self._starts[turn], animate=False, force=True)

    @property
    def _column(self) -> int:
        return (self.width - BETWEEN) // 2

    def _wrapped(self, row: Beside) -> list[tuple[Row | None, Row | None]]:
        if self.narrow:
            rows = [wrap(row.left, self.width), wrap(row.right, self.width)]
        else:
            rows = [wrap(row.left, self._column), wrap(row.right, self._column)]
        height = max(map(len, rows))
        left, right = ([*one, *([None] * (height - len(one)))] for one in rows)
        return list(zip(left, right, strict=True))

    def _half(self, row: Row | None, cells: int) -> Strip:
        strip = row.strip(self.look, cells) if row else Strip([])
        return strip.adjust_cell_length(cells)
