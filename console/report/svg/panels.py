"""Curves by turn in many small panels on the same scales, one for each config."""

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from console.report.svg.drawing import SMALL, Drawing, cut, folded, width_of
from console.report.svg.scale import Scale, percent, turns

Kind: TypeAlias = Literal["good", "bad"]

_WIDE, _HIGH = 170.0, 92.0
_ACROSS, _DOWN = 46.0, 80.0
"""Around a panel: left of it, and above and below it together."""
_HEAD = 44.0
_TOP = 24.0
_MOST_ACROSS = 4


class Point(msgspec.Struct, frozen=True):
    """A curve at a turn, with its band."""

    turn: int
    value: float
    low: float
    high: float


class Curve(msgspec.Struct, frozen=True):
    """One curve: a share, by turn."""

    kind: Kind
    points: tuple[Point, ...]
    steps: bool
    """Whether it jumps at turns, from 0; else its points are joined."""
    banded: bool = True
    dashed: bool = False


class Small(msgspec.Struct, frozen=True):
    """A panel."""

    title: str
    note: str
    """Such as how many runs it shows."""
    curves: tuple[Curve, ...]


def small_panels(
    smalls: Sequence[Small],
    legend: Sequence[tuple[Kind, bool, str]],
    *,
    up: str,
    title: str,
    description: str,
) -> Drawing:
    """The panels, four across at most; `legend`: kind, whether dashed, and what it is.

    `up`: what the vertical axis is in per cent of.
    """
    across = min(_MOST_ACROSS, max(1, len(smalls)))
    down = -(-len(smalls) // across)
    last = max(
        (point.turn for small in smalls for curve in small.curves for point in curve.points),
        default=1,
    )
    drawing = Drawing(
        max(across * (_WIDE + _ACROSS), sum(width_of(said) + 60 for _, _, said in legend)),
        _TOP + down * (_HIGH + _DOWN) + 18,
        title=title,
        description=description,
    )
    _key(drawing, legend)
    for at, small in enumerate(smalls):
        x = (at % across) * (_WIDE + _ACROSS) + _ACROSS - 10
        y = _TOP + (at // across) * (_HIGH + _DOWN) + _HEAD
        _small(drawing, small, Scale(0, last + 0.5, x, x + _WIDE), Scale(0, 1, y + _HIGH, y))
    drawing.text(
        _ACROSS - 10, drawing.height - 6, f"across: turn · up: {up}, per cent", "small quiet"
    )
    return drawing


def _key(drawing: Drawing, legend: Sequence[tuple[Kind, bool, str]]) -> None:
    x = _ACROSS - 10
    for kind, dashed, said in legend:
        drawing.line(x, 12, x + 28, 12, f"line {kind}{' dashed' if dashed else ''}")
        drawing.text(x + 34, 16, said)
        x += width_of(said) + 60


def _small(drawing: Drawing, small: Small, across: Scale, up: Scale) -> None:
    room = across.end - across.start
    title = folded(small.title, room, SMALL)
    for at, said in enumerate(reversed(title)):
        drawing.text(across.start, up.end - 18 - 12 * at, said, "small strong")
    drawing.text(across.start, up.end - 5, cut(small.note, room, SMALL), "small quiet")
    for share in (0.0, 0.5, 1.0):
        drawing.line(across.start, up(share), across.end, up(share), "rule")
        drawing.text(across.start - 5, up(share) + 4, percent(share), "small quiet", "end")
    for turn in turns(int(across.high)):
        drawing.text(across(turn), up.start + 14, str(turn), "small quiet", "middle")
    for curve in small.curves:
        if curve.banded:
            drawing.polygon(_band(curve, across, up), f"band-{curve.kind}")
    for curve in small.curves:
        dashed = " dashed" if curve.dashed else ""
        joined = _stepped if curve.steps else _joined
        points = joined([(point.turn, point.value) for point in curve.points], across, up)
        drawing.polyline(points, f"line {curve.kind}{dashed}")
        if len(points) == 1:
            drawing.circle(*points[0], 3, f"full-{curve.kind}")


def _band(curve: Curve, across: Scale, up: Scale) -> list[tuple[float, float]]:
    joined = _stepped if curve.steps else _joined
    above = joined([(point.turn, point.high) for point in curve.points], across, up)
    below = joined([(point.turn, point.low) for point in curve.points], across, up)
    return [*above, *reversed(below)]


def _stepped(
    values: Sequence[tuple[int, float]], across: Scale, up: Scale
) -> list[tuple[float, float]]:
    """From nothing at the start; a turn's value holds from that turn on."""
    found = [(across(0), up(0.0))] if values else []
    for turn, value in values:
        found += [(across(turn), found[-1][1]), (across(turn), up(value))]
    # Where nobody is left at risk nothing changes any more.
    return [*found, (across.end, found[-1][1])] if found else found


def _joined(
    values: Sequence[tuple[int, float]], across: Scale, up: Scale
) -> list[tuple[float, float]]:
    return [(across(turn), up(value)) for turn, value in values]
