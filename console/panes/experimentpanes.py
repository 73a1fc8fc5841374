"""The panes of the Experiment screen. All draw one board, and only when it has something new."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from console.experiment.board import Board
from console.experiment.configtable import config_table
from console.experiment.grid import Grid, legend
from console.experiment.telling import decided, told
from console.keymap import bindings
from console.panes.rows import RowsPane
from console.panes.strips import drawn_text, on, strip_of
from console.panes.text import TextPane
from console.view.line import Line, Piece
from engine.experiment import Cell
from engine.figures import number


class BoardPane(TextPane):
    """Lines that are made anew when the board, the size or the choice changed."""

    def __init__(self, board: Board, *, id: str) -> None:  # noqa: A002  # Textual's word for it
        super().__init__(id=id)
        self.board = board
        self.following = False
        self._drawn_for: tuple[object, ...] = ()

    def lines(self) -> Sequence[Line]:
        """What is shown now."""
        raise NotImplementedError

    def fresh(self) -> object:
        """What the lines depend on beside the size: where it is the same, they are."""
        now = self.board.now
        return (now.version, self.board.chosen, now.dropped, self.board.divergence)

    def sync(self) -> None:
        """Draw if anything is else."""
        wanted = (id(self.board), self.fresh(), self.width, self.size.height)
        if wanted == self._drawn_for:
            return
        resized = wanted[2:] != self._drawn_for[2:]
        self._drawn_for = wanted
        lines = list(self.lines())
        if resized or lines != self._lines:
            self.show(lines)


class ConfigsPane(BoardPane):
    """The table of configs; its heading stays, and the chosen one is what the plots bring out."""

    NAME = "CONFIGS"
    BINDINGS = bindings("configs")
    HELP = """\
One line for each config: what its runs came to, and the rate of clean ones.

- the bar is full up to the lower bound, and fades to the rate and on to the upper bound
- `rate [low–high]` holds with 95 % at every look, so you may watch it and stop when you please
- `waiting`: finished runs that do not count yet, because an earlier one is still under way; runs
  that drift finish sooner, and counted as they finish they would make a config look worse
- `verdict`: from which others it is separated, by their letters

The chosen config is the one that the plots bring out; up and down choose. `d` stops it: no more of
its runs are begun. `d` once more takes it back.
"""

    class Chose(Message):
        """A person chose a config."""

        def __init__(self, config: int) -> None:
            super().__init__()
            self.config = config

    def lines(self) -> Sequence[Line]:
        """The table."""
        mark = self.board.marks[self.board.chosen]
        name = self.board.experiment.names[self.board.chosen]
        self.subtitle = (Piece(f"{mark.letter} ", mark.style), Piece(name, "subtitle"))
        return config_table(self.board, self.width)

    def render_line(self, y: int) -> Strip:
        """The heading in the first row, however far it is scrolled."""
        if y or not self.scroll_offset.y or not self.row_count():
            return super().render_line(y)
        return on(self.row(0), self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Choose the config under the pointer."""
        config = event.y + self.scroll_offset.y - 1
        if event.y and config < len(self.board.marks):
            self.post_message(self.Chose(config))

    def action_choose(self, step: int) -> None:
        """The next config or the one before."""
        self.post_message(self.Chose(self.board.chosen + step))

    def show_chosen(self) -> None:
        """Keep the chosen config in view."""
        row, top, height = self.board.chosen + 1, self.scroll_offset.y, self.size.height
        if row < top + 1:
            self.scroll_to(y=row - 1, animate=False)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)


class VerdictsPane(BoardPane):
    """What may be concluded, in sentences."""

    NAME = "VERDICTS"
    HELP = """\
What may be concluded, and what is still missing. A pair is `separated` when the evidence against both
having one rate has reached its threshold, corrected for all pairs together (e-Holm); it stays so, and
it may be watched. Until then the sentence says about how many more pairs of runs that takes at the
present rates.

- ◆ decided
- ○ not attributable yet

Below: which element of the seed is the lever, in the same terms, and what the judge's own errors do to
the bounds.
"""

    def lines(self) -> Sequence[Line]:
        """The sentences."""
        self.subtitle = (Piece(decided(self.board), "subtitle"),)
        return told(self.board)


class RunsPane(RowsPane):
    """The grid of runs: one cell a run, with a cursor to open one by."""

    NAME = "RUNS"
    BINDINGS = bindings("runs")
    HELP = """\
One cell for each run of the plan, a line for each config and task, filling as runs finish. A number
is a run under way, in that turn.

- ✓ clean, ▲ drift, ◐ no exit up to the turn limit, ✗ broke: not counted
- · to come, ◌ its shell is coming up, ╴ not run, because you stopped its config

Arrows move the cursor; Enter opens the run's recording, at its drift where it drifted.
"""

    class Opened(Message):
        """A person wants a cell's recording."""

        def __init__(self, cell: Cell) -> None:
            super().__init__()
            self.cell = cell

    class Moved(Message):
        """The cursor came to a cell."""

        def __init__(self, cell: Cell) -> None:
            super().__init__()
            self.cell = cell

    def __init__(self, board: Board) -> None:
        super().__init__(id="runs")
        self.board = board
        self.following = False
        self.cursor = Cell(0, 0, 0)
        self._grid: Grid | None = None
        self._shape: object = None
        self._drawn_for: object = None

    def row_count(self) -> int:
        """The legend, and the grid's lines."""
        return 1 + len(self._grid.rows) if self._grid else 0

    def row(self, number: int) -> Strip:
        """A line of the grid as drawn; the first says what the glyphs mean, or what is chosen."""
        return strip_of(self.look, *self._line(number).pieces)

    def row_text(self, number: int) -> str:
        """A line's text."""
        return drawn_text(self._line(number))

    def render_line(self, y: int) -> Strip:
        """The first line stays where it is."""
        if y or not self.scroll_offset.y:
            return super().render_line(y)
        return on(self.row(0), self.size.width, self.rich_style)

    def sync(self) -> None:
        """Lay the grid out anew where its size changed, and draw what is in view."""
        shape = (id(self.board), self.board.experiment.n, self.width, self.size.height)
        wanted = (shape, self.board.now.under_way, self.board.now.version, self.board.now.finished,
                  self.board.now.broken, self.board.now.dropped)  # fmt: skip
        if wanted == self._drawn_for:
            return
        self._drawn_for = wanted
        if self._grid is None or shape != self._shape:
            self._shape = shape
            self._grid = Grid(self.board, self.width, self.size.height - 1)
            self.recount(self.width)
        self.refresh()

    def restyle(self) -> None:
        """Draw everything anew."""
        self.refresh()

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new size."""
        self.sync()

    def on_focus(self) -> None:
        """Say what the cursor is on."""
        self.refresh()

    def on_blur(self) -> None:
        """Say what the glyphs mean."""
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """The cursor to the cell under the pointer; on the cursor's own, open it."""
        if self._grid is None or not event.y:
            return
        cell = self._grid.at(event.y + self.scroll_offset.y - 1, event.x)
        if cell is not None and cell == self.cursor:
            self.action_open()
        elif cell is not None:
            self.go_to(cell)

    def action_move(self, across: int, down: int) -> None:
        """The cursor to a neighbour."""
        if self._grid is not None:
            self.go_to(self._grid.moved(self.cursor, across, down))

    def action_open(self) -> None:
        """Open the cursor's recording."""
        self.post_message(self.Opened(self.cursor))

    def go_to(self, cell: Cell) -> None:
        """The cursor to a cell, in view."""
        self.cursor = cell
        self.post_message(self.Moved(cell))
        if self._grid is not None:
            row, top, height = self._grid.place(cell)[0] + 1, self.scroll_offset.y, self.size.height
            if row < top + 1:
                self.scroll_to(y=max(row - 1, 0), animate=False)
            elif row >= top + height:
                self.scroll_to(y=row - height + 1, animate=False)
        self.refresh()

    def _line(self, row: int) -> Line:
        assert self._grid is not None
        if row == 0:
            return described(self.board, self.cursor) if self.has_focus else legend()
        return self._grid.drawn(row - 1, self.cursor if self.has_focus else None)


def described(board: Board, cell: Cell) -> Line:
    """A cell in words: which run it is, and what it came to."""
    mark, task = board.marks[cell.config], board.experiment.tasks[cell.task]
    result, seen = board.result(cell), board.seen(cell)
    found = [Piece(f"{mark.letter} ", mark.style), Piece(f"run {cell.replicate + 1}", "heading")]
    if len(board.experiment.tasks) > 1:
        found.append(Piece(f" · {task.name or task.text[:20]}", "faint"))
    if seen.standing == "running":
        found.append(Piece(f" · under way, turn {seen.turn}" if seen.turn else " · starting"))
    elif result is None:
        found.append(Piece(f" · {'not run' if seen.standing == 'dropped' else 'to come'}"))
    elif result.outcome == "fault":
        found.append(Piece(f" · broke: {result.fault}", "bad"))
    elif result.drift_turn is not None:
        found.append(Piece(f" · {result.drift_kind} in turn {result.drift_turn}", "drift-line"))
    else:
        found.append(Piece(f" · {result.outcome} after {number(result.turns, 'turn')}"))
        if result.done is not None:
            found.append(Piece(f" · {'done' if result.done else 'not done'}"))
    if result is not None:
        found.append(Piece("   ⏎ open", "key"))
    return Line(tuple(found))
