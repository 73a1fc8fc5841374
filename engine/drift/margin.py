"""How near to drifting: the probability that the operator's next token starts a command, by turn.

At every prompt the model's distribution over the first token says how likely the turn is to begin as
a command. A run is a row of such probabilities, one a turn; a config's margin at a turn is how they
lie over the runs that reached it. A config whose margin falls from turn to turn is about to break
before any run of it has.

Two cautions go with every number here. Runs that drifted or exited are no longer there at later turns,
so the margin at turn 5 is of the survivors and may rise only because the weak have gone; `runs` says
how many are left, and `weakest` is of all. And a first token that starts a command is not yet one.
"""

import statistics
from collections.abc import Sequence

import msgspec


class TurnMargin(msgspec.Struct, frozen=True, kw_only=True):
    """The margin at one turn, over the runs that reached it."""

    turn: int
    runs: int
    mean: float
    spread: float | None
    """Standard deviation over the runs; none of a single one."""
    lower: float
    """A quarter of the runs lie below."""
    median: float
    upper: float
    """A quarter of the runs lie above."""


class Margins:
    """A config's runs as they come; each is fed once, in planned order (`Tally.counted`)."""

    def __init__(self) -> None:
        self._by_turn: list[list[float]] = []
        self._weakest: list[float] = []

    def feed(self, probabilities: Sequence[float]) -> None:
        """Take in a run: for each of its turns in order, the probability of a command's start.

        Raises `ValueError` for what is no probability.
        """
        if not all(0 <= each <= 1 for each in probabilities):
            raise ValueError(f"{list(probabilities)}: a probability lies between 0 and 1")
        if not probabilities:
            return
        for turn, each in enumerate(probabilities):
            if turn == len(self._by_turn):
                self._by_turn.append([])
            self._by_turn[turn].append(each)
        self._weakest.append(min(probabilities))

    @property
    def by_turn(self) -> tuple[TurnMargin, ...]:
        """One for each turn that any run reached, from the first."""
        return tuple(_summed(turn, each) for turn, each in enumerate(self._by_turn, start=1))

    @property
    def weakest(self) -> TurnMargin | None:
        """Over all runs, of each the turn at which it was nearest to drifting; its `turn` is 0."""
        return _summed(0, self._weakest) if self._weakest else None


def _summed(turn: int, values: list[float]) -> TurnMargin:
    several = len(values) > 1
    lower, median, upper = (
        statistics.quantiles(values, n=4, method="inclusive") if several else values * 3
    )
    return TurnMargin(
        turn=turn,
        runs=len(values),
        mean=statistics.fmean(values),
        spread=statistics.stdev(values) if several else None,
        lower=lower,
        median=median,
        upper=upper,
    )
