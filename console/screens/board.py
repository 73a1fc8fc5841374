"""The panes over the board of an experiment, placed on the screen."""

from console.experiment.board import Board
from console.experiment.grid import Grid
from console.panes.experimentlayout import BOARD_PANES, BoardPaneName, arrange_board
from console.panes.layout import Layout
from console.panes.rows import RowsPane
from console.screens.paned import PanedScreen


class BoardScreen(PanedScreen[BoardPaneName]):
    """A screen of the panes of an experiment. Subclasses mount them, a frame, and draw."""

    PANES = BOARD_PANES

    def __init__(self, board: Board) -> None:
        super().__init__(front="runs")
        self.board = board

    @property
    def panes(self) -> list[RowsPane]:
        """All of them, shown or not."""
        return [self.pane(name) for name in BOARD_PANES]

    def arranged(self, front: BoardPaneName, alone: BoardPaneName | None) -> Layout[BoardPaneName]:
        """Room for as many configs as there are, and for effects where there can be any."""
        width, height = self.size
        return arrange_board(
            width,
            height,
            len(self.board.marks),
            front,
            alone,
            effects=self.board.varied,
            runs=len(Grid(self.board, width // 3, height).rows),
        )
