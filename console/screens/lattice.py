"""A screen of the five panes over one view: it places and draws them, wherever the events come from.

What is done with a run, live or recorded, its subclasses add: a header, bars, keys.
"""

from collections.abc import Iterable

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from console.keymap import Place, bindings
from console.panes.bars import SearchBar
from console.panes.footer import Hints
from console.panes.frame import Frame, Label
from console.panes.header import Header
from console.panes.layout import PANES, Box, Layout, PaneName, arrange
from console.panes.placing import put, titles
from console.panes.priming import ElementSwitches, PrimingPane
from console.panes.rows import RowsPane
from console.panes.shell import ShellPane
from console.panes.stages import StagesPane
from console.panes.stderr import StderrPane
from console.panes.tally import TallyPane
from console.screens.finding import Finding
from console.view.state import ViewState


class Lattice(Finding, Screen[None]):
    """Header, panes in a lattice, key hints. Drawn by `sync`, at most once a frame."""

    BINDINGS = bindings("panes")
    AUTO_FOCUS = "#shell"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "operate"
    """Whose keys help and the palette are to show."""
    FOOT = 0
    """Rows between the panes and the key hints that a subclass fills."""

    def __init__(self, view: ViewState) -> None:
        super().__init__()
        self.view = view
        self._layout_now = Layout({})
        self._drawn: PaneName = "stderr"
        """Which pane the drawer of a narrow screen shows."""
        self._alone: PaneName | None = None

    def compose(self) -> ComposeResult:
        """Everything there ever is on this screen; nothing is mounted later."""
        switches = ElementSwitches(self.view.priming)
        yield Frame()
        yield self.make_header()
        yield self.make_shell()
        yield StderrPane(self.view.stderr)
        yield switches
        yield PrimingPane(self.view.priming, switches)
        yield StagesPane(self.view.stages)
        yield TallyPane(self.view.tally)
        yield from self.make_bars()
        yield SearchBar()
        yield Hints(self.shorts)

    def make_header(self) -> Header:
        """The first line."""
        raise NotImplementedError

    def make_shell(self) -> ShellPane:
        """The pane of the shell."""
        raise NotImplementedError

    def make_bars(self) -> Iterable[Widget]:
        """What lies over the panes or at their foot."""
        return ()

    def shorts(self) -> dict[str, str]:
        """What the footer says of keys whose meaning changes."""
        return {}

    def pane(self, name: PaneName) -> RowsPane:
        """A pane by its name."""
        return self.query_one(f"#{name}", RowsPane)

    @property
    def focused_pane(self) -> RowsPane:
        """The pane with the focus, or that of the bar that has it; the shell where none has."""
        return self.focused if isinstance(self.focused, RowsPane) else self.pane("shell")

    @property
    def boxes(self) -> dict[PaneName, Box]:
        """Where the panes in view are."""
        return self._layout_now.boxes

    def sync(self) -> None:
        """Draw what changed since the last frame."""
        self.query_one(Header).sync()
        for name in self._layout_now.boxes:
            self.pane(name).sync()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for name in PANES:
            self.pane(name).restyle()
        self.draw_frame()
        for widget in (self.query_one(Header), self.query_one(Hints)):
            widget.refresh()

    def lay_out(self) -> None:
        """Place the panes for the screen's size, the focus and what is maximised."""
        width, height = self.size
        self._layout_now = arrange(width, height - self.FOOT, self._drawn, self._alone)
        for name in PANES:
            box = self._layout_now.boxes.get(name)
            pane = self.pane(name)
            pane.display = box is not None
            if box is not None:
                self._place(name, pane, box)
        self.query_one(ElementSwitches).display = "priming" in self._layout_now.boxes
        self.place_bars()
        self.draw_frame()
        self.call_after_refresh(self.placed)

    def maximise(self, name: PaneName | None) -> None:
        """Show one pane alone, or all again."""
        self._alone = name
        self.lay_out()

    @property
    def maximised(self) -> PaneName | None:
        """The pane that is shown alone."""
        return self._alone

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.lay_out()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Show the focused pane, open the drawer for it, and draw its frame heavy."""
        widget = event.widget
        if not isinstance(widget, RowsPane):
            self.draw_frame()
            return
        name = _name(widget)
        if name != "shell":
            self._drawn = name
        if self._alone is not None and self._alone != name:
            self._alone = name
        if name not in self._layout_now.boxes or self._layout_now.drawer:
            self.lay_out()
        else:
            self.draw_frame()

    def on_rows_pane_retitled(self) -> None:
        """Draw a pane's title anew."""
        self.draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.show_pane(event.pane)

    def show_pane(self, name: str) -> None:
        """Bring a pane to sight and give it the focus."""
        pane = self.query_one(f"#{name}", RowsPane)
        pane.display = True  # a pane that is not displayed cannot take the focus
        self.set_focus(pane)

    def placed(self) -> None:
        """The panes have their size: fill them."""
        self.sync()

    def place_bars(self) -> None:
        """Place what lies over the panes."""
        search = self.query_one(SearchBar)
        box = self._layout_now.boxes.get(self.searching or "shell")
        search.display = self.searching is not None and box is not None
        if box is not None:
            put(search, box.x + 1, box.bottom - 1, box.width - 2, 1)

    def draw_frame(self) -> None:
        """Draw the lines between the panes, and their titles."""
        boxes = self._layout_now.boxes
        if not boxes:
            return
        labels: list[Label] = []
        for name, box in boxes.items():
            behind = self._layout_now.drawer if name in self._layout_now.drawer else ()
            labels += titles(box, self.pane(name), [self.pane(each) for each in behind])
        focused = self.focused
        heavy = boxes.get(_name(focused)) if isinstance(focused, RowsPane) else None
        self.query_one(Frame).draw(list(boxes.values()), heavy, labels)

    def _place(self, name: PaneName, pane: Widget, box: Box) -> None:
        top = box.y + 1
        if name == "priming":
            switches = self.query_one(ElementSwitches)
            rows = min(3, switches.rows_for(box.width - 4))
            put(switches, box.x + 2, top, box.width - 4, rows)
            top += rows
        put(pane, box.x + 2, top, box.width - 3, box.bottom - top)


def _name(pane: Widget) -> PaneName:
    return next(name for name in PANES if name == pane.id)
