"""How far an experiment is, how fast it goes, and the words for its state."""

from rich.cells import cell_len

from console.experiment.board import Board
from console.experimenting import ExperimentSnapshot, State
from console.safe import clean_line
from console.tallytable import duration
from console.view.line import Piece
from engine.figures import number, speed
from engine.model.supervisor import WorkerState

MARKS: dict[State, tuple[str, str]] = {
    "loading": ("◌ loading", "phase-starting"),
    "running": ("● running", "phase-operating"),
    "paused": ("❚❚ paused", "phase-paused"),
    "ending": ("◌ ending", "phase-starting"),
    "over": ("✓ all runs are there", "phase-ended"),
    "stopped": ("■ stopped", "phase-ended"),
}
"""Glyph, word and style."""

_WORKER: dict[WorkerState, str] = {
    "lost": "model lost, starting again",
    "failed": "no model",
}
FULL, HALF, REST = "━", "╸", "─"
BAR = (10, 60)
"""Cells of the bar, at least and at most."""


def state_pieces(now: ExperimentSnapshot) -> tuple[Piece, ...]:
    """The experiment's state, and the worker's where that is not as it should be."""
    words, style = MARKS[now.state]
    if now.elsewhere:
        if not now.under_way:
            return (Piece(f"◌ process {now.elsewhere}: no run under way", "phase-starting"),)
        return (Piece(f"● running in process {now.elsewhere}", "phase-operating"),)
    if now.state == "loading":
        step = clean_line(now.worker.step) or "the model"
        words = f"◌ {step} {now.worker.fraction:.0%}"
    if now.state == "over" and now.finished < now.planned:
        words = "✓ over"
    lost = _WORKER.get(now.worker.state)
    if lost and now.state in ("running", "paused", "loading"):
        return (Piece(f"✗ {lost}", "bad"),)
    return (Piece(words, style),)


def progress_pieces(board: Board, width: int) -> tuple[Piece, ...]:
    """The bar and the figures beside it, as many as fit."""
    now = board.now
    figures = [
        f"{now.finished:,} of {number(now.planned, 'run')}",
        f"about {duration(now.seconds_left)} left" if _goes_on(now) and now.seconds_left else "",
        f"{len(now.under_way)} under way" if now.under_way else "",
        speed(now.tokens_per_second) if now.tokens_per_second and _goes_on(now) else "",
        f"{now.broken} broke" if now.broken else "",
        _taken(now),
    ]
    shown: list[str] = []
    for figure in figures:
        least = max(BAR[0], width // 4)
        if figure and cell_len(" · ".join([*shown, figure])) + least + 2 <= width:
            shown.append(figure)
    words = " · ".join(shown)
    bar = min(max(width - cell_len(words) - 2, BAR[0]), BAR[1])
    full, empty = filled(now.finished / max(now.planned, 1), bar)
    return (Piece(full, "bar-load"), Piece(empty, "rule"), Piece(f"  {words}", "text"))


def filled(share: float, cells: int) -> tuple[str, str]:
    """A bar exact to half a cell: its full part, and the rest."""
    halves = round(min(max(share, 0.0), 1.0) * cells * 2)
    full = FULL * (halves // 2) + HALF * (halves % 2)
    return full, REST * (cells - len(full))


def one_line(now: ExperimentSnapshot) -> str:
    """The experiment in a few words, for where it is not in view."""
    words = MARKS[now.state][0]
    left = f", {duration(now.seconds_left)} left" if _goes_on(now) and now.seconds_left else ""
    return f"{words} {now.finished:,}/{now.planned:,}{left}"


def _taken(now: ExperimentSnapshot) -> str:
    if now.seconds < 1:
        return ""
    at_rest = now.state in ("over", "stopped")
    return f"took {duration(now.seconds)}" if at_rest else f"{duration(now.seconds)} so far"


def _goes_on(now: ExperimentSnapshot) -> bool:
    return now.state in ("running", "paused") and now.finished < now.planned
