"""Curves over the turns of a run: shares that grow or fall, one curve a config."""

from collections.abc import Sequence
from typing import NamedTuple

from console.experiment.canvas import DOWN, Canvas
from console.experiment.scale import Scale, ticks
from console.view.line import Line, Piece, line

LEFT = 4
"""Cells of the numbers beside the vertical scale, its line included."""
RIGHT = 2
"""Cells for the letters at the curves' ends."""


class Point(NamedTuple):
    """A share at a turn, with its bounds where they are drawn."""

    turn: int
    at: float
    low: float | None = None
    high: float | None = None


class Curve(NamedTuple):
    """One line of the plot."""

    letter: str
    style: str
    points: tuple[Point, ...]
    steps: bool = True
    """Whether the share stays as it is until the next turn, or goes there straight."""
    dotted: bool = False


def plot(curves: Sequence[Curve], width: int, height: int, turns: int) -> list[Line]:
    """Curves from turn 0 to `turns`, on a scale from 0 to 1; later ones lie over earlier ones.

    The last curve that has bounds is drawn with its band.
    """
    canvas = Canvas(max(width - LEFT - RIGHT, 8), max(height - 2, 3))
    across = Scale(0, max(turns, 1), canvas.width)
    up = Scale(1, 0, canvas.height)
    for curve in curves:
        if any(point.low is not None for point in curve.points):
            _band(canvas, curve, across, up)
    for curve in curves:
        _draw(canvas, curve, across, up)
    ends = _ends(curves, canvas, up)
    found = []
    for row, pieces in enumerate(canvas.drawn()):
        found.append(line((_beside(row, canvas.rows), "faint"), *pieces, *ends.get(row, ())))
    cells = Scale(0, max(turns, 1), canvas.columns)
    marks = tuple(float(turn) for turn in range(turns + 1))
    found.append(line((" " * (LEFT - 1) + "└" + "─" * canvas.columns, "rule")))
    words = ticks(cells, marks, tuple(f"{turn:.0f}" for turn in marks))
    found.append(line((" " * LEFT + words.rstrip(), "faint"), ("  turn", "faint")))
    return found


def beneath(label: str, counts: Sequence[int], width: int, turns: int) -> Line:
    """Counts of the turns from the first, each under its turn of a plot of this width."""
    scale = Scale(0, max(turns, 1), max(width - LEFT - RIGHT, 8))
    values = tuple(float(turn) for turn in range(1, len(counts) + 1))
    row = ticks(scale, values, tuple(map(str, counts)))
    room = LEFT + scale.at(1) - 2
    return line(
        (f"{label[:room]:<{LEFT}}", "faint"), (row[max(len(label[:room]) - LEFT, 0) :], "text")
    )


def _draw(canvas: Canvas, curve: Curve, across: Scale, up: Scale) -> None:
    if not curve.points:
        return
    first, *others = curve.points
    x, y = across.at(first.turn), up.at(first.at)
    canvas.dot(x, y, curve.style)
    for point in others:
        to_x, to_y = across.at(point.turn), up.at(point.at)
        if curve.dotted:
            for step in range(x, to_x, 3):
                canvas.dot(step, y, curve.style)
            canvas.dot(to_x, to_y, curve.style)
        elif curve.steps:
            canvas.line(x, y, to_x, y, curve.style)
            canvas.line(to_x, y, to_x, to_y, curve.style)
        else:
            canvas.line(x, y, to_x, to_y, curve.style)
        x, y = to_x, to_y


def _band(canvas: Canvas, curve: Curve, across: Scale, up: Scale) -> None:
    """The bounds, stippled; between two turns they go as the curve does."""
    for before, point in zip(curve.points, curve.points[1:], strict=False):
        start, stop = across.at(before.turn), across.at(point.turn)
        for x in range(start, stop + 1):
            share = 0.0 if curve.steps else (x - start) / max(stop - start, 1)
            low = _between(before.low, point.low, share)
            high = _between(before.high, point.high, share)
            if low is not None and high is not None:
                canvas.stipple(x, x, up.at(high), up.at(low), "band")


def _between(before: float | None, after: float | None, share: float) -> float | None:
    if before is None or after is None:
        return before
    return before + (after - before) * share


def _ends(curves: Sequence[Curve], canvas: Canvas, up: Scale) -> dict[int, tuple[Piece, ...]]:
    """The letters beside the curves' last points, by row; those that meet are moved apart."""
    wanted = sorted(
        (up.at(curve.points[-1].at) // DOWN, curve.letter, curve.style)
        for curve in curves
        if curve.points and curve.letter
    )
    taken: dict[int, tuple[Piece, ...]] = {}
    for row, letter, style in wanted:
        free = min(
            (each for each in range(canvas.rows) if each not in taken),
            key=lambda each: (abs(each - row), each),
            default=None,
        )
        if free is not None:
            taken[free] = (Piece(" ", style), Piece(letter, style))
    return taken


def _beside(row: int, rows: int) -> str:
    words = {0: "  1", rows - 1: "  0", (rows - 1) // 2: " .5"}
    return f"{words.get(row, '   ') if rows > 2 else '   '}{'┤' if row in words else '│'}"
