"""The first two lines of the Experiment screen: what is run and how it stands, and how far it is."""

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget

from console.experiment.board import Board
from console.experiment.progress import progress_pieces, state_pieces
from console.panes.look import look_of
from console.panes.strips import on, shown, strip_of
from console.view.line import Piece
from engine.experiment import Experiment
from engine.figures import number

BRAND = "driftty  "


class ExperimentHeader(Widget):
    """What is run at the left, how it stands at the right; what does not fit is left out whole."""

    def __init__(self, board: Board) -> None:
        super().__init__(id="header")
        self.board = board

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        right = state_pieces(self.board.now)
        left = _facts(self.board, width - _cells(right) - 5)
        gap = max(1, width - _cells(left) - _cells(right) - 2)
        pieces = (Piece(" "), *left, Piece(" " * gap), *right, Piece(" "))
        return on(strip_of(look_of(self), *pieces), width, self.rich_style)


class ProgressBar(Widget):
    """How far the experiment is."""

    def __init__(self, board: Board) -> None:
        super().__init__(id="progress")
        self.board = board

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        pieces = (Piece("  "), *progress_pieces(self.board, width - 4))
        return on(strip_of(look_of(self), *pieces), width, self.rich_style)


def _facts(board: Board, room: int) -> list[Piece]:
    experiment = board.experiment
    facts = [
        Piece(f"experiment {experiment.id}", "heading"),
        Piece(_shape(experiment)),
        Piece(_models(experiment)),
        Piece(_temperatures(experiment)),
        Piece(f"seed {experiment.seed}"),
        Piece("until decided" if board.race else ""),
        Piece("! a mixture" if board.now.mixture else "", "warn"),
    ]
    found = [Piece(BRAND, "brand")]
    for fact in facts:
        if not fact.text:
            continue
        tried = [*found, *([Piece(" · ", "rule")] if len(found) > 1 else []), fact]
        if _cells(tried) > room:
            break
        found = tried
    return found


def _shape(experiment: Experiment) -> str:
    configs = number(len(experiment.configs), "config")
    tasks = number(len(experiment.tasks), "task")
    return f"{configs} × {tasks} × {experiment.n}"


def _models(experiment: Experiment) -> str:
    return ", ".join(name.rstrip("/").rpartition("/")[2] for name in experiment.models)


def _temperatures(experiment: Experiment) -> str:
    every = {experiment.temperature(arm) for arm in range(len(experiment.configs))}
    return "T " + ", ".join(f"{each:g}" for each in sorted(every))


def _cells(pieces: list[Piece] | tuple[Piece, ...]) -> int:
    return sum(cell_len(shown(piece.text)) for piece in pieces)
