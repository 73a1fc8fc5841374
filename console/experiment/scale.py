"""A scale: where a number lies among cells or dots, and which ticks to write beside it."""

from typing import NamedTuple

_HALVES = {(False, True): "╺", (True, False): "╸", (True, True): "━"}
"""A cell of a heavy line, by which of its halves are covered."""


class Scale(NamedTuple):
    """Numbers from `low` to `high` on so many places, the ends in the first and the last."""

    low: float
    high: float
    places: int

    def at(self, value: float) -> int:
        """The place of a number, from 0; those beyond an end lie at it."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(max(share, 0.0), 1.0) * (self.places - 1))


def whisker(scale: Scale, low: float, high: float) -> str:
    """An interval as a heavy line over the scale's cells, exact to half of one."""
    halves = Scale(scale.low, scale.high, scale.places * 2)
    first, last = halves.at(low), halves.at(high)
    return "".join(
        _HALVES.get((first <= place * 2 <= last, first <= place * 2 + 1 <= last), " ")
        for place in range(scale.places)
    )


def ticks(scale: Scale, values: tuple[float, ...], words: tuple[str, ...]) -> str:
    """The words under their numbers' places, as wide as the scale; those that collide left out."""
    row = [" "] * scale.places
    free = 0
    for value, word in zip(values, words, strict=True):
        start = min(max(scale.at(value) - len(word) // 2, 0), scale.places - len(word))
        if start >= free:
            row[start : start + len(word)] = word
            free = start + len(word) + 1
    return "".join(row)


def axis(scale: Scale, values: tuple[float, ...]) -> str:
    """The line of the scale itself, with a mark at each of these numbers."""
    row = ["─"] * scale.places
    for value in values:
        row[scale.at(value)] = "┴"
    return "".join(row)
