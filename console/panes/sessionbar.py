"""The two lines above the list of sessions: what is shown, and the filter."""

from rich.cells import cell_len
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from console.panes.look import look_of
from console.panes.strips import on, shown, strip_of
from console.view.line import Piece
from console.view.sessions import SessionsView
from engine.figures import number, size

EXAMPLE = "filter: outcome:drift config:operator turns>3 tag:seen and words to search for"


class SessionsHeader(Widget):
    """One row: how many sessions, how much disk, and what is the matter."""

    def __init__(self, view: SessionsView) -> None:
        super().__init__(id="header")
        self._view = view
        self._said = Piece("")

    def say(self, words: str, style: str = "note") -> None:
        """Show words at the right until others take their place."""
        self._said = Piece(words, style)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line."""
        width = self.size.width
        pieces = [Piece(" "), *header_pieces(self._view)]
        used = sum(cell_len(shown(piece.text)) for piece in pieces)
        room = width - used - 3
        if self._said.text and room > 10:
            text = shown(" ".join(self._said.text.split()))
            text = text if cell_len(text) <= room else f"{text[: room - 1]}…"
            gap = " " * (width - used - cell_len(text) - 1)
            pieces += [Piece(gap), Piece(text, self._said.style)]
        return on(strip_of(look_of(self), *pieces), width, self.rich_style)


def header_pieces(view: SessionsView) -> list[Piece]:
    """What is in the list."""
    where = "trash" if view.query.trash else "sessions"
    pieces = [Piece("driftty  ", "brand"), Piece(where, "heading")]
    if not view.loaded:
        return [*pieces, Piece("  reading…", "faint")]
    everything, trash = view.disk
    facts = [number(view.total, "session") + (" found" if view.typed else "")]
    if view.marks:
        facts.append(f"{len(view.marks)} marked")
    facts.append(f"{size(everything)} on disk")
    if trash:
        facts.append(f"{size(trash)} of it trash")
    for fact in facts:
        pieces += [Piece(" · ", "rule"), Piece(fact)]
    return pieces


class FilterInput(Input):
    """The line that filters the list."""

    def __init__(self) -> None:
        super().__init__(id="session-filter", placeholder=EXAMPLE, compact=True)
