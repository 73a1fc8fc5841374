"""The one way from text to the terminal: lines wrapped to a width and drawn as strips.

Every segment is made here, and every text in it has been through `clean_line`: what a model, a shell
or a file says cannot reach the host terminal otherwise.
"""

from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.appearance import Appearance
from console.safe import clean_line
from console.view.line import Line, Piece

TAB = 8


def shown(text: str) -> str:
    """A text as it is drawn: one line, control characters as pictures, tabs as spaces."""
    return clean_line(text.expandtabs(TAB))


def breaks(text: str, width: int, indent: int) -> list[tuple[int, int]]:
    """Where to cut a text so that its rows fit: pairs of offsets `[start, stop)`.

    Rows after the first are `indent` cells narrower. Cuts fall after a space where there is one in
    the row, and blanks at a cut belong to the row before.
    """
    if cell_len(text) <= width:
        return [(0, len(text))]
    rows: list[tuple[int, int]] = []
    start, room = 0, width
    while start < len(text):
        stop = _fitting(text, start, max(1, room))
        if stop < len(text):
            space = text.rfind(" ", start + 1, stop + 1)
            if space > start and text[start:space].strip():
                stop = space + 1
        rows.append((start, stop))
        start, room = stop, width - indent
    return rows


def _fitting(text: str, start: int, room: int) -> int:
    """The offset up to which text fits into so many cells; always past `start`."""
    guess = text[start : start + room]
    if guess.isascii():
        return start + len(guess)
    used = 0
    for offset in range(start, len(text)):
        used += cell_len(text[offset])
        if used > room and offset > start:
            return offset
    return len(text)


class Row:
    """One row of a wrapped line: which stretch of it, and how far it is set in."""

    __slots__ = ("_strip", "indent", "line", "start", "stop")

    def __init__(self, line: Line, start: int, stop: int, indent: int) -> None:
        self.line, self.start, self.stop, self.indent = line, start, stop, indent
        self._strip: Strip | None = None

    @property
    def text(self) -> str:
        """What is drawn, without style or filler."""
        return " " * self.indent + drawn_text(self.line)[self.start : self.stop].rstrip()

    def strip(self, look: Appearance, width: int) -> Strip:
        """Drawn once and kept; whoever changes look or width makes new rows."""
        if self._strip is None:
            self._strip = self._draw(look, width)
        return self._strip

    def _draw(self, look: Appearance, width: int) -> Strip:
        segments = []
        if self.indent:
            mark = self.line.gutter or Piece("")
            segments.append(Segment(shown(mark.text), look.style(mark.style)))
            segments.append(Segment(" " * (self.indent - cell_len(mark.text))))
        offset = 0
        for piece in self.line.pieces:
            text = shown(piece.text)
            part = text[max(0, self.start - offset) : max(0, self.stop - offset)]
            if part:
                segments.append(Segment(part, look.style(piece.style)))
            offset += len(text)
        if self.line.filler and self.stop >= offset:
            used = sum(cell_len(segment.text) for segment in segments)
            last = self.line.pieces[-1].style if self.line.filler == " " else "rule"
            segments.append(Segment(self.line.filler * (width - used), look.style(last)))
        return Strip(segments)


@lru_cache(maxsize=256)
def drawn_text(line: Line) -> str:
    """A line's text as it is drawn."""
    return "".join(shown(piece.text) for piece in line.pieces)


def wrap(line: Line, width: int) -> list[Row]:
    """A line as rows of at most `width` cells."""
    indent = min(line.indent, width // 2)
    return [
        Row(line, start, stop, indent if number else 0)
        for number, (start, stop) in enumerate(breaks(drawn_text(line), width, indent))
    ]


def strip_of(look: Appearance, *pieces: tuple[str, str] | Piece) -> Strip:
    """A strip of `(text, style)` pairs that nobody wraps."""
    return Strip([Segment(shown(text), look.style(style)) for text, style in pieces])


def on(strip: Strip, width: int, base: Style) -> Strip:
    """A strip filled or cut to a width, over a base style."""
    return strip.adjust_cell_length(width).apply_style(base)
