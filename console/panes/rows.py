"""A pane of rows: drawn line by line, following its tail, searched, selected and copied.

What a row is, its subclasses know. No widget stands for a row or a token: `render_line` asks for the
rows in view and nothing else.
"""

from collections.abc import Iterable

from rich.style import Style
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.selection import Selection
from textual.strip import Strip

from console.appearance import Appearance
from console.keymap import bindings
from console.panes.look import app_of, look_of
from console.panes.scrolling import ScrollsAtOnce
from console.panes.strips import on
from console.view.line import Piece


class RowsPane(ScrollsAtOnce, can_focus=True):
    """Rows with a tail to follow. Subclasses give `row_count`, `row` and `row_text`."""

    BINDINGS = bindings("pane")
    ALLOW_MAXIMIZE = False
    NAME = ""
    """What the pane's title says."""
    badge = ""
    """Stands before the name where several panes share a box, to be seen while another is in front."""
    HELP = ""
    """What the pane shows and what its keys do, for a person, in Markdown."""

    class Retitled(Message):
        """The pane's title or subtitle changed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # Textual's word for it
        super().__init__(id=id)
        self.found = ""
        """What is searched for, in lower case; empty for nothing."""
        self._hit = -1
        self.following = True
        """Whether the last row is kept in view; a person who scrolls up stays where they are."""
        self._moving = False
        self._base: Style | None = None
        """Under every row, while rows are drawn: to find it out takes as long as to draw one."""
        self._subtitle: tuple[Piece, ...] = ()

    @property
    def look(self) -> Appearance:
        """The theme in use."""
        return look_of(self)

    def row_count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def row(self, number: int) -> Strip:
        """A row as drawn, without base style, of any length."""
        raise NotImplementedError

    def row_text(self, number: int) -> str:
        """A row's text as drawn."""
        raise NotImplementedError

    def sync(self) -> None:
        """Take in what changed in the view since the last frame; called at most once a frame."""
        raise NotImplementedError

    def restyle(self) -> None:
        """Draw everything anew, in another theme."""
        self.refresh()

    @property
    def label(self) -> tuple[Piece, ...]:
        """The title, to be drawn on the pane's frame."""
        return (self.name_piece,)

    @property
    def name_piece(self) -> Piece:
        """The pane's name, marked where it has the focus."""
        if self.has_focus:
            return Piece(f" {self.NAME} ", "title-focused")
        return Piece(f" {self.NAME} ", "title")

    @property
    def subtitle(self) -> tuple[Piece, ...]:
        """What stands at the right of the title."""
        return self._subtitle

    @subtitle.setter
    def subtitle(self, pieces: Iterable[Piece]) -> None:
        if (new := tuple(pieces)) != self._subtitle:
            self._subtitle = new
            self.post_message(self.Retitled())

    @property
    def width(self) -> int:
        """Cells a row has."""
        return max(1, self.scrollable_content_region.width)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow from now on if the person came to the last row, or no longer."""
        super().watch_scroll_y(old_value, new_value)
        if not self._moving:
            self.following = new_value >= self.max_scroll_y

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """A scroll bar that was not there has missed where one scrolled to."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y

    def recount(self, width: int) -> None:
        """Tell the scroll bars how many rows there are, of how many cells; stay at the tail."""
        self._moving = True
        self.virtual_size = Size(width, self.row_count())
        self._moving = False
        self.follow()

    def follow(self) -> None:
        """Go to the last row, if it is followed."""
        if self.following:
            self._moving = True
            # Forced, because the scroll bar that would allow it comes with the next layout.
            self.scroll_to(y=self.max_scroll_y, animate=False, force=True)
            self._moving = False

    def on_resize(self, event: events.Resize) -> None:
        """Keep the last row in view."""
        self.follow()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Rows of what is in view."""
        self._base = self.rich_style
        strips: list[Strip] = super().render_lines(crop)
        self._base = None
        return strips

    def render_line(self, y: int) -> Strip:
        """One row of what is in view."""
        scroll_x, scroll_y = self.scroll_offset
        width = self.size.width
        number = scroll_y + y
        base = self._base or self.rich_style
        if number >= self.row_count():
            return Strip.blank(width, base)
        strip = self._marked(number, self.row(number))
        if scroll_x:
            strip = strip.crop(scroll_x)
        return on(strip, width, base).apply_offsets(scroll_x, number)

    def _marked(self, number: int, strip: Strip) -> Strip:
        """A row with what was found and what is selected made visible."""
        spans: list[tuple[int, int, Style]] = []
        if self.found:
            text = self.row_text(number).lower()
            style = self.look.style("found-current" if number == self._hit else "found")
            at = text.find(self.found)
            while at >= 0:
                spans.append((at, at + len(self.found), style))
                at = text.find(self.found, at + len(self.found))
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(number)) is not None:
            start, stop = span
            end = strip.cell_length if stop == -1 else min(stop, strip.cell_length)
            spans.append((start, end, self.screen.get_component_rich_style("screen--selection")))
        for start, stop, style in spans:
            strip = _styled(strip, start, stop, style)
        return strip

    def selection_updated(self, selection: Selection | None) -> None:
        """Show the selection."""
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text, as drawn."""
        return selection.extract(self.all_text()), "\n"

    def all_text(self) -> str:
        """Every row's text."""
        return "\n".join(self.row_text(number) for number in range(self.row_count()))

    def search(self, text: str, *, backwards: bool = False, again: bool = False) -> bool:
        """Show where a text occurs, and go to the next row that has it; whether one has.

        The first search starts at the rows in view, `again` after the last hit.
        """
        self.found = text.lower()
        count = self.row_count()
        self.refresh()
        if not self.found or not count:
            self._hit = -1
            return False
        step = -1 if backwards else 1
        first = self._hit + step if again and self._hit >= 0 else self.scroll_offset.y
        for offset in range(count):
            number = (first + step * offset) % count
            if self.found in self.row_text(number).lower():
                self._hit = number
                self.scroll_to(y=max(0, number - self.size.height // 2), animate=False)
                return True
        self._hit = -1
        return False

    def action_copy(self) -> None:
        """Copy the selection, or everything the pane has."""
        text = self.screen.get_selected_text() or self.all_text().rstrip()
        app_of(self).copied(text)

    def action_top(self) -> None:
        """Go to the first row."""
        self.scroll_home(animate=False)

    def action_tail(self) -> None:
        """Go to the last row and follow."""
        self.following = True
        self.follow()


def _styled(strip: Strip, start: int, stop: int, style: Style) -> Strip:
    """A strip with a style over the cells `[start, stop)`."""
    length = strip.cell_length
    start, stop = max(0, start), min(stop, length)
    if start >= stop:
        return strip
    parts = strip.divide([cut for cut in (start, stop, length) if cut > 0])
    if start > 0:
        before, middle, *after = parts
        return Strip.join([before, _over(middle, style), *after])
    middle, *after = parts
    return Strip.join([_over(middle, style), *after])


def _over(strip: Strip, style: Style) -> Strip:
    return Strip(
        segment._replace(style=(segment.style or Style.null()) + style) for segment in strip
    )
