"""The panes of the Payload screen: the tokens of a prompt, and lines about it."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from console.keymap import bindings
from console.panes.payloadrows import Manner, Row, pieces, row_of, rows
from console.panes.rows import RowsPane
from console.panes.strips import Row as LineRow
from console.panes.strips import strip_of, wrap
from console.panes.text import TextPane
from console.view.inspected import Inspected
from console.view.line import Line, line

HELP = """\
Exactly what the model was sent: the token ids of one prompt, in order, as text, and what is known \
about them.

- `▌` at the left: the tokens had their KV already and were not computed again
- every stretch is labelled with its origin: template, seed, shell, operator, person
- each turn's heading says its role, its tokens, and how many tokens a change there computes anew
- `b` shows where tokens begin, blanks as `␠` and line ends as `⏎`; `i` shows their ids
- `m` asks the model how much each turn matters: how much less likely a command is without it
- the other tabs: what differs from another prompt, the completion token by token, what is wrong
"""


class TokensPane(RowsPane):
    """A prompt token by token; rows are laid out at once and drawn when they come into view."""

    NAME = "PAYLOAD"
    HELP = HELP
    BINDINGS = bindings("payload")

    def __init__(self) -> None:
        super().__init__(id="payload")
        self.following = False
        self.manner = Manner()
        self.shown: Inspected | None = None
        self.highlight = range(0)
        """Places of tokens that are brought out."""
        self._facts: Sequence[Line] = ()
        self._notes: dict[int, str] = {}
        self._rows: list[Row | LineRow] = []
        self._cells = 0
        """The width the rows were made for."""

    def row_count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def row(self, number: int) -> Strip:
        """A row as drawn; the topmost one in view is labelled, as the first of a stretch is."""
        row = self._rows[number]
        if isinstance(row, LineRow):
            return row.strip(self.look, self._cells)
        label = row.start == 0 or number == self.scroll_offset.y
        return strip_of(self.look, *pieces(row, label, self.highlight, self.manner))

    def row_text(self, number: int) -> str:
        """A row's text as drawn, with the label of its stretch."""
        row = self._rows[number]
        if isinstance(row, LineRow):
            return row.text
        made = pieces(row, row.start == 0, range(0), self.manner)
        return "".join(piece.text for piece in made).rstrip()

    def show(
        self, shown: Inspected | None, facts: Sequence[Line], notes: dict[int, str] | None = None
    ) -> None:
        """Show a prompt, below `facts`; `notes` stand beside the headings of turns."""
        self.shown, self._facts, self._notes = shown, facts, notes or {}
        self._lay_out()

    def go(self, places: range) -> None:
        """Bring out some tokens and scroll to the first."""
        self.highlight = places
        if places:
            at = row_of(self._laid(), places.start)
            self.scroll_to(y=max(0, at - self.size.height // 3), animate=False, force=True)
        self.refresh()

    def sync(self) -> None:
        """The screen says when there is something new."""

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """The topmost row in view has a label; so the one that was topmost is drawn again."""
        super().watch_scroll_y(old_value, new_value)
        self.following = False

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new width, keeping the topmost token."""
        if self.width != self._cells and self.shown is not None:
            self._lay_out()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        self._lay_out()

    def _lay_out(self) -> None:
        place = self._top()
        self._cells = width = self.width
        self._rows = [row for one in self._facts for row in wrap(one, width)]
        if self.shown is not None:
            for row in rows(self.shown, self.manner, width, self._notes):
                self._rows.extend(wrap(row, width) if isinstance(row, Line) else (row,))
        self.recount(width)
        if place is not None:
            self.scroll_to(y=row_of(self._laid(), place), animate=False, force=True)
        self.refresh()

    def _top(self) -> int | None:
        """The token at the top; none while the facts are in view."""
        at = self.scroll_offset.y
        if at <= len(self._facts) or at >= len(self._rows):
            return None
        return next((row.place for row in self._rows[at:] if isinstance(row, Row)), None)

    def _laid(self) -> list[Row | Line]:
        return [row if isinstance(row, Row) else row.line for row in self._rows]


class AboutPane(TextPane):
    """Lines about a prompt, some of which may be chosen from."""

    NAME = "PAYLOAD"
    HELP = HELP
    BINDINGS = bindings("payload")

    class Moved(Message):
        """A person wants the next item, or the previous."""

        def __init__(self, by: int) -> None:
            super().__init__()
            self.by = by

    def __init__(self) -> None:
        super().__init__(id="payload-about")
        self.following = False
        self.items = False
        """Whether up and down go from item to item."""

    def sync(self) -> None:
        """The screen says when there is something new."""

    def tell(self, lines: Sequence[Line], top: int | None = None) -> None:
        """Show lines; `top`: which of them is to be in view."""
        self.following = False
        self.show(lines or [line("")])
        self.refresh()
        if top is not None:
            at = sum(len(wrap(one, self.width)) for one in lines[:top])
            height = max(1, self.size.height)
            if not self.scroll_offset.y <= at < self.scroll_offset.y + height - 3:
                self.scroll_to(y=max(0, at - 1), animate=False, force=True)

    def action_scroll_up(self) -> None:
        """The item above, or a row up."""
        if self.items:
            self.post_message(self.Moved(-1))
        else:
            super().action_scroll_up()

    def action_scroll_down(self) -> None:
        """The item below, or a row down."""
        if self.items:
            self.post_message(self.Moved(1))
        else:
            super().action_scroll_down()
