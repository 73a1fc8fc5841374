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

import statistics
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
    def runs(self) -> int:
        """How many have been weighed at all."""
        return len(self._weakest)

    @property
    def by_turn(self) -> tuple[TurnMargin, ...]:
        """One for each turn that any run reached, from the first."""
        return tuple(_summed(turn, each) for turn, each in enumerate(self._by_turn, start=1))

    @property
    def weakest(self) -> TurnMargin | None:
        """Over all runs, of each the turn at which it was nearest to drifting; its `turn` is 0."""
        return _summed(0, self._weakest) if self._weakest else None

    def to_document(self) -> dict[str, object]:
        """The margins as JSON."""
        weakest = self.weakest
        return {
            "runs": self.runs,
            "by_turn": [msgspec.to_builtins(each) for each in self.by_turn],
            "weakest": None if weakest is None else msgspec.to_builtins(weakest),
        }


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
