"""The table of configs: counts, the rate with its bounds, and what its runs cost."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.cells import cell_len

from console.experiment.board import Board
from console.view.line import Line, Piece, line
from console.view.outcome import GLYPHS
from engine.drift.interval import Interval
from engine.drift.tallies import ConfigTally, PairTally, share

NAME = (12, 46)
"""Cells of a config's name, at least and at most."""
BAR = (10, 44)
"""Cells of the bar, at least and at most."""
WANTED = 24
"""Cells that it should have before the lesser columns get theirs, on a screen that is `ROOMY`."""
ROOMY = 100
SURE, LIKELY, POSSIBLE, BEYOND = "▆", "▄", "▂", "·"
"""The bar's cells: below the lower bound, up to the rate, up to the upper bound, and above it."""
ABBREVIATED = 3
"""Letters of an element where its name does not fit."""


class Column(NamedTuple):
    """A column of figures at the right of the name."""

    head: str
    cells: int
    figure: Callable[[ConfigTally], tuple[str, str]]
    """Text and style."""
    rank: int
    """Those of a high rank go first where there is no room."""
    rare: bool = False
    """Whether it goes before all others as long as it has nothing but noughts, and stays once it has
    anything else.
    """


COLUMNS = (
    Column(f"{GLYPHS['clean']} clean", 7, lambda t: (f"{t.clean}/{t.n}", "good"), 0),
    Column(f"{GLYPHS['drift']} drift", 7, lambda t: _count(t.drift, "drift-line"), 0),
    Column(f"{GLYPHS['no-exit']} no-exit", 9, lambda t: _count(t.no_exit, "warn"), 1),
    Column(f"{GLYPHS['fault']} fault", 7, lambda t: _count(t.fault, "bad"), 3, rare=True),
)
COSTS = (
    Column("waiting", 7, lambda t: _count(t.waiting, "text"), 6),
    Column("drift turn", 10, lambda t: _figure(t.median_drift_turn, "g"), 2),
    Column("tok/run", 7, lambda t: _figure(t.tokens / t.n if t.n else None, ".0f"), 4),
    Column("s/run", 6, lambda t: _figure(t.seconds, ".1f"), 5),
)
RATE = 13
"""Cells of a rate with its bounds."""
VERDICT = "verdict"
LAST = 100
"""Rank of a column that has nothing to tell."""
LESSER = 4
"""Columns of this rank and above give way to the verdicts as well."""
LEAST = 14
"""Cells of a verdict that is longer than that; with less, none is shown."""


def config_table(board: Board, width: int) -> list[Line]:
    """A heading, then one line for each config, in `width` cells."""
    longest = max(cell_len(mark.columns) for mark in board.marks)
    verdicts = [verdict(board, config) for config in range(len(board.marks))]
    columns, name, bar, words = _fitted(_told(board.now.configs), longest, verdicts, width)
    counts = [column for column in COLUMNS if column in columns]
    costs = [column for column in COSTS if column in columns]
    heads = "".join(f"{column.head:>{column.cells}} " for column in counts)
    words_of_bar = "clean rate" if bar >= 14 else "clean"
    scale = f"0{words_of_bar:─^{bar - 2}}1"
    after = "".join(f" {column.head:>{column.cells}}" for column in costs)
    found = [
        line(
            (f"    {'config':<{name}} {heads} {scale}  {'rate [95 %]':<{RATE}}{after}", "faint"),
            (f"  {VERDICT}" if words else "", "faint"),
        )
    ]
    for config, tally in enumerate(board.now.configs):
        chosen = config == board.chosen
        dropped = config in board.now.dropped
        mark = board.marks[config]
        pieces = [
            Piece("▸ " if chosen else "■ " if dropped else "  ", "accent" if chosen else "note"),
            Piece(f"{mark.letter} ", mark.style),
            Piece(f"{fitting(mark.columns, name):<{name}} ", _name_style(chosen, dropped)),
            *_figures(tally, counts, before=False),
            Piece(" "),
            *bar_pieces(tally.clean_interval, bar),
            Piece(f"  {_rate(tally.clean_interval):<{RATE}}", "heading" if tally.n else "faint"),
            *_figures(tally, costs, before=True),
        ]
        if words:
            pieces.append(Piece(f"  {_cut(verdicts[config], words)}", "text"))
        found.append(Line(tuple(pieces)))
    return found


def verdict(board: Board, config: int) -> str:
    """What may be said of a config beside the others, by their letters."""
    if config in board.now.dropped:
        return "■ stopped by you"
    tally = board.now.configs[config]
    if tally.n == 1:
        return "n = 1 tells nothing"
    above, below, open_ = "", "", ""
    for pair in board.now.pairs:
        if pair.indices is None or config not in pair.indices:
            continue
        other = board.marks[pair.indices[1] if pair.indices[0] == config else pair.indices[0]]
        if not pair.decided or pair.better is None:
            open_ += other.letter
        elif _is_better(pair, config):
            above += other.letter
        else:
            below += other.letter
    parts = [
        f"{words} {' '.join(letters)}"
        for words, letters in (("above", above), ("below", below), ("open", open_))
        if letters
    ]
    race = board.race
    if race is not None and config in race.standing.out:
        return "out of the race"
    return " · ".join(parts)


def fitting(name: str, cells: int) -> str:
    """A config's name in so many cells: elements to three letters, then cut with a `…`."""
    if cell_len(name) > cells:
        seed, *elements = name.split("+")
        name = "+".join([seed, *(each[:ABBREVIATED] for each in elements)])
    return name if cell_len(name) <= cells else f"{name[: cells - 1]}…"


def bar_pieces(interval: Interval, cells: int) -> list[Piece]:
    """The scale from 0 to 1: full up to the lower bound, fading to the rate and the upper bound."""
    low, high = interval.low * cells, interval.high * cells
    at = None if interval.rate is None else interval.rate * cells
    drawn = []
    for cell in range(cells):
        middle = cell + 0.5
        if at is None:
            drawn.append(Piece(BEYOND, "rule"))
        elif middle <= low:
            drawn.append(Piece(SURE, "bar-clean"))
        elif middle <= at:
            drawn.append(Piece(LIKELY, "bar-clean"))
        elif middle <= high:
            drawn.append(Piece(POSSIBLE, "bar-possible"))
        else:
            drawn.append(Piece(BEYOND, "rule"))
    return _runs(drawn)


def _told(tallies: Sequence[ConfigTally]) -> list[Column]:
    """The columns, the more telling first: a rare one first of all once something has happened."""

    def telling(column: Column) -> int:
        if not column.rare:
            return column.rank
        happened = any(column.figure(tally)[0] != "0" for tally in tallies)
        return 0 if happened else LAST

    return sorted((*COLUMNS, *COSTS), key=telling)


def _fitted(
    columns: list[Column], longest: int, verdicts: Sequence[str], width: int
) -> tuple[list[Column], int, int, int]:
    """Which columns there is room for, and the cells of name, bar and verdict."""
    fixed = 4 + 1 + 1 + 2 + RATE
    bar = BAR[0] if width < ROOMY else WANTED
    wanted = max(cell_len(each) for each in (VERDICT, *verdicts)) if any(verdicts) else 0
    while True:
        left = width - fixed - sum(column.cells + 1 for column in columns)
        name = min(longest, NAME[1])
        lesser = width >= ROOMY and columns[-1].rank >= LESSER
        wish = min(name, NAME[0] + 8) + bar + (min(wanted, LEAST * 2) + 2 if lesser else 0)
        if left >= wish or columns[-1].rank == 0:
            break
        columns.pop()
    name = max(min(name, left - BAR[0]), min(NAME[0], longest))
    left -= name + BAR[0]
    words = min(wanted, left - 2) if wanted and left - 2 >= min(wanted, LEAST) else 0
    left -= words + 2 if words else 0
    return columns, name, min(BAR[0] + max(left, 0), BAR[1]), words


def _figures(tally: ConfigTally, columns: Sequence[Column], *, before: bool) -> list[Piece]:
    found = []
    for column in columns:
        text, style = column.figure(tally)
        # Apart from the figure: a style may be underlined.
        pad = Piece(" " * (column.cells - cell_len(text)))
        found += (
            [Piece(" "), pad, Piece(text, style)]
            if before
            else [pad, Piece(text, style), Piece(" ")]
        )
    return found


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else f"{text[: cells - 1]}…"


def _name_style(chosen: bool, dropped: bool) -> str:
    if dropped:
        return "struck"
    return "heading" if chosen else "text"


def _count(count: int, style: str) -> tuple[str, str]:
    return str(count), style if count else "faint"


def _figure(value: float | None, form: str) -> tuple[str, str]:
    return ("–", "faint") if value is None else (f"{value:{form}}", "text")


def _rate(interval: Interval) -> str:
    if interval.rate is None:
        return "–"
    return f"{share(interval.rate)} [{share(interval.low)}–{share(interval.high)}]"


def _is_better(pair: PairTally, config: int) -> bool:
    assert pair.indices is not None
    first = pair.successes[0] > pair.successes[1]
    return first == (pair.indices[0] == config)


def _runs(pieces: Sequence[Piece]) -> list[Piece]:
    found: list[Piece] = []
    for piece in pieces:
        if found and found[-1].style == piece.style:
            found[-1] = Piece(found[-1].text + piece.text, piece.style)
        else:
            found.append(piece)
    return found
