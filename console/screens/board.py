"""Panes over a board, placed on the screen: what is in front, what is alone, what has the focus."""

from textual import events
from textual.screen import Screen

from console.experiment.board import Board
from console.panes.experimentlayout import (
    BOARD_PANES,
    BoardLayout,
    BoardPaneName,
    arrange_board,
)
from console.panes.frame import Frame, Label
from console.panes.placing import put_in, titles
from console.panes.rows import RowsPane


class BoardScreen(Screen[None]):
    """A screen of the panes of an experiment. Subclasses mount them, a frame, and draw."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board
        self._layout_now = BoardLayout({})
        self._front: BoardPaneName = "runs"
        """Which of the panes that share a box is in front."""
        self._alone: BoardPaneName | None = None

    def placed(self) -> None:
        """The panes have their size: fill them."""
        raise NotImplementedError

    @property
    def in_sight(self) -> tuple[BoardPaneName, ...]:
        """The panes that are shown."""
        return tuple(self._layout_now.boxes)

    @property
    def panes(self) -> list[RowsPane]:
        """All of them, shown or not."""
        return [self.pane(name) for name in BOARD_PANES]

    def pane(self, name: BoardPaneName) -> RowsPane:
        """A pane by its name."""
        return self.query_one(f"#{name}", RowsPane)

    def show_pane(self, name: str) -> None:
        """Bring a pane to sight and give it the focus."""
        pane = self.query_one(f"#{name}", RowsPane)
        pane.display = True  # a pane that is not displayed cannot take the focus
        self.set_focus(pane)

    def lay_out(self) -> None:
        """Place the panes for the screen's size, the focus and what is maximised."""
        width, height = self.size
        self._layout_now = arrange_board(
            width,
            height,
            len(self.board.marks),
            self._front,
            self._alone,
            effects=self.board.varied,
        )
        for name in BOARD_PANES:
            box = self._layout_now.boxes.get(name)
            pane = self.pane(name)
            pane.display = box is not None
            if box is not None:
                put_in(pane, box)
        self.draw_frame()
        self.call_after_refresh(self.placed)

    def maximise(self, name: BoardPaneName | None) -> None:
        """Show one pane alone, or all again."""
        self._alone = name
        self.lay_out()

    @property
    def maximised(self) -> BoardPaneName | None:
        """The pane that is shown alone."""
        return self._alone

    @property
    def focused_name(self) -> BoardPaneName:
        """The pane with the focus; the configs where none has."""
        return _name(self.focused) or "configs"

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.lay_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the focused pane to the front, and draw its frame heavy."""
        name = _name(event.widget)
        if name is None:
            return
        in_front = name not in self._layout_now.boxes
        if name in self._layout_now.tabs:
            self._front = name
        if self._alone is not None:
            in_front, self._alone = self._alone != name, name
        if in_front:
            self.lay_out()
        else:
            self.draw_frame()

    def on_rows_pane_retitled(self) -> None:
        """Draw a pane's title anew."""
        self.draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.show_pane(event.pane)

    def draw_frame(self) -> None:
        """Draw the lines between the panes, and their titles."""
        boxes = self._layout_now.boxes
        labels: list[Label] = []
        for name, box in boxes.items():
            tabs = self._layout_now.tabs if name in self._layout_now.tabs else ()
            labels += titles(box, self.pane(name), [self.pane(each) for each in tabs])
        focused = _name(self.focused)
        heavy = boxes.get(focused) if focused else None
        if boxes:
            self.query_one(Frame).draw(list(boxes.values()), heavy, labels)


def _name(widget: object) -> BoardPaneName | None:
    return next((name for name in BOARD_PANES if name == getattr(widget, "id", None)), None)
