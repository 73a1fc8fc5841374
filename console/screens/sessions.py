"""The Sessions screen: what was recorded, listed, filtered, previewed, and opened."""

from asyncio import TimerHandle
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input

from console.keymap import Place, bindings
from console.panes.footer import Hints
from console.panes.frame import Frame, Label
from console.panes.layout import Box
from console.panes.placing import put
from console.panes.rows import RowsPane
from console.panes.sessionbar import FilterInput, SessionsHeader
from console.panes.sessionpreview import PreviewPane
from console.panes.sessiontable import SessionHeading, SessionTable
from console.panes.standing import stands
from console.screens.rerunning import ForksListed
from console.screens.sessionsbrowsing import Browsing
from console.screens.sessionsfilling import Filling
from console.screens.sessionskeeping import Keeping
from console.screens.sessionsreading import SessionsReader
from console.view.sessions import SessionsView
from engine.errors import DrifttyError
from sessions.asking import read_query

if TYPE_CHECKING:
    from console.app import DrifttyApp

LOOK_SECONDS = 1.0
"""Between two looks at whether anything was recorded."""
TYPING_SECONDS = 0.12
"""That a person may take between two letters of a filter before it is asked."""
SIDE_BY_SIDE = 150
"""Columns from which on the preview stands beside the list."""


class SessionsScreen(Browsing, Keeping, ForksListed, Screen[None]):
    """The list over its preview, or beside it where there is room."""

    BINDINGS = bindings("sessions")
    AUTO_FOCUS = "#session-table"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "sessions"

    def __init__(self, reader: SessionsReader | None = None) -> None:
        super().__init__()
        self.view = SessionsView()
        self.filling = Filling(self, reader or SessionsReader())
        self._typing: TimerHandle | None = None

    def compose(self) -> ComposeResult:
        """Everything there ever is on this screen."""
        table = SessionTable(self.view, self.filling.rows)
        yield Frame()
        yield SessionsHeader(self.view)
        yield FilterInput()
        yield SessionHeading(self.view, table)
        yield table
        yield PreviewPane()
        yield Hints()

    @property
    def table(self) -> SessionTable:
        """The list."""
        return self.query_one(SessionTable)

    @property
    def idle(self) -> bool:
        """Whether everything that was asked for has been read and shown."""
        return self.view.loaded and self._typing is None and self.filling.idle

    @property
    def reader(self) -> SessionsReader:
        """What reads the store."""
        return self.filling.reader

    def on_mount(self) -> None:
        """Look from time to time whether there is more."""
        self.set_interval(LOOK_SECONDS, self._look)

    def on_screen_resume(self) -> None:
        """Read the list, also when what was opened over it is closed and may have changed it."""
        self.relist()

    def on_resize(self, event: events.Resize) -> None:
        """Place everything anew."""
        self.lay_out()

    def lay_out(self) -> None:
        """Place header, filter, list and preview for the screen's size."""
        table, preview = self._boxes()
        put(self.query_one(FilterInput), 0, 1, self.size.width, 1)
        put(self.query_one(SessionHeading), table.x + 1, table.y + 1, table.width - 2, 1)
        put(self.table, table.x + 1, table.y + 2, table.width - 2, table.height - 3)
        put(self.query_one(PreviewPane), preview.x + 2, preview.y + 1, preview.width - 3,
            preview.height - 2)  # fmt: skip
        self.draw_frame()
        self.call_after_refresh(self.sync)

    def sync(self) -> None:
        """Draw what changed."""
        self.table.sync()
        self.query_one(SessionHeading).refresh()
        self.query_one(SessionsHeader).refresh()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for pane in self.query(RowsPane):
            pane.restyle()
        self.draw_frame()
        self.refresh(recompose=False)
        self.sync()

    def draw_frame(self) -> None:
        """Draw the lines around list and preview."""
        boxes = self._boxes()
        panes: tuple[RowsPane, RowsPane] = (self.table, self.query_one(PreviewPane))
        labels = [
            Label(box.x + 2, box.y, pane.label, str(pane.id))
            for box, pane in zip(boxes, panes, strict=True)
        ]
        lit = next(
            (box for box, pane in zip(boxes, panes, strict=True) if pane is self.focused), None
        )
        self.query_one(Frame).draw(list(boxes), lit, labels)

    def on_descendant_focus(self) -> None:
        """Show where the focus is."""
        self.draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.query_one(f"#{event.pane}").focus()

    def on_session_table_moved(self) -> None:
        """Preview the row the cursor came to, soon."""
        self.filling.preview_soon()

    def on_session_table_opened(self) -> None:
        """A row was clicked twice."""
        self.action_open()

    def on_session_heading_sorted(self, event: SessionHeading.Sorted) -> None:
        """Sort by a column, or the other way round where it is sorted by that."""
        self.sort_by(event.column)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter when the person pauses."""
        if self._typing is not None:
            self._typing.cancel()
        self._typing = self.console.later(TYPING_SECONDS, self._filter)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to what was found."""
        self._filter()
        self.set_focus(self.table)

    @property
    def console(self) -> "DrifttyApp":
        """The app, as what it is."""
        return cast("DrifttyApp", self.app)

    def relist(self) -> None:
        """Read the list anew."""
        self.filling.list()

    def _filter(self) -> None:
        if self._typing is not None:
            self._typing.cancel()
            self._typing = None
        if not stands(self):
            return  # it was left before the person paused
        typed = self.query_one(FilterInput).value
        try:
            query = read_query(typed)
        except DrifttyError as error:
            self.filling.understood = False
            self.query_one(SessionsHeader).say(str(error), "bad")
            return
        if not self.filling.understood:
            self.filling.understood = True
            self.query_one(SessionsHeader).say("")
        if typed == self.view.typed:
            return
        self.view.typed = typed
        self.view.ask(query)
        self.relist()

    def show_preview(self) -> None:
        """Have what the cursor is on read and shown."""
        self.filling.preview()

    def _look(self) -> None:
        if self.app.screen is self:
            self.filling.look()

    def _boxes(self) -> tuple[Box, Box]:
        width, height = self.size
        top, bottom = 2, height - 2
        if width >= SIDE_BY_SIDE:
            middle = round(width * 0.64)
            return (
                Box(0, top, middle + 1, bottom - top + 1),
                Box(middle, top, width - middle, bottom - top + 1),
            )
        split = top + round((bottom - top) * 0.6)
        return (
            Box(0, top, width, split - top + 1),
            Box(0, split, width, bottom - split + 1),
        )
