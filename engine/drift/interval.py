"""An interval for a rate that stays honest while one watches it grow.

A usual 95 % interval looked at after every run is wrong far more often than 5 % of the time, because
one looks until it says something. This one is wrong at *any* look in at most 5 % of experiments.

Method: a confidence sequence by the method of mixtures. Under a rate p the ratio of the mixture of all
rates (uniform prior) to p, M = B(1+s, 1+f) / (pˢ(1−p)ᶠ), is a martingale that starts at 1, so by
Ville's inequality it ever reaches 1/alpha with probability at most alpha; the interval is every p
that it has not spoken against. Source: H. Robbins, "Statistical methods related to the law of the
iterated logarithm", Annals of Mathematical Statistics 41 (1970); as confidence sequences, S. R. Howard
et al., "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49
(2021).

The order of outcomes must not depend on what they are. Runs that drift end sooner, so runs in the
order in which they *finish* would look worse at first than they are: count them in the order in which
they were planned, as `in_order` does.
"""

import math
from collections.abc import Callable, Iterable
from itertools import takewhile

import msgspec

ALPHA = 0.05

_STEPS = 60
"""Halvings of an interval in [0, 1]: down to the last bit of a double."""


class Interval(msgspec.Struct, frozen=True):
    """What may be said of a rate."""

    successes: int
    failures: int
    low: float
    high: float
    """`low` and `high` hold the rate with probability 1 − alpha, at every look at once."""
    alpha: float

    @property
    def rate(self) -> float | None:
        """Successes over all; none before the first outcome."""
        total = self.successes + self.failures
        return self.successes / total if total else None


def confidence_sequence(successes: int, failures: int, alpha: float = ALPHA) -> Interval:
    """The rates that so many successes and failures do not speak against, at any number of looks.

    Never a point: 5 of 5 gives [.38, 1]. Raises `ValueError` for negative counts or an alpha that
    is not between 0 and 1.
    """
    if successes < 0 or failures < 0 or not 0 < alpha < 1:
        raise ValueError(
            f"counts of {successes} and {failures} with alpha {alpha}: counts must not be negative, "
            "alpha must lie between 0 and 1"
        )

    def against(rate: float) -> float:
        """How far the evidence against a rate exceeds what is allowed, in nats."""
        return _log_mixture_ratio(successes, failures, rate) + math.log(alpha)

    peak = successes / (successes + failures) if successes + failures else 0.5
    return Interval(
        successes=successes,
        failures=failures,
        low=_crossing(against, 0.0, peak),
        high=_crossing(against, 1.0, peak),
        alpha=alpha,
    )


def in_order(outcomes: Iterable[bool | None]) -> tuple[bool, ...]:
    """The outcomes up to the first that is not known yet: what may be counted while runs go on.

    `outcomes` are in the order in which the runs were planned; none stands for a run that is not
    over. Runs that broke are left out before, not given as failures.
    """
    return tuple(bool(outcome) for outcome in takewhile(lambda each: each is not None, outcomes))


def _log_mixture_ratio(successes: int, failures: int, rate: float) -> float:
    """The logarithm of B(1+s, 1+f) / (pˢ(1−p)ᶠ); infinite where the rate rules an outcome out."""
    # math.lgamma rather than scipy's betaln: the console draws this, and must not wait for scipy.
    mixture = (
        math.lgamma(1 + successes)
        + math.lgamma(1 + failures)
        - math.lgamma(2 + successes + failures)
    )
    return mixture - _times_log(successes, rate) - _times_log(failures, 1 - rate)


def _times_log(count: int, share: float) -> float:
    if count == 0:
        return 0.0
    return count * math.log(share) if share > 0 else -math.inf


def _crossing(against: Callable[[float], float], end: float, peak: float) -> float:
    """Where the evidence against a rate begins to exceed, between an end of [0, 1] and the peak.

    The evidence falls from the end towards the peak and is allowed there, so halving finds it; the
    bound that is returned is on the side that makes the interval wider.
    """
    if against(end) < 0:
        return end
    outside, inside = end, peak
    for _ in range(_STEPS):
        middle = (outside + inside) / 2
        if against(middle) < 0:
            inside = middle
        else:
            outside = middle
    return outside
