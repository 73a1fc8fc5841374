"""Two configs compared within tasks: by how much their rates differ, and whether by chance.

A task is a block. Where tasks differ much, runs thrown together hide a difference or make one up; here
each task is a 2×2 table of its own, and only what happens within tables counts.

The test is that of N. Mantel and W. Haenszel ("Statistical aspects of the analysis of data from
retrospective studies of disease", Journal of the National Cancer Institute 22, 1959; W. G. Cochran
1954), without continuity correction. The difference is Mantel and Haenszel's weighted mean of the
tables' differences, with the variance of T. Sato ("On the variance estimator for the Mantel-Haenszel
risk difference", Biometrics 45, 1989), which holds for few large tables and for many small ones.

Both are for *one* look, decided on before the first run.
"""

import math
from collections.abc import Iterable
from statistics import NormalDist

import msgspec

from engine.drift.interval import ALPHA


class Block(msgspec.Struct, frozen=True):
    """What two configs came to on one task."""

    successes: int
    trials: int
    other_successes: int
    other_trials: int


class Stratified(msgspec.Struct, frozen=True, kw_only=True):
    """By how much the first config's rate is above the other's, task by task."""

    difference: float
    low: float
    high: float
    """`low` and `high` hold the difference with probability 1 − alpha, at one look."""
    chi2: float | None
    """Cochran, Mantel and Haenszel's, with one degree of freedom; none where no table has both
    successes and failures."""
    p: float | None
    """Of it, before any correction for other pairs."""
    alpha: float


def stratified(blocks: Iterable[Block], alpha: float = ALPHA) -> Stratified | None:
    """Compare two configs over blocks; none where no block has runs of both.

    Where all runs of both went the same way the variance is nothing, and so would be the interval;
    its bounds are then those of Newcombe's interval (R. G. Newcombe, Statistics in Medicine 17, 1998)
    for the runs thrown together. The same where the difference is exactly one.
    """
    both = [each for each in blocks if each.trials and each.other_trials]
    if not both:
        return None
    weights = [each.trials * each.other_trials / _all(each) for each in both]
    total = sum(weights)
    difference = (
        sum(
            (each.successes * each.other_trials - each.other_successes * each.trials) / _all(each)
            for each in both
        )
        / total
    )
    spread = math.sqrt(max(_sato(both, difference), 0.0)) / total
    reach = NormalDist().inv_cdf(1 - alpha / 2) * spread
    low, high = difference - reach, difference + reach
    if spread == 0:
        low, high = _newcombe(both, alpha)
    chi2 = _chi2(both)
    return Stratified(
        difference=difference,
        low=max(low, -1.0),
        high=min(high, 1.0),
        chi2=chi2,
        p=None if chi2 is None else math.erfc(math.sqrt(chi2 / 2)),
        alpha=alpha,
    )


def _all(block: Block) -> int:
    return block.trials + block.other_trials


def _sato(blocks: list[Block], difference: float) -> float:
    """The variance of the difference times the square of the weights' sum."""
    ahead = behind = 0.0
    for each in blocks:
        n, m, size = each.trials, each.other_trials, _all(each)
        a, b = each.successes, each.other_successes
        ahead += (n * n * b - m * m * a + n * m * (m - n) / 2) / size**2
        behind += (a * (m - b) + b * (n - a)) / (2 * size)
    return difference * ahead + behind


def _chi2(blocks: list[Block]) -> float | None:
    excess = variance = 0.0
    for each in blocks:
        size, good = _all(each), each.successes + each.other_successes
        excess += each.successes - each.trials * good / size
        if size > 1:
            variance += (
                each.trials * each.other_trials * good * (size - good) / (size**2 * (size - 1))
            )
    return excess**2 / variance if variance > 0 else None


def _newcombe(blocks: list[Block], alpha: float) -> tuple[float, float]:
    n, m = sum(each.trials for each in blocks), sum(each.other_trials for each in blocks)
    a = sum(each.successes for each in blocks) / n
    b = sum(each.other_successes for each in blocks) / m
    low, high = _wilson(a, n, alpha)
    other_low, other_high = _wilson(b, m, alpha)
    return (
        a - b - math.hypot(a - low, other_high - b),
        a - b + math.hypot(high - a, b - other_low),
    )


def _wilson(rate: float, n: int, alpha: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf(1 - alpha / 2)
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)
