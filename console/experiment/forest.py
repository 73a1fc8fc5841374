"""A forest plot: one interval a row, on one scale, with its numbers beside it."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len

from console.experiment.scale import Scale, axis, ticks, whisker
from console.view.line import Line, Piece, line

NARROWEST = 16
"""Cells of the scale; with less room the words beside it are left out."""
WIDEST = 72
LABEL = 24
"""Cells that a label may take whatever is left for the scale."""


class Estimate(NamedTuple):
    """One row. Without a `low` there is nothing to draw, and the words say why."""

    label: str
    style: str
    at: float | None = None
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    """Bounds with room for something more, drawn thin outside the others."""
    wide_high: float | None = None
    words: str = ""
    sure: bool = False
    """Whether the words are a finding."""
    letter: str = ""
    """The sign of what it is of, before the label."""


class Heading(NamedTuple):
    """A row of words between estimates."""

    label: str
    style: str = "heading"


def forest(
    rows: Sequence[Estimate | Heading],
    width: int,
    *,
    low: float,
    high: float,
    marks: Sequence[tuple[float, str]],
    zero: float | None = None,
) -> list[Line]:
    """The plot's lines, its scale last.

    `marks`: numbers on the scale with their words; `zero`: one that a thin line goes down at.
    """
    estimates = [row for row in rows if isinstance(row, Estimate)]
    label = max((cell_len(row.label) + _lettered(row) for row in estimates), default=0) + 1
    label = min(label, max(width // 3, min(LABEL, width // 2)))
    words = max((cell_len(row.words) for row in estimates if row.low is not None), default=0)
    room = width - label - 1
    if room - words - 2 < NARROWEST:
        words = 0
    places = max(min(room - (words + 2 if words else 0), WIDEST), 4)
    scale = Scale(low, high, places)
    found = []
    for row in rows:
        if isinstance(row, Heading):
            found.append(line((row.label, row.style)))
        else:
            found.append(_row(row, scale, label, width, zero, show_words=bool(words)))
    values = tuple(value for value, _ in marks)
    blank = " " * label
    found.append(line((blank + axis(scale, values), "rule")))
    found.append(line((blank + ticks(scale, values, tuple(word for _, word in marks)), "faint")))
    return found


def _row(
    row: Estimate, scale: Scale, label: int, width: int, zero: float | None, *, show_words: bool
) -> Line:
    room = label - _lettered(row)
    named = (
        Piece(f"{row.letter} " if row.letter else "", row.style),
        Piece(f"{_cut(row.label, room - 1):<{room}}", "text"),
    )
    if row.low is None or row.high is None:
        return line(*named, (_cut(row.words or "–", width - label), "faint"))
    cells = [Piece(" ")] * scale.places
    if zero is not None:
        cells[scale.at(zero)] = Piece("│", "rule")
    if row.wide_low is not None and row.wide_high is not None:
        for place in range(scale.at(row.wide_low), scale.at(row.wide_high) + 1):
            cells[place] = Piece("─", row.style)
    for place, drawn in enumerate(whisker(scale, row.low, row.high)):
        if drawn != " ":
            cells[place] = Piece(drawn, row.style)
    if row.at is not None:
        cells[scale.at(row.at)] = Piece("●", row.style)
    words = (Piece(f"  {row.words}", "text" if row.sure else "faint"),) if show_words else ()
    return line(*named, *_joined(cells), *words)


def _lettered(row: Estimate) -> int:
    """Cells of the letter and the blank after it."""
    return cell_len(row.letter) + 1 if row.letter else 0


def _joined(cells: Sequence[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for cell in cells:
        if found and found[-1].style == cell.style:
            found[-1] = Piece(found[-1].text + cell.text, cell.style)
        else:
            found.append(cell)
    return found


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else f"{text[: max(cells - 1, 0)]}…"
