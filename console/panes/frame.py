"""The lines between the panes: one lattice with real joints, the panes' titles on it."""

from itertools import groupby

from rich.segment import Segment
from textual import events
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.panes.boxes import BOXES, Joint
from console.panes.layout import Box
from console.panes.look import look_of
from console.panes.strips import shown, strip_of
from console.view.line import Piece


class Label:
    """A text on the upper border of a box, and which pane a click on it asks for."""

    __slots__ = ("pane", "pieces", "x", "y")

    def __init__(self, x: int, y: int, pieces: tuple[Piece, ...], pane: str) -> None:
        self.x, self.y, self.pieces, self.pane = x, y, pieces, pane

    @property
    def width(self) -> int:
        """In cells."""
        return strip_width(self.pieces)


def strip_width(pieces: tuple[Piece, ...]) -> int:
    """How many cells pieces take."""
    return sum(Segment(shown(piece.text)).cell_length for piece in pieces)


class Frame(Widget):
    """Draws boxes that share borders; lies under the panes."""

    class Asked(Message):
        """A click on a pane's title."""

        def __init__(self, pane: str) -> None:
            super().__init__()
            self.pane = pane

    def __init__(self) -> None:
        super().__init__(id="frame")
        self._joints: dict[tuple[int, int], Joint] = {}
        self._lit: set[tuple[int, int]] = set()
        """The cells of the focused pane's outline."""
        self._labels: dict[int, list[Label]] = {}
        self._cache: dict[int, Strip] = {}
        self._drawn: tuple[list[Box], Box | None, Size, str] | None = None

    def draw(self, boxes: list[Box], focused: Box | None, labels: list[Label]) -> None:
        """Show these boxes and labels; `focused` is drawn in the accent's colour."""
        by_row: dict[int, list[Label]] = {}
        for label in sorted(labels, key=lambda label: label.x):
            by_row.setdefault(label.y, []).append(label)
        before, self._labels = self._labels, by_row
        wanted = (boxes, focused, self.size, look_of(self).name)
        if wanted == self._drawn:
            # A subtitle that counts must not have the whole screen drawn anew.
            self._relabel(before)
            return
        self._drawn = wanted
        joints: dict[tuple[int, int], Joint] = {}
        for box in boxes:
            _outline(joints, box)
        lit: dict[tuple[int, int], Joint] = {}
        if focused is not None:
            _outline(lit, focused)
        self._joints, self._lit = joints, set(lit)
        self._cache.clear()
        self.refresh()

    def _relabel(self, before: dict[int, list[Label]]) -> None:
        for row in before.keys() | self._labels.keys():
            old, new = before.get(row, []), self._labels.get(row, [])
            if [(one.x, one.pieces) for one in old] != [(one.x, one.pieces) for one in new]:
                self._cache.pop(row, None)
                self.refresh(Region(0, row - self.region.y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """One row of the lattice with the labels on it."""
        row = y + self.region.y
        if row not in self._cache:
            self._cache[row] = self._row(row)
        return self._cache[row].apply_style(self.rich_style)

    def _row(self, y: int) -> Strip:
        segments: list[Segment] = []
        x = 0
        for label in self._labels.get(y, []):
            segments.extend(self._lines(y, x, label.x))
            segments.extend(strip_of(look_of(self), *label.pieces))
            x = max(x, label.x) + label.width
        segments.extend(self._lines(y, x, self.size.width))
        return Strip(segments).simplify()

    def _lines(self, y: int, start: int, stop: int) -> list[Segment]:
        look = look_of(self)
        plain, lit = look.style("rule"), look.style("accent")
        empty = Joint()
        return [
            Segment(
                "".join(BOXES[self._joints.get(at, empty)] for at in cells), lit if on else plain
            )
            for on, cells in groupby(((x, y) for x in range(start, stop)), self._lit.__contains__)
        ]

    def on_click(self, event: events.Click) -> None:
        """Ask for the pane whose title was clicked."""
        for label in self._labels.get(event.y + self.region.y, []):
            if label.pane and label.x <= event.x < label.x + label.width:
                self.post_message(self.Asked(label.pane))


def _outline(joints: dict[tuple[int, int], Joint], box: Box) -> None:
    def add(x: int, y: int, joint: Joint) -> None:
        joints[x, y] = joints.get((x, y), Joint()).joined(joint)

    across, along = Joint(left=True, right=True), Joint(up=True, down=True)
    for x in range(box.x + 1, box.right):
        add(x, box.y, across)
        add(x, box.bottom, across)
    for y in range(box.y + 1, box.bottom):
        add(box.x, y, along)
        add(box.right, y, along)
    add(box.x, box.y, Joint(right=True, down=True))
    add(box.right, box.y, Joint(left=True, down=True))
    add(box.x, box.bottom, Joint(right=True, up=True))
    add(box.right, box.bottom, Joint(left=True, up=True))
