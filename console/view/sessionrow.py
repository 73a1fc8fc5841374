"""A session or an experiment as cells of a table, and which columns there is room for."""

from datetime import datetime
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from console.safe import clean_line
from console.view.line import Piece
from console.view.outcome import GLYPHS as RUN_GLYPHS
from console.view.outcome import STYLES as RUN_STYLES
from engine.figures import config_name, duration, number, size
from sessions.listing import Key, Row, Trial
from sessions.shipped import name_of
from sessions.summary import Column, Ending, Order, Summary

GLYPHS: dict[Ending, str] = {"recording": "●", "interrupted": "⊘"}
GLYPHS.update(RUN_GLYPHS.items())
STYLES: dict[Ending, str] = {"recording": "accent", "interrupted": "bad"}
STYLES.update(RUN_STYLES.items())

FORK = "↳"
"""What stands before a session that was forked from another."""
GAP = 2
MARGIN = 4
"""Cells before the first column: cursor, mark, fold."""


class Fitted(NamedTuple):
    """A column as wide as it is now."""

    name: Column
    width: int
    right: bool = False


_FIXED: dict[Column, int] = {
    "when": 11,
    "outcome": 13,
    "turns": 6,
    "drift": 14,
    "length": 10,
    "tokens": 7,
    "size": 8,
}
_RIGHT: tuple[Column, ...] = ("turns", "length", "tokens", "size")
_LEAST: dict[Column, int] = {"config": 14, "task": 10, "model": 12, "tags": 12}
"""Cells that a column of text needs to be worth having."""
_COMFORT: dict[Column, int] = {"config": 28, "task": 14}
"""Cells that it gets before others than these are shown at all."""
_SHARES: dict[Column, int] = {"config": 6, "task": 3, "model": 1, "tags": 2}
_FIRST: tuple[Column, ...] = ("outcome", "config", "when", "drift", "task", "turns", "length")
_THEN: tuple[Column, ...] = ("tags", "model", "size", "tokens")
"""In the order in which columns go where there is no room, the last first."""
_ORDER: tuple[Column, ...] = (
    *("when", "outcome", "config", "task", "model", "turns", "drift", "length"),
    *("tokens", "size", "tags"),
)
"""From left to right."""


def columns(width: int, sorted_by: Column, *, tagged: bool = True) -> list[Fitted]:
    """The columns for a table of so many cells; the one it is sorted by is always among them."""
    widths: dict[Column, int] = {}
    room = width - MARGIN
    for name in (sorted_by, *_FIRST):
        if name in widths:
            continue
        if _least(name) + GAP > room:
            break
        widths[name] = _least(name)
        room -= widths[name] + GAP
    for name, comfort in _COMFORT.items():
        if name in widths:
            more = min(room, comfort - widths[name])
            widths[name] += more
            room -= more
    for name in _THEN:
        wanted = name not in widths and (name != "tags" or tagged)
        if wanted and (needed := _least(name)) + GAP <= room:
            widths[name] = needed
            room -= needed + GAP
    shares = sum(share for name, share in _SHARES.items() if name in widths)
    return [
        Fitted(name, widths[name] + room * _SHARES.get(name, 0) // max(1, shares), name in _RIGHT)
        for name in _ORDER
        if name in widths
    ]


def _least(name: Column) -> int:
    return _FIXED.get(name, _LEAST.get(name, 0))


def heading(fitted: list[Fitted], order: Order) -> list[Piece]:
    """The line above the rows; an arrow stands at the column they are sorted by."""
    pieces = [Piece(" " * MARGIN)]
    for column in fitted:
        mine = column.name == order.column
        arrow = ("▼" if order.down else "▲") if mine else ""
        words = f"{arrow}{column.name}" if column.right else f"{column.name}{arrow}"
        style = "accent" if mine else "faint"
        pieces.append(Piece(_cell(words, column.width, column.right) + " " * GAP, style))
    return pieces


def column_at(fitted: list[Fitted], x: int) -> Column | None:
    """The column at a cell, counted from the table's left."""
    start = MARGIN
    for column in fitted:
        if start <= x < start + column.width + GAP:
            return column.name
        start += column.width + GAP
    return None


def row_pieces(
    key: Key, row: Row | None, fitted: list[Fitted], *, marked: bool, unfolded: bool
) -> list[Piece]:
    """A row's cells, each padded to its column; dots where it has not been read yet."""
    folds = {"trial": "▾" if unfolded else "▸", "run": "└"}
    forked = isinstance(row, Summary) and row.parent
    fold = folds.get(key.kind, FORK if forked else " ")
    pieces = [Piece("  "), Piece("◆" if marked else " ", "warn"), Piece(fold, "accent")]
    if row is None:
        return [*pieces, Piece("…", "faint")]
    cells = _trial(key, row) if isinstance(row, Trial) else _session(key, row)
    for column in fitted:
        text, style = cells.get(column.name, Piece(""))
        if column.name == "config":
            text = config_name(text, column.width)
        cut = _cut(text, column.width)
        blanks = " " * (column.width - cell_len(cut))
        # Blanks are nobody's: an underlined outcome ends with its word.
        before, after = (blanks, "") if column.right else ("", blanks)
        pieces += [Piece(before), Piece(cut, style), Piece(after + " " * GAP)]
    return pieces


def when(began: str) -> str:
    """A recorded time as a person's own clock shows it, to the minute; as it is where it is none."""
    try:
        moment = datetime.fromisoformat(began).astimezone()
    except ValueError:
        return clean_line(began)
    here = datetime.now().astimezone()
    if moment.year != here.year and (here - moment).days > 300:
        return moment.strftime("%Y-%m-%d")
    return moment.strftime("%m-%d %H:%M")


def _session(key: Key, row: Summary) -> dict[Column, Piece]:
    outcome = f"{GLYPHS[row.outcome]} {row.outcome}"
    drift = f"{row.drift_kind} @{row.drift_turn}" if row.drift_turn else ""
    config = clean_line(row.config)
    if row.arm:
        # What tells it from the runs beside it comes first, whatever is cut.
        config = f"{clean_line(row.arm)} · {config}"
    began = Piece(when(row.began), "faint")
    return {
        "when": Piece(name_of(row.id) or "", "accent") if key.kind == "shipped" else began,
        "outcome": Piece(outcome, STYLES[row.outcome]),
        "config": Piece(config, "faint" if key.kind == "run" else "text"),
        "task": Piece(clean_line(row.task)),
        "model": Piece(clean_line(row.model), "faint"),
        "turns": Piece(str(row.turns)),
        "drift": Piece(drift, "warn"),
        "length": Piece(duration(row.took)),
        "tokens": Piece(f"{row.tokens:,}"),
        "size": Piece(size(row.bytes), "faint"),
        "tags": Piece(clean_line(" ".join(row.tags) or row.note), "person"),
    }


def _trial(key: Key, row: Trial) -> dict[Column, Piece]:
    names = dict.fromkeys(row.configs)
    configs = row.configs[0] if len(row.configs) == 1 else number(len(row.configs), "config")
    if len(names) < len(row.configs):
        configs = number(len(row.configs), "arm")
        configs += f" of {row.configs[0]}" if len(names) == 1 else ""
    tasks = row.tasks[0] if len(row.tasks) == 1 else number(len(row.tasks), "task")
    return {
        "when": Piece(when(row.began), "faint"),
        "outcome": Piece(
            f"{row.clean}/{row.finished} clean" if row.finished else "▦ begun", "heading"
        ),
        "config": Piece(clean_line(configs), "heading"),
        "task": Piece(clean_line(tasks), "heading"),
        "model": Piece(clean_line(row.model), "faint"),
        "drift": Piece(f"{row.drift} drift" if row.drift else "", "warn"),
        "length": Piece(f"{key.runs} run{'' if key.runs == 1 else 's'}"),
    }


def _cell(text: str, width: int, right: bool) -> str:
    """A text cut or padded to so many cells."""
    cut = _cut(text, width)
    blanks = " " * (width - cell_len(cut))
    return blanks + cut if right else cut + blanks


def _cut(text: str, width: int) -> str:
    """A text in at most so many cells, as it is drawn."""
    text = clean_line(text.expandtabs(1))
    return text if cell_len(text) <= width else set_cell_size(text, max(0, width - 1)) + "…"
