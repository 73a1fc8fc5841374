"""What may be said of a condition beside the others that differ from it in the config alone."""

from collections.abc import Sequence

from console.view.tally import Condition
from engine.drift.evalue import Bet, e_holm
from engine.drift.interval import ALPHA
from engine.drift.tallies import PairTally


def against(current: Condition, others: Sequence[Condition]) -> list[PairTally]:
    """A comparison with each of the others that has runs, corrected together; holds at every look.

    The first run of one is set beside the first of the other, the second beside the second, and so on:
    which runs make a pair does not depend on what they came to.
    """
    bets = []
    for other in others:
        if other.setting != current.setting or not other.went:
            continue
        bet = Bet()
        for one, another in zip(current.went, other.went, strict=False):
            bet.feed(one, another)
        bets.append((other, bet))
    decided = e_holm([bet.peak for _, bet in bets])
    threshold = max(len(bets) - sum(decided), 1) / ALPHA
    name = current.spec.config.name
    return [
        PairTally.of(bet, name, other.spec.config.name, decided=sure, threshold=threshold)
        for (other, bet), sure in zip(bets, decided, strict=True)
    ]
