"""Estimates with their intervals, a row each, in one panel or several side by side.

Where rows are configs, the elements that are on stand as full dots beside their names.
"""

from collections.abc import Sequence

import msgspec

from console.report.svg.drawing import SMALL, Drawing, cut, width_of
from console.report.svg.scale import Scale
from console.report.svg.switches import DOT, draw_dots, draw_heads, head_height, overhang

ROW = 22.0
_LEFT = 4.0
_GAP = 26.0
_MOST_LABEL = 300.0


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A value with its interval."""

    value: float | None
    low: float
    high: float
    wider: tuple[float, float] | None = None
    """Bounds that leave room for more errors; drawn thin."""
    sure: bool = True
    """Drawn full; else hollow."""
    words: str
    """The same in figures."""


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the plot."""

    label: str
    strong: bool = False
    """A heading, or what to look at first."""
    switches: tuple[bool | None, ...] = ()
    """One for each of the plot's columns: on, off, or none to have."""
    estimates: tuple[Estimate | None, ...] = ()
    """One for each panel."""


class Panel(msgspec.Struct, frozen=True, kw_only=True):
    """A scale that all rows share."""

    title: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    nought: float | None = None
    """Where no difference is."""
    width: float = 170.0


def forest(
    rows: Sequence[Row],
    panels: Sequence[Panel],
    *,
    title: str,
    description: str,
    columns: Sequence[str] = (),
) -> Drawing:
    """The plot; `columns`: what the rows' switches are of."""
    label = min(max((width_of(row.label) for row in rows), default=0.0), _MOST_LABEL)
    dots = _LEFT + label + 14
    left = dots + len(columns) * DOT + (10 if columns else 0)
    figures = [
        max((width_of(_words(row, at), SMALL) for row in rows), default=0.0) + 10
        for at in range(len(panels))
    ]
    top = max(26.0, head_height(columns))
    width = left + sum(
        panel.width + room + _GAP for panel, room in zip(panels, figures, strict=True)
    )
    bottom = top + len(rows) * ROW
    drawing = Drawing(
        max(width, left + overhang(columns)), bottom + 26, title=title, description=description
    )
    draw_heads(drawing, columns, dots, top - 8)
    for at, row in enumerate(rows):
        y = top + (at + 0.5) * ROW
        drawing.text(_LEFT, y + 4, cut(row.label, label), "strong" if row.strong else "")
        draw_dots(drawing, row.switches, dots, y)
    x = left
    for at, (panel, room) in enumerate(zip(panels, figures, strict=True)):
        _panel(drawing, panel, rows, at, Scale(panel.low, panel.high, x, x + panel.width), top)
        x += panel.width + room + _GAP
    return drawing


def _words(row: Row, panel: int) -> str:
    estimate = row.estimates[panel] if panel < len(row.estimates) else None
    return estimate.words if estimate is not None else ""


def _panel(
    drawing: Drawing, panel: Panel, rows: Sequence[Row], at: int, scale: Scale, top: float
) -> None:
    bottom = top + len(rows) * ROW
    drawing.text(scale.start, top - 8, panel.title, "strong")
    for value, said in panel.ticks:
        drawing.line(scale(value), top, scale(value), bottom, "rule")
        drawing.text(scale(value), bottom + 16, said, "small quiet", "middle")
    if panel.nought is not None:
        drawing.line(scale(panel.nought), top, scale(panel.nought), bottom, "nought")
    drawing.line(scale.start, bottom, scale.end, bottom, "axis")
    for row_at, row in enumerate(rows):
        estimate = row.estimates[at] if at < len(row.estimates) else None
        if estimate is None:
            continue
        y = top + (row_at + 0.5) * ROW
        if estimate.wider is not None:
            low, high = estimate.wider
            drawing.line(scale(low), y, scale(high), y, "open thin")
        drawing.line(scale(estimate.low), y, scale(estimate.high), y, "line good")
        if estimate.value is not None:
            kind = "full-good" if estimate.sure else "hollow good"
            drawing.circle(scale(estimate.value), y, 4.5 if estimate.sure else 4, kind)
        drawing.text(scale.end + 10, y + 4, estimate.words, "small")
