"""A screen of the five panes over one view: it places and draws them, wherever the events come from.

What is done with a run, live or recorded, its subclasses add: a header, bars, keys.
"""

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.widget import Widget

from console.keymap import Place, bindings
from console.panes.bars import SearchBar
from console.panes.footer import Hints
from console.panes.frame import Frame
from console.panes.header import Header
from console.panes.layout import PANES, Box, Layout, PaneName, arrange
from console.panes.placing import put
from console.panes.priming import ElementSwitches, PrimingPane
from console.panes.rows import RowsPane
from console.panes.shell import ShellPane
from console.panes.stages import StagesPane
from console.panes.stderr import StderrPane
from console.panes.tally import TallyPane
from console.screens.finding import Finding
from console.screens.paned import PanedScreen
from console.view.state import ViewState


class Lattice(Finding, PanedScreen[PaneName]):
    """Header, panes in a lattice, key hints. Drawn by `sync`, at most once a frame."""

    BINDINGS = bindings("panes")
    PANES = PANES
    AUTO_FOCUS = "#shell"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "operate"
    """Whose keys help and the palette are to show."""
    FOOT = 0
    """Rows between the panes and the key hints that a subclass fills."""

    def __init__(self, view: ViewState) -> None:
        super().__init__(front="stderr")
        self.view = view
        self._switch_rows = 0
        """For which the elements' switches have been given room."""
        self._facts: list[object] = []
        """The subtitles on the frame."""

    def compose(self) -> ComposeResult:
        """Everything there ever is on this screen; nothing is mounted later."""
        switches = ElementSwitches(self.view.priming)
        yield Frame()
        yield self.make_header()
        yield self.make_shell()
        yield StderrPane(self.view.stderr)
        yield switches
        yield PrimingPane(self.view.priming, switches, self.view.lint)
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

    def sync(self) -> None:
        """Draw what changed since the last frame."""
        self.query_one(Header).sync()
        box = self.boxes.get("priming")
        if box is not None and self._rows_of_switches(box) != self._switch_rows:
            self.lay_out()  # another seed has more or fewer elements
        for name in self.boxes:
            self.pane(name).sync()
        self.query_one(PrimingPane).mark()
        facts: list[object] = [self.pane(name).subtitle for name in self.boxes]
        if facts != self._facts:
            # With the rows, and not once a message has gone from pane to screen: on a busy machine a
            # frame may be painted in between, with the new rows under the old subtitles.
            self._facts = facts
            self.draw_frame()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        super().restyle()
        self.query_one(Header).refresh()

    def arranged(self, front: PaneName, alone: PaneName | None) -> Layout[PaneName]:
        """Between the header and what a subclass has at the foot."""
        width, height = self.size
        return arrange(width, height - self.FOOT, front, alone)

    def bring_forward(self, name: PaneName) -> None:
        """In front of the others, once the screen has become narrow too; the shell never shares."""
        if name != "shell":
            self._front = name

    def placed(self) -> None:
        """The panes have their size: fill them."""
        self.sync()

    def place_bars(self) -> None:
        """Place what lies over the panes."""
        self.query_one(ElementSwitches).display = "priming" in self.boxes
        search = self.query_one(SearchBar)
        box = self.boxes.get(self.searching or "shell")
        search.display = self.searching is not None and box is not None
        if box is not None:
            put(search, box.x + 1, box.bottom - 1, box.width - 2, 1)

    def place(self, pane: RowsPane, box: Box) -> None:
        """The switches of the elements lie over the turns they switch."""
        if not isinstance(pane, PrimingPane):
            super().place(pane, box)
            return
        rows = self._switch_rows = self._rows_of_switches(box)
        put(self.query_one(ElementSwitches), box.x + 2, box.y + 1, box.width - 4, rows)
        put(pane, box.x + 2, box.y + 1 + rows, box.width - 3, box.bottom - box.y - 1 - rows)

    def _rows_of_switches(self, box: Box) -> int:
        return min(3, self.query_one(ElementSwitches).rows_for(box.width - 4))
