"""Two configs compared within tasks: by how much their rates differ, and whether by chance.

A task is a block. Where tasks differ much, runs thrown together hide a difference or make one up; here
each task is a 2×2 table of its own, and only what happens within tables counts.

The test is that of N. Mantel and W. Haenszel ("Statistical aspects of the analysis of data from
retrospective studies of disease", Journal of the National Cancer Institute 22, 1959; W. G. Cochran
1954), without continuity correction. The difference is Mantel and Haenszel's weighted mean of the
tables' differences, and its interval all that a score test does not speak against (O. Miettinen,
M. Nurminen, "Comparative analysis of two rates", Statistics in Medicine 4, 1985): at no difference that
test is Mantel and Haenszel's, so the two agree; it holds with a handful of runs a table, near 0 and 1
too, and is never a point.

Both are for *one* look, decided on before the first run.
"""

import math
from collections.abc import Callable, Iterable
from statistics import NormalDist

import msgspec

from engine.drift.interval import ALPHA

_HALVINGS = 20


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
    """Compare two configs over blocks; none where no block has runs of both."""
    both = [each for each in blocks if each.trials and each.other_trials]
    if not both:
        return None
    weights = [each.trials * each.other_trials / _all(each) for each in both]
    total = sum(weights)
    shares = [weight / total for weight in weights]
    difference = sum(
        share * (each.successes / each.trials - each.other_successes / each.other_trials)
        for each, share in zip(both, shares, strict=True)
    )
    reach = NormalDist().inv_cdf(1 - alpha / 2)

    def allowed(other: float) -> bool:
        """Whether the score test does not speak against another difference."""
        variance = sum(
            share**2 * _variance(each, other) for each, share in zip(both, shares, strict=True)
        )
        return (difference - other) ** 2 <= reach**2 * variance

    chi2 = _chi2(both)
    return Stratified(
        difference=difference,
        low=_furthest(allowed, difference, -1.0),
        high=_furthest(allowed, difference, 1.0),
        chi2=chi2,
        p=None if chi2 is None else math.erfc(math.sqrt(chi2 / 2)),
        alpha=alpha,
    )


def _all(block: Block) -> int:
    return block.trials + block.other_trials


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


def _furthest(allowed: Callable[[float], bool], inside: float, end: float) -> float:
    """The value nearest to an end of the scale that is still allowed."""
    if allowed(end):
        return end
    outside = end
    for _ in range(_HALVINGS):
        middle = (inside + outside) / 2
        if allowed(middle):
            inside = middle
        else:
            outside = middle
    return outside


def _variance(block: Block, difference: float) -> float:
    """Of a table's difference, if it truly were this one."""
    n, m = block.trials, block.other_trials
    one = _likeliest(block, difference)
    other = min(max(one - difference, 0.0), 1.0)
    return (one * (1 - one) / n + other * (1 - other) / m) * (n + m) / (n + m - 1)


def _likeliest(block: Block, difference: float) -> float:
    """The first rate that is likeliest where it is above the other by this difference.

    The root of a cubic in closed form (C. P. Farrington, G. Manning, Statistics in Medicine 9, 1990).
    """
    ratio = block.other_trials / block.trials
    rate = block.successes / block.trials
    other = block.other_successes / block.other_trials
    a = 1 + ratio
    b = -(1 + ratio + rate + ratio * other + difference * (ratio + 2))
    c = difference**2 + difference * (2 * rate + ratio + 1) + rate + ratio * other
    d = -rate * difference * (1 + difference)
    bend = b**3 / (27 * a**3) - b * c / (6 * a**2) + d / (2 * a)
    span = math.copysign(math.sqrt(max(b**2 / (9 * a**2) - c / (3 * a), 0.0)), bend)
    turn = bend / span**3 if span else 1.0
    angle = (math.pi + math.acos(min(max(turn, -1.0), 1.0))) / 3
    found = 2 * span * math.cos(angle) - b / (3 * a)
    return min(max(found, difference, 0.0), 1.0 + min(difference, 0.0))
