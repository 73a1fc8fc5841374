"""The table of sessions: a cursor over rows that are read when they come into view."""

from collections.abc import Callable, Sequence

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.panes.look import look_of
from console.panes.rows import RowsPane
from console.panes.strips import on, strip_of
from console.view.line import Piece
from console.view.sessionrow import Fitted, column_at, columns, heading, row_pieces
from console.view.sessions import SessionsView
from sessions.listing import Key
from sessions.summary import Column


class SessionTable(RowsPane):
    """One row a session, of however many; only those in view are drawn."""

    NAME = "SESSIONS"
    HELP = """\
Every run that was recorded, the newest first; the runs of an experiment are folded under one row.

- `Enter` plays a session back, or opens an experiment; `→` and `←` show its runs or fold them
- `/` filters: `outcome:drift config:operator turns>3 -tag:seen` and words to search for in commands, \
output and reasoning; fields are outcome, config, model, task, drift, drift-turn, turns, tokens, \
events, length, size, when, age, tag, note, id, experiment, parent, change, why, rng, temperature, \
channel
- `field:text` is in it, `field=text` is it, `turns:2..5` a range, `tag:*` any, `-` in front: not
- `space` marks, and what is done then is done to all that are marked; `Enter` compares two
- what is deleted lies in the trash: `u` brings it back, `T` shows what is there
- `✓` clean, `▲` drift, `◐` no exit, `✗` fault, `■` stopped, `⊘` interrupted, `●` being recorded
"""

    class Moved(Message):
        """The cursor is on another row."""

    class Opened(Message):
        """The row under the cursor is wanted."""

    def __init__(self, view: SessionsView, ask: Callable[[Sequence[Key]], None]) -> None:
        """`ask` is told which rows are missing."""
        super().__init__(id="session-table")
        self.following = False
        self._view = view
        self._ask = ask
        self._seen = -1
        self._fitted: list[Fitted] = []
        self._drawn: dict[int, Strip] = {}
        """Rows as they were drawn last: one step of a scroll draws all that are in view again."""

    @property
    def fitted(self) -> list[Fitted]:
        """The columns there is room for."""
        return self._fitted

    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._view.keys)

    def row(self, number: int) -> Strip:
        """A row as drawn."""
        if number != self._view.cursor:
            if number not in self._drawn:
                self._drawn[number] = strip_of(self.look, *self._pieces(number))
            return self._drawn[number]
        strip = strip_of(self.look, *self._pieces(number))
        style = self.look.style("row-cursor")
        strip = strip.adjust_cell_length(self.width)
        return Strip(Segment(one.text, (one.style or Style.null()) + style) for one in strip)

    def row_text(self, number: int) -> str:
        """A row's text as drawn."""
        return "".join(piece.text for piece in self._pieces(number)).rstrip()

    def sync(self) -> None:
        """Take in what changed."""
        if self._view.version == self._seen and self._fitted:
            return
        self._seen = self._view.version
        self._drawn.clear()
        self._fitted = columns(self.width, self._view.order.column, tagged=self._view.tagged)
        size = Size(self.width, self.row_count())
        if size != self.virtual_size:
            self.virtual_size = size
        self.refresh()
        self._want()

    def restyle(self) -> None:
        """Draw everything anew, in another theme."""
        self._drawn.clear()
        super().restyle()

    def follow(self) -> None:
        """A table has no tail."""

    def on_resize(self, event: events.Resize) -> None:
        """Fit the columns anew."""
        self._seen = -1
        self.sync()
        self.reveal()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Read what comes into view."""
        super().watch_scroll_y(old_value, new_value)
        self._want()

    def reveal(self) -> None:
        """Scroll so that the cursor is in view."""
        top, height = self.scroll_offset.y, max(1, self.size.height)
        at = self._view.cursor
        if at < top:
            self.scroll_to(y=at, animate=False, force=True)
        elif at >= top + height:
            self.scroll_to(y=at - height + 1, animate=False, force=True)

    def move(self, to: int) -> None:
        """Put the cursor on a row and show it."""
        self.sync()
        before = self._view.cursor
        self._view.move(to)
        # Two rows look different now, and no others.
        self._seen = self._view.version
        for number in (before, self._view.cursor):
            self.refresh_line(number)
        self.reveal()
        if self._view.cursor != before:
            self.post_message(self.Moved())

    def action_scroll_up(self) -> None:
        """The row above."""
        self.move(self._view.cursor - 1)

    def action_scroll_down(self) -> None:
        """The row below."""
        self.move(self._view.cursor + 1)

    def action_page_up(self) -> None:
        """A page up."""
        self.move(self._view.cursor - max(1, self.size.height - 1))

    def action_page_down(self) -> None:
        """A page down."""
        self.move(self._view.cursor + max(1, self.size.height - 1))

    def action_scroll_home(self) -> None:
        """The first row."""
        self.move(0)

    def action_scroll_end(self) -> None:
        """The last row."""
        self.move(self.row_count() - 1)

    def action_top(self) -> None:
        """The first row."""
        self.move(0)

    def action_tail(self) -> None:
        """The last row."""
        self.move(self.row_count() - 1)

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens."""
        number = self.scroll_offset.y + event.get_content_offset_capture(self).y
        if number >= self.row_count():
            return
        self.move(number)
        if event.chain == 2:
            self.post_message(self.Opened())

    def _pieces(self, number: int) -> list[Piece]:
        view = self._view
        key = view.keys[number]
        if key.kind == "heading":
            words = " shipped with driftty "
            return [Piece("──", "rule"), Piece(words, "rule-label"),
                    Piece("─" * max(0, self.width - 2 - len(words)), "rule")]  # fmt: skip
        unfolded = key.number in view.unfolded
        pieces = row_pieces(
            key, view.rows.get(key), self._fitted, marked=key in view.marks, unfolded=unfolded
        )
        if number == view.cursor:
            pieces[0] = Piece("› ", "accent")
        return pieces

    def _want(self) -> None:
        self._view.top = self.scroll_offset.y
        missing = self._view.wanted(self._view.top, self.size.height)
        if missing:
            self._ask(missing)


class SessionHeading(Widget):
    """The names of the columns; a click on one sorts by it."""

    class Sorted(Message):
        """A column was clicked."""

        def __init__(self, column: Column) -> None:
            super().__init__()
            self.column: Column = column

    def __init__(self, view: SessionsView, table: SessionTable) -> None:
        super().__init__(id="session-heading")
        self._view, self._table = view, table

    def render_line(self, y: int) -> Strip:
        """The one line."""
        pieces = heading(self._table.fitted, self._view.order)
        return on(strip_of(look_of(self), *pieces), self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """Sort by the column."""
        column = column_at(self._table.fitted, event.x)
        if column is not None:
            self.post_message(self.Sorted(column))
