"""The grid of runs: where each cell of the plan lies on the screen, and its glyph."""

from typing import NamedTuple

from console.experiment.board import Board, Seen
from console.experiment.configtable import fitting
from console.safe import clean_line
from console.view.line import Line, Piece, line
from console.view.outcome import GLYPHS, STYLES
from engine.events import Outcome
from engine.experiment import Cell

GROUP = 10
"""Runs between two gaps, so that they can be counted."""
LABEL = 24
"""Cells of the names at the left, at most."""
TURNS = "123456789"
"""A run under way shows its turn; one beyond these shows `+`."""
TO_COME, STARTING, DROPPED, FURTHER = "·", "◌", "╴", "+"


class Row(NamedTuple):
    """A line of the grid: runs `[start, stop)` of a config on a task, or only its name."""

    config: int
    task: int
    start: int
    stop: int

    @property
    def heading(self) -> bool:
        """Whether it is the config's name alone."""
        return self.start == self.stop


class Grid:
    """The grid laid out for a width in cells and a height in rows."""

    def __init__(self, board: Board, width: int, height: int) -> None:
        self._board = board
        experiment = board.experiment
        self.n = experiment.n
        self.tasks = len(experiment.tasks)
        self._named = [clean_line(task.name or task.text) for task in experiment.tasks]
        names = [mark.columns for mark in board.marks] if self.tasks == 1 else self._named
        wanted = min(max(map(len, names)) + 3, LABEL)
        self.label = min(wanted, max(width // 3, width - _cells(self.n, 2), 8))
        room = max(width - self.label, GROUP)
        self.pitch = 2 if _cells(self.n, 2) <= room else 1
        self._a_line = _fitting(room, self.pitch)
        self.rows = self._laid(headings=self.tasks > 1)
        if self.tasks > 1 and len(self.rows) > height:
            self.rows = self._laid(headings=False)

    def at(self, row: int, column: int) -> Cell | None:
        """The cell of the plan at a row and a column of the screen; none beside the runs."""
        if not 0 <= row < len(self.rows):
            return None
        laid = self.rows[row]
        for offset in range(laid.stop - laid.start):
            if self.column(offset) <= column < self.column(offset) + self.pitch:
                return Cell(laid.config, laid.task, laid.start + offset)
        return None

    def column(self, offset: int) -> int:
        """Where the run with this place in its line lies."""
        return self.label + offset * self.pitch + offset // GROUP

    def place(self, cell: Cell) -> tuple[int, int]:
        """The row and column of a cell of the plan."""
        for number, row in enumerate(self.rows):
            same = (row.config, row.task) == (cell.config, cell.task)
            if same and row.start <= cell.replicate < row.stop:
                return number, self.column(cell.replicate - row.start)
        return 0, self.label

    def moved(self, cell: Cell, across: int, down: int) -> Cell:
        """The cell so many runs to the right and so many lines below, within the grid."""
        runs = [row for row in self.rows if not row.heading]
        here = next(
            number
            for number, row in enumerate(runs)
            if (row.config, row.task) == (cell.config, cell.task)
            and row.start <= cell.replicate < row.stop
        )
        row = runs[min(max(here + down, 0), len(runs) - 1)]
        if down:
            replicate = row.start + cell.replicate - runs[here].start
            return Cell(row.config, row.task, min(replicate, row.stop - 1))
        return Cell(row.config, row.task, min(max(cell.replicate + across, 0), self.n - 1))

    def drawn(self, number: int, cursor: Cell | None) -> Line:
        """A row; the cursor's cell reversed."""
        row = self.rows[number]
        mark = self._board.marks[row.config]
        if row.heading:
            return line((f"{mark.letter} ", mark.style), (mark.columns, "heading"))
        pieces = [*self._label(row)]
        for replicate in range(row.start, row.stop):
            cell = Cell(row.config, row.task, replicate)
            glyph, style = glyph_of(self._board.seen(cell))
            offset = replicate - row.start
            pieces.append(Piece(glyph, "cell-cursor" if cell == cursor else style))
            gap = self.column(offset + 1) - self.column(offset) - 1
            if gap and replicate + 1 < row.stop:
                pieces.append(Piece(" " * gap))
        return Line(tuple(_merged(pieces)))

    def _label(self, row: Row) -> tuple[Piece, ...]:
        mark = self._board.marks[row.config]
        if row.start:
            return (Piece(" " * self.label),)
        room = self.label - 3
        name = mark.columns if self.tasks == 1 else self._named[row.task]
        shown = fitting(name, room) if self.tasks == 1 else _cut(name, room)
        letter = mark.letter if self.tasks == 1 or not self._has_headings else " "
        return (
            Piece(f"{letter} ", mark.style),
            Piece(f"{shown:<{room + 1}}", "faint" if self.tasks > 1 else "text"),
        )

    @property
    def _has_headings(self) -> bool:
        return self.rows[0].heading

    def _laid(self, *, headings: bool) -> list[Row]:
        rows = []
        for config in range(len(self._board.marks)):
            if headings:
                rows.append(Row(config, 0, 0, 0))
            for task in range(self.tasks):
                rows += [
                    Row(config, task, start, min(start + self._a_line, self.n))
                    for start in range(0, self.n, self._a_line)
                ]
        return rows


def glyph_of(seen: Seen) -> tuple[str, str]:
    """A cell's glyph and its style."""
    match seen.standing:
        case "running":
            if not seen.turn:
                return STARTING, "cell-running"
            turn = TURNS[seen.turn - 1] if seen.turn <= len(TURNS) else FURTHER
            return turn, "cell-running"
        case "to come":
            return TO_COME, "rule"
        case "dropped":
            return DROPPED, "rule"
        case outcome:
            return GLYPHS[outcome], STYLES[outcome]


def legend() -> Line:
    """What the glyphs mean, in as few cells as may be."""
    found: list[Piece] = []
    outcomes: tuple[Outcome, ...] = ("clean", "drift", "no-exit", "fault")
    for outcome in outcomes:
        found += [Piece(GLYPHS[outcome], STYLES[outcome]), Piece(f" {outcome} ", "faint")]
    found += [Piece("3", "cell-running"), Piece(" turn ", "faint")]
    return Line((*found, Piece(TO_COME, "rule"), Piece(" to come", "faint")))


def _cells(runs: int, pitch: int) -> int:
    return runs * pitch + (runs - 1) // GROUP


def _fitting(room: int, pitch: int) -> int:
    """How many runs a line has: as many as fit, in whole groups where there are several."""
    runs = max(room // pitch, 1)
    while runs > 1 and _cells(runs, pitch) > room:
        runs -= 1
    return runs if runs < GROUP else runs - runs % GROUP


def _merged(pieces: list[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].style == piece.style and piece.style != "cell-cursor":
            found[-1] = Piece(found[-1].text + piece.text, piece.style)
        else:
            found.append(piece)
    return found


def _cut(text: str, cells: int) -> str:
    return text if len(text) <= cells else f"{text[: max(cells - 1, 0)]}…"
