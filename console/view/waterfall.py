"""A profile drawn: one bar a turn, cut into what the time went into, and the figures beside it."""

from collections.abc import Sequence

from console.view.line import Line, Piece, line
from engine.figures import duration, number
from engine.profile import BESIDE, Profile, Slice, SliceName, Spread, sayings, spreads, title

GLYPHS: dict[SliceName, tuple[str, str]] = {
    "prefill": ("▒", "series-5"),
    "first_token": ("·", "note"),
    "decode": ("█", "series-3"),
    "route": ("▏", "series-8"),
    "exec": ("░", "series-1"),
    "observe": ("▫", "series-6"),
}
"""What a turn's time went into: glyph and style. Told apart without colour too."""

LABEL = 16
"""Cells for a turn's number and its time."""
NARROWEST = 10
"""Cells of a bar below which there is none."""

COLUMNS = (
    ("stage", 12),
    ("times", 7),
    ("total", 11),
    ("median", 10),
    ("p90", 10),
    ("p99", 10),
    ("longest", 10),
)
"""Of the figures: title and width in cells."""


def waterfall(profile: Profile, width: int) -> list[Line]:
    """A legend and one row a turn, in so many cells; the bars of all turns have one scale.

    Time in a turn that went into nothing (a person was asked) is blank.
    """
    spans = {turn: _span(profile.of(turn)) for turn in profile.turns}
    longest = max((stop - start for start, stop in spans.values()), default=0)
    cells = width - LABEL
    if not longest or cells < NARROWEST:
        return []
    legend = [Piece(" " * LABEL)]
    for name, (glyph, style) in GLYPHS.items():
        legend += [Piece(glyph, style), Piece(f" {title(name)}  ", "faint")]
    rows = [Line(tuple(legend))]
    for turn, (start, stop) in spans.items():
        label = f"{turn:>4} {duration(stop - start):>{LABEL - 7}}  "
        bar = _bar(profile.of(turn), start, longest, cells)
        rows.append(Line((Piece(label, "text"), *bar)))
    return rows


def figures(found: Sequence[Spread], against: Sequence[Spread] = ()) -> list[Line]:
    """How long each stage took, a row each; `against`: how its median compares with another's."""
    heads = "".join(f"{title:>{cells}}" for title, cells in COLUMNS)
    rows = [line((heads + ("    against" if against else ""), "faint"))]
    other = {spread.name: spread for spread in against}
    for spread in found:
        told = (
            title(spread.name),
            f"{spread.count:,}",
            duration(spread.total),
            *(duration(each) for each in (spread.median, spread.p90, spread.p99, spread.longest)),
        )
        text = "".join(f"{cell:>{cells}}" for cell, (_, cells) in zip(told, COLUMNS, strict=True))
        then = other.get(spread.name)
        ratio = f"{spread.median / then.median:>10.2f}×" if then and then.median else ""
        rows.append(line((text, "text"), (ratio, "heading")))
    return rows


def profile_lines(profile: Profile, width: int, against: Sequence[Spread] = ()) -> list[Line]:
    """A whole profile: bars, what dominates in words, and figures."""
    bars = waterfall(profile, width)
    if not bars:
        return [line(("Nothing has been timed yet.", "note"))]
    said = [line((f"{saying}.", "heading")) for saying in sayings(profile)]
    turns = line((number(len(profile.turns), "turn"), "faint"))
    return [*bars, line(""), *said, line(""), turns, *figures(spreads([profile]), against)]


def _span(slices: Sequence[Slice]) -> tuple[int, int]:
    timed = [each for each in slices if each.name not in BESIDE]
    if not timed:
        return 0, 0
    return min(each.began for each in timed), max(each.began + each.took for each in timed)


def _bar(slices: Sequence[Slice], start: int, longest: int, cells: int) -> list[Piece]:
    """Cell by cell what most of its time went into; what is shorter than a cell is not lost to view
    where its cell is otherwise blank."""
    spent: list[dict[SliceName, int]] = [{} for _ in range(cells)]
    for each in slices:
        if each.name not in GLYPHS:
            continue
        began, ended = each.began - start, each.began - start + each.took
        first = min(cells - 1, began * cells // longest)
        last = min(cells - 1, max(began, ended - 1) * cells // longest)
        for cell in range(first, last + 1):
            inside = min(ended, (cell + 1) * longest // cells) - max(began, cell * longest // cells)
            spent[cell][each.name] = spent[cell].get(each.name, 0) + max(0, inside)
    pieces: list[Piece] = []
    for parts in spent:
        most = max(parts, key=parts.__getitem__, default=None)
        glyph, style = GLYPHS[most] if most is not None and parts[most] else (" ", "text")
        if pieces and pieces[-1].style == style:
            pieces[-1] = Piece(pieces[-1].text + glyph, style)
        else:
            pieces.append(Piece(glyph, style))
    return pieces
