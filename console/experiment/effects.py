"""What the elements do, measured apart from the screen: it takes seconds where they are many."""

import msgspec

from console.experiment.board import Board
from engine.drift.effects import Counts, Effect, counts_of, effects
from engine.drift.result import Axis

MEASURED: tuple[Axis, ...] = ("operated", "exited")
"""Operating and exiting are two questions, and an element may answer them differently."""


class Question(msgspec.Struct, frozen=True):
    """The counts that effects are measured on."""

    version: int
    """Of the tally."""
    counts: dict[Axis, tuple[Counts, ...]]


class Effects(msgspec.Struct, frozen=True):
    """What the elements do, as of a version of the tally."""

    version: int = -1
    measured: dict[Axis, tuple[Effect, ...]] = {}
    why: str = "The effects of the elements have not been measured yet."
    """Why there is nothing to show; empty where there is."""

    @property
    def sentence(self) -> str:
        """What to keep in mind of them."""
        return (
            "◆ told from none, ○ not told (Holm). Bounds hold for one look: while runs come in, "
            "go by the verdicts."
        )


def question(board: Board) -> Question | str:
    """What to measure now, or why there is nothing to be measured."""
    if not board.varied:
        return (
            "Effects are of a seed's elements: they need configs of one seed in which some are on "
            "and some are off, best all combinations (a factorial)."
        )
    tally = board.watched.tally
    return Question(
        tally.version, {axis: counts_of(tally, board.elements, axis) for axis in MEASURED}
    )


def measure(asked: Question) -> Effects:
    """The effects on each axis; takes a few hundredths of a second for each."""
    measured = {axis: effects(counts, axis) for axis, counts in asked.counts.items()}
    why = "" if any(measured.values()) else "No run has counted yet that would tell of an element."
    return Effects(asked.version, measured, why)
