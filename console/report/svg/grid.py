"""Every run as a cell, in the order of the plan: rows of configs, a block for each task."""

from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias

import msgspec

from console.report.svg.drawing import SMALL, Drawing, cut, width_of
from console.report.svg.switches import DOT, draw_dots, draw_heads, head_height

Mark: TypeAlias = Literal["clean", "no-exit", "drift", "fault", "missing"]

_MARKS: dict[Mark, str] = {
    "clean": "full-good",
    "no-exit": "line open",
    "drift": "line bad",
    "fault": "line broke",
    "missing": "off",
}
_WORDS: dict[Mark, str] = {
    "clean": "clean",
    "no-exit": "no exit",
    "drift": "drift",
    "fault": "fault",
    "missing": "not run",
}
_LARGEST, _SMALLEST = 13.0, 4.0
_ROOM = 960.0
_MOST_LABEL = 290.0
_GAP = 14.0
_MOST_LINES = 8
_KEY = 24.0
"""What the key above takes."""
_LEFT = 4.0


class Lane(msgspec.Struct, frozen=True):
    """A config's runs: for each task, in planned order."""

    label: str
    switches: tuple[bool | None, ...]
    """One for each of the grid's columns: on, off, or none to have."""
    blocks: tuple[tuple[Mark, ...], ...]


def run_grid(
    lanes: Sequence[Lane],
    tasks: Sequence[str],
    columns: Sequence[str],
    *,
    title: str,
    description: str,
) -> Drawing:
    """The grid; cells shrink, and a block takes several lines, so that any number of runs fits.

    `columns`: what the lanes' switches are of.
    """
    label = min(max((width_of(lane.label) for lane in lanes), default=0.0), _MOST_LABEL)
    left = _LEFT + label + 14 + len(columns) * DOT + (10 if columns else 0)
    block = (_ROOM - left) / max(len(tasks), 1) - _GAP
    most = max((len(each) for lane in lanes for each in lane.blocks), default=1)
    size, across = _fitting(most, block)
    lines = -(-most // across)
    high = max(lines * size, 14.0) + 6
    top = _KEY + max(20.0, head_height(columns))
    drawing = Drawing(_ROOM, top + len(lanes) * high + 6, title=title, description=description)
    _key(drawing)
    draw_heads(drawing, columns, _LEFT + label + 14, top - 8)
    for at, task in enumerate(tasks):
        drawing.text(left + at * (block + _GAP), top - 8, cut(task, block, SMALL), "small quiet")
    for row, lane in enumerate(lanes):
        y = top + row * high
        middle = y + min(high - 6, 14) / 2
        drawing.text(_LEFT, middle + 4, cut(lane.label, label))
        draw_dots(drawing, lane.switches, _LEFT + label + 14, middle)
        places: dict[Mark, list[tuple[float, float]]] = {mark: [] for mark in _MARKS}
        for at, marks in enumerate(lane.blocks):
            x = left + at * (block + _GAP)
            for place, mark in enumerate(marks):
                places[mark].append((x + place % across * size, y + place // across * size))
        for mark, kind in _MARKS.items():
            drawing.path((_SHAPES[mark](x, y, size) for x, y in places[mark]), kind)
    return drawing


def _fitting(most: int, room: float) -> tuple[float, int]:
    """The largest cells with which so many are in few lines, and how many are in a line."""
    size = _LARGEST
    while size > _SMALLEST and -(-most // max(1, int(room / size))) > _MOST_LINES:
        size -= 0.5
    return size, max(1, int(room / size))


def _key(drawing: Drawing) -> None:
    x = _LEFT
    for mark, kind in _MARKS.items():
        drawing.path((_SHAPES[mark](x, 4.0, _LARGEST),), kind)
        drawing.text(x + _LARGEST + 5, 15, _WORDS[mark])
        x += width_of(_WORDS[mark]) + _LARGEST + 26


def _square(x: float, y: float, size: float) -> str:
    side = size - max(1.5, size * 0.2)
    return f"M{x:.1f} {y:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z"


def _hollow(x: float, y: float, size: float) -> str:
    side = size - max(1.5, size * 0.2) - 2
    return f"M{x + 1:.1f} {y + 1:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z"


def _cross(x: float, y: float, size: float) -> str:
    side = size - max(1.5, size * 0.2) - 2
    return (
        f"M{x + 1:.1f} {y + 1:.1f}l{side:.1f} {side:.1f}"
        f"M{x + 1 + side:.1f} {y + 1:.1f}l{-side:.1f} {side:.1f}"
    )


def _triangle(x: float, y: float, size: float) -> str:
    side = size - max(1.5, size * 0.2) - 2
    return f"M{x + 1:.1f} {y + 1 + side:.1f}h{side:.1f}l{-side / 2:.1f} {-side:.1f}z"


def _dot(x: float, y: float, size: float) -> str:
    side = max(size / 4, 1.0)
    return (
        f"M{x + size / 2 - side:.1f} {y + size / 2 - side:.1f}h{side:.1f}v{side:.1f}h{-side:.1f}z"
    )


_SHAPES: dict[Mark, Callable[[float, float, float], str]] = {
    "clean": _square,
    "no-exit": _hollow,
    "drift": _cross,
    "fault": _triangle,
    "missing": _dot,
}
