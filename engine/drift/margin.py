"""How near to drifting: the probability that the operator's next token starts a command, by turn.

At every prompt the model's distribution over the first token says how likely the turn is to begin as
a command (`FirstTokenWeighed`; how it is defined, `engine.model.heads`). Where reasoning or comments
come first, it is weighed once more after them, and that is the turn's. A run is a row of such
probabilities, one a turn; a config's margin at a turn is how they lie over the runs that reached it.
A config whose margin falls from turn to turn is about to break before any run of it has.

Two cautions go with every number here. Runs that drifted or exited are no longer there at later turns,
so the margin at turn 5 is of the survivors and may rise only because the weak have gone; `runs` says
how many are left, and `weakest` is of all. And a first token that starts a command is not yet one.
"""

import math
from bisect import insort
from collections.abc import Sequence
from itertools import count, takewhile

import msgspec

from engine.events import AnyEvent, FirstTokenWeighed


class RunMargins:
    """One run's margins: a fold over its events."""

    def __init__(self) -> None:
        self._by_turn: dict[int, float] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take in an event; of a turn that is weighed more than once the last counts."""
        if isinstance(event, FirstTokenWeighed):
            self._by_turn[event.turn] = event.command

    @property
    def values(self) -> tuple[float, ...]:
        """For each turn in order, from the first; up to one that was not weighed."""
        turns = takewhile(self._by_turn.__contains__, count(1))
        return tuple(self._by_turn[turn] for turn in turns)


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


class ConfigMargin(msgspec.Struct, frozen=True):
    """A config's margin, turn by turn and at the weakest turn of each run."""

    runs: int = 0
    """How many were weighed at all."""
    by_turn: tuple[TurnMargin, ...] = ()
    """One for each turn that any run reached, from the first."""
    weakest: TurnMargin | None = None
    """Over all runs, of each the turn at which it was nearest to drifting; its `turn` is 0."""


class Margins:
    """A config's runs as they come; each is fed once, in planned order (`Tally.counted`).

    What is said of them costs the same however many there are.
    """

    def __init__(self) -> None:
        self._by_turn: list[_Spread] = []
        self._weakest = _Spread()

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
                self._by_turn.append(_Spread())
            self._by_turn[turn].add(each)
        self._weakest.add(min(probabilities))

    @property
    def summary(self) -> ConfigMargin:
        """How the runs lie."""
        return ConfigMargin(self._weakest.runs, self.by_turn, self.weakest)

    @property
    def by_turn(self) -> tuple[TurnMargin, ...]:
        """One for each turn that any run reached, from the first."""
        return tuple(each.margin(turn) for turn, each in enumerate(self._by_turn, start=1))

    @property
    def weakest(self) -> TurnMargin | None:
        """Over all runs, of each the turn at which it was nearest to drifting; its `turn` is 0."""
        return self._weakest.margin(0) if self._weakest.runs else None


class _Spread:
    """Numbers as they come, in order; their mean and squares by B. P. Welford, Technometrics 4
    (1962)."""

    def __init__(self) -> None:
        self._ordered: list[float] = []
        self._mean = 0.0
        self._squares = 0.0

    @property
    def runs(self) -> int:
        """How many."""
        return len(self._ordered)

    def add(self, value: float) -> None:
        """Take in one more."""
        insort(self._ordered, value)
        away = value - self._mean
        self._mean += away / self.runs
        self._squares += away * (value - self._mean)

    def margin(self, turn: int) -> TurnMargin:
        """How they lie."""
        lower, median, upper = (self._quantile(share) for share in (0.25, 0.5, 0.75))
        return TurnMargin(
            turn=turn,
            runs=self.runs,
            mean=min(max(self._mean, 0.0), 1.0),
            spread=math.sqrt(self._squares / (self.runs - 1)) if self.runs > 1 else None,
            lower=lower,
            median=median,
            upper=upper,
        )

    def _quantile(self, share: float) -> float:
        """Between the two nearest numbers where it falls between: type 7 of R. J. Hyndman and
        Y. Fan, The American Statistician 50 (1996)."""
        place = share * (self.runs - 1)
        below = int(place)
        above = min(below + 1, self.runs - 1)
        part = place - below
        return self._ordered[below] * (1 - part) + self._ordered[above] * part
