"""A screen of framed panes: where they lie, which has the focus, which is shown alone."""

from typing import ClassVar, Generic, cast

from textual import events
from textual.screen import Screen
from textual.widget import Widget

from console.panes.footer import Hints
from console.panes.frame import Frame
from console.panes.layout import Box, Layout, Name
from console.panes.placing import draw_frame, put_in
from console.panes.rows import RowsPane


class PanedScreen(Screen[None], Generic[Name]):
    """Places panes over a frame. Subclasses mount them, a `Frame` and `Hints`, and fill them."""

    PANES: ClassVar[tuple[str, ...]]
    """The ids of the panes, in the order in which Tab goes through them."""

    def __init__(self, front: Name) -> None:
        """`front`: which of the panes that share a box is the first to be in front."""
        super().__init__()
        self._layout_now: Layout[Name] = Layout({})
        self._front = front
        self._alone: Name | None = None

    def arranged(self, front: Name, alone: Name | None) -> Layout[Name]:
        """The layout for the screen's size, with one pane in front or alone."""
        raise NotImplementedError

    def placed(self) -> None:
        """The panes have their size: fill them."""
        raise NotImplementedError

    def pane(self, name: str) -> RowsPane:
        """A pane by its id."""
        return self.query_one(f"#{name}", RowsPane)

    @property
    def boxes(self) -> dict[Name, Box]:
        """Where the panes in view are."""
        return self._layout_now.boxes

    @property
    def focused_pane(self) -> RowsPane:
        """The pane with the focus; the first where none has it."""
        return self.focused if isinstance(self.focused, RowsPane) else self.pane(self.PANES[0])

    @property
    def maximised(self) -> Name | None:
        """The pane that is shown alone."""
        return self._alone

    def maximise(self, name: Name | None) -> None:
        """Show one pane alone, or all again."""
        self._alone = name
        self.lay_out()

    def show_pane(self, name: str) -> None:
        """Bring a pane to sight and give it the focus."""
        pane = self.pane(name)
        pane.display = True  # a pane that is not displayed cannot take the focus
        self.set_focus(pane)

    def lay_out(self) -> None:
        """Place the panes for the screen's size, the focus and what is maximised."""
        self._layout_now = self.arranged(self._front, self._alone)
        for name in self.PANES:
            box = self.boxes.get(cast(Name, name))
            pane = self.pane(name)
            pane.display = box is not None
            if box is not None:
                self.place(pane, box)
        self.place_bars()
        self.draw_frame()
        self.call_after_refresh(self.placed)

    def place(self, pane: RowsPane, box: Box) -> None:
        """Put a pane into its box."""
        put_in(pane, box)

    def place_bars(self) -> None:
        """Place what lies over the panes."""

    def draw_frame(self) -> None:
        """Draw the lines between the panes, and their titles."""
        draw_frame(self, self.boxes, self._layout_now.sharing)

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for name in self.PANES:
            self.pane(name).restyle()
        self.draw_frame()
        self.query_one(Hints).refresh()

    def bring_forward(self, name: Name) -> None:
        """Have a pane in front of those that it shares a box with."""
        if name in self._layout_now.sharing:
            self._front = name

    def action_pane(self, step: int) -> None:
        """Go to another pane, those behind others too."""
        at = self.PANES.index(self.focused_pane.id or "")
        self.show_pane(self.PANES[(at + step) % len(self.PANES)])

    def action_maximise(self) -> None:
        """The focused pane alone, or all again."""
        self.maximise(None if self._alone else cast(Name, self.focused_pane.id))

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.lay_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the focused pane, and draw its frame heavy."""
        widget: Widget = event.widget
        if widget.id not in self.PANES:
            self.draw_frame()
            return
        name = cast(Name, widget.id)
        self.bring_forward(name)
        if self._alone is not None:
            self._alone = name
        if name in self.boxes:
            self.draw_frame()
        else:
            self.lay_out()

    def on_rows_pane_retitled(self) -> None:
        """Draw a pane's title anew."""
        self.draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.show_pane(event.pane)
