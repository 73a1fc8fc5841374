"""Whether an element does anything at all, in a test that may be watched while the runs come in.

Two configs that differ in one element alone are a comparison of that element, whatever else is on. In
a full factorial every config has such a partner, so each element is tested on all the runs: partners'
runs of the same task and replicate are the blocks of one bet (`engine.drift.evalue`). It is fair if the
element changes nothing beside any choice of the others on any task, as in the test of Cochran, Mantel
and Haenszel; how large the effect is, `engine.drift.effects` says when the runs are in.

In a fraction no config has a partner, and this has nothing to say.
"""

from collections.abc import Collection, Sequence

from engine.drift.evalue import Bet, e_holm
from engine.drift.result import Axis
from engine.drift.tallies import PairTally
from engine.drift.tally import Tally


class Levers:
    """The bets on the elements of an experiment, caught up with its tally at every look."""

    def __init__(
        self, tally: Tally, elements: Sequence[Collection[str] | None], axis: Axis = "clean"
    ) -> None:
        """`elements`: those that are on in each of the tally's configs; none for a config that is
        not of the factorial.
        """
        every = [None if each is None else frozenset(each) for each in elements]
        names = sorted({name for each in every if each for name in each})
        self._tally = tally
        self._axis: Axis = axis
        self._lever = {
            name: _Lever(partners, tally.alpha)
            for name in names
            if (partners := _partners(every, name))
        }

    @property
    def elements(self) -> tuple[str, ...]:
        """Those that can be tested: some two configs differ in nothing else."""
        return tuple(self._lever)

    def standing(self) -> tuple[PairTally, ...]:
        """How each element stands; `decided` holds over all of them together."""
        levers = list(self._lever.values())
        for lever in levers:
            lever.catch_up(self._tally, self._axis)
        decided = e_holm([lever.bet.peak for lever in levers], self._tally.alpha)
        threshold = (len(levers) - sum(decided)) / self._tally.alpha
        return tuple(
            lever.tally(name, sure, threshold)
            for (name, lever), sure in zip(self._lever.items(), decided, strict=True)
        )


class _Lever:
    def __init__(self, partners: Sequence[tuple[int, int]], alpha: float) -> None:
        self._partners = partners
        self._next = 0
        self.bet = Bet(alpha)

    def catch_up(self, tally: Tally, axis: Axis) -> None:
        """Bet on the places that all partners have reached since, place by place."""
        reached = min(tally.reached(config) for pair in self._partners for config in pair)
        for place in range(self._next, reached):
            for config, partner in self._partners:
                with_it, without = tally.at(config, place, axis), tally.at(partner, place, axis)
                if with_it is not None and without is not None:
                    self.bet.feed(with_it, without)
        self._next = max(self._next, reached)

    def tally(self, name: str, decided: bool, threshold: float) -> PairTally:
        """How the element stands, where an e-value of `threshold` would decide it next."""
        return PairTally.of(
            self.bet, f"with {name}", f"without {name}", decided=decided, threshold=threshold
        )


def _partners(every: Sequence[frozenset[str] | None], name: str) -> list[tuple[int, int]]:
    """Each config with the element, and one that lacks nothing else; no config in two pairs.

    A run that stood in two blocks of one bet would make the second unfair.
    """
    found: list[tuple[int, int]] = []
    alone = {on: config for config, on in enumerate(every) if on is not None and name not in on}
    for config, on in enumerate(every):
        if on is not None and name in on and on - {name} in alone:
            found.append((config, alone.pop(on - {name})))
    return found
