"""Widgets put on cells, and a frame with titles drawn around panes."""

from collections.abc import Mapping, Sequence
from typing import Any

from rich.cells import cell_len
from textual.screen import Screen
from textual.widget import Widget

from console.panes.frame import Frame, Label
from console.panes.layout import Box
from console.panes.rows import RowsPane
from console.view.line import Piece


def put(widget: Widget, x: int, y: int, width: int, height: int) -> None:
    """Give a widget its place on the screen, in cells."""
    widget.styles.offset = (x, y)
    widget.styles.width = max(1, width)
    widget.styles.height = max(1, height)


def put_in(widget: Widget, box: Box) -> None:
    """Give a pane the inside of its box; its scroll bar may touch the border."""
    put(widget, box.x + 2, box.y + 1, box.width - 3, box.bottom - box.y - 1)


def draw_frame(screen: Screen[Any], boxes: Mapping[Any, Box], sharing: Sequence[str] = ()) -> None:
    """Draw the lines around panes, by their ids, with their titles; heavy where the focus is.

    `sharing`: the panes of which one is in front of the others, in one box.
    """
    if not boxes:
        return
    labels: list[Label] = []
    for name, box in boxes.items():
        behind = sharing if name in sharing else ()
        labels += titles(
            box,
            screen.query_one(f"#{name}", RowsPane),
            [screen.query_one(f"#{each}", RowsPane) for each in behind],
        )
    heavy = boxes.get(screen.focused.id) if screen.focused is not None else None
    screen.query_one(Frame).draw(list(boxes.values()), heavy, labels)


def titles(box: Box, pane: RowsPane, behind: Sequence[RowsPane] = ()) -> list[Label]:
    """A box's title and subtitle. `behind`: all the panes that share the box, where several do."""
    left: list[Label] = []
    if behind:
        x = box.x + 2
        for each in behind:
            name = f"{each.badge}{each.NAME}"
            text = f"[{name}]" if each is pane else f" {name} "
            style = "title-focused" if each.has_focus else "title" if each is pane else "tab"
            left.append(Label(x, box.y, (Piece(text, style),), each.id or ""))
            x += len(text)
    else:
        left.append(Label(box.x + 2, box.y, pane.label, pane.id or ""))
    used = max(label.x + label.width for label in left)
    return [*left, *_subtitle(box, pane.subtitle, used)]


def _subtitle(box: Box, pieces: tuple[Piece, ...], used: int) -> list[Label]:
    """At the right, whole, or cut to what is left of the border."""
    room = box.right - 2 - used - 3
    width = sum(cell_len(piece.text) for piece in pieces)
    if not pieces or room < 4:
        return []
    if width > room:
        if len(pieces) > 1:
            return _subtitle(box, pieces[:-1], used)
        text = pieces[0].text[: room - 1] + "…"
        pieces, width = (Piece(text, pieces[0].style),), cell_len(text)
    padded = (Piece(" "), *pieces, Piece(" "))
    return [Label(box.right - 1 - width - 2, box.y, padded, "")]
