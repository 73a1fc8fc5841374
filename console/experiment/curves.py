"""Curves over the turns of a run: shares that grow or fall, one curve a config."""

from collections.abc import Sequence
from typing import NamedTuple

from console.experiment.canvas import ACROSS, DOWN, Canvas
from console.experiment.scale import Scale, ticks
from console.view.line import Line, line

LEFT = 5
"""Cells of the numbers beside the vertical scale, its line included."""
RIGHT = 2
"""Cells for the letters of curves that go to the end."""


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
    letter_style: str = ""
    """Where it differs from the curve's."""


def plot(curves: Sequence[Curve], width: int, height: int, turns: int) -> list[Line]:
    """Curves from turn 0 to `turns`, on a scale from 0 to 1; later ones lie over earlier ones.

    The last curve that has bounds is drawn with its band.
    """
    columns, rows = max(width - LEFT - RIGHT, 8), max(height - 2, 3)
    canvas = Canvas(columns + RIGHT, rows)
    across = Scale(0, max(turns, 1), columns * ACROSS)
    up = Scale(1, 0, canvas.height)
    for curve in curves:
        if any(point.low is not None for point in curve.points):
            _band(canvas, curve, across, up)
    for curve in curves:
        _draw(canvas, curve, across, up)
    _write_letters(canvas, curves, across, up)
    found = [
        line((_beside(row, rows), "faint"), *pieces) for row, pieces in enumerate(canvas.drawn())
    ]
    marks = tuple(float(turn) for turn in range(turns + 1))
    words = ticks(Scale(0, max(turns, 1), columns), marks, tuple(f"{turn:.0f}" for turn in marks))
    found.append(line((" " * (LEFT - 1) + "└" + "─" * columns, "rule")))
    found.append(line((f"{'turn':<{LEFT}}{words}", "faint")))
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


def _write_letters(canvas: Canvas, curves: Sequence[Curve], across: Scale, up: Scale) -> None:
    """A letter after each curve's last point; those that would meet are moved up or down."""
    taken: set[tuple[int, int]] = set()
    ended = [curve for curve in curves if curve.points and curve.letter]
    for curve in sorted(ended, key=lambda curve: -curve.points[-1].at):
        last = curve.points[-1]
        column = across.at(last.turn) // ACROSS + 1
        row = up.at(last.at) // DOWN
        free = [each for each in range(canvas.rows) if (column, each) not in taken]
        if free:
            row = min(free, key=lambda each: (abs(each - row), each))
            taken.add((column, row))
            canvas.write(column, row, curve.letter, curve.letter_style or curve.style)


def _beside(row: int, rows: int) -> str:
    words = {0: "1", rows - 1: "0", (rows - 1) // 2: ".5"}
    return f"{words.get(row, ''):>{LEFT - 1}}{'┤' if row in words else '│'}"
