"""When runs drift: how likely the first drift is to have come by each turn.

An exit is a competing event: a run that has exited can no longer drift, and to treat it as one that
was merely not watched any longer would promise drifts that cannot come. A run that reached the turn
limit is censored there. Runs that broke or were stopped are left out, as everywhere.

Method: the cumulative incidence of O. Aalen and S. Johansen ("An empirical transition matrix for
non-homogeneous Markov chains based on censored observations", Scandinavian Journal of Statistics 5,
1978), with its variance by the delta method (E. Marubini, M. G. Valsecchi, "Analysing survival data
from clinical trials and observational studies", 1995, ch. 10). The bounds are Wilson's, with as many
runs as would give a plain share this variance, so that they stay in [0, 1] and are no point where
nothing was seen. They hold at each turn by itself, for one look.
"""

import math
from collections import Counter
from collections.abc import Iterable
from statistics import NormalDist
from typing import Literal, TypeAlias

import msgspec

from engine.drift.interval import ALPHA
from engine.drift.result import RunResult

Ending: TypeAlias = Literal["drift", "exit", "censored"]
"""`censored`: nothing had come by the turn limit."""


class Incidence(msgspec.Struct, frozen=True, kw_only=True):
    """One turn of the curve."""

    turn: int
    at_risk: int
    """Runs that began this turn without drift or exit before it."""
    drifted: int
    """Whose first drift came in this turn."""
    exited: int
    """That exited in this turn without having drifted."""
    drift: float
    """How likely the first drift is to have come by the end of this turn."""
    low: float
    high: float
    exit: float
    """The same of an exit without drift before it."""
    going: float
    """And of neither."""


class FirstDrift:
    """Counts of first drifts and exits by turn; a fold over results at the same cost for each."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[int, Ending]] = Counter()
        self.runs = 0
        """How many count."""

    def feed(self, result: RunResult) -> None:
        """Take in a run; those that say nothing about the operator are passed over."""
        if not result.counts:
            return
        self.runs += 1
        if result.drift_turn is not None:
            self._counts[max(result.drift_turn, 1), "drift"] += 1
        elif result.exited:
            self._counts[max(result.turns, 1), "exit"] += 1
        else:
            self._counts[max(result.turns, 1), "censored"] += 1

    def curve(self, alpha: float = ALPHA) -> tuple[Incidence, ...]:
        """The curve, one point a turn from the first to the last that any run reached."""
        last = max((turn for turn, _ in self._counts), default=0)
        at_risk = told = self.runs
        going, drift, left = 1.0, 0.0, 0.0
        steps: list[_Step] = []
        points = []
        for turn in range(1, last + 1):
            drifted, exited = self._counts[turn, "drift"], self._counts[turn, "exit"]
            drift = min(drift + going * drifted / at_risk, 1.0)
            left += going * exited / at_risk
            steps.append(_Step(at_risk, drifted, drifted + exited, going, drift))
            going *= 1 - (drifted + exited) / at_risk
            low, high = _bounds(steps, told, alpha)
            points.append(
                Incidence(
                    turn=turn,
                    at_risk=at_risk,
                    drifted=drifted,
                    exited=exited,
                    drift=drift,
                    low=low,
                    high=high,
                    exit=left,
                    going=going,
                )
            )
            at_risk -= drifted + exited + self._counts[turn, "censored"]
            told -= self._counts[turn, "censored"]
        return tuple(points)


def first_drift(results: Iterable[RunResult], alpha: float = ALPHA) -> tuple[Incidence, ...]:
    """The curve of these runs."""
    counts = FirstDrift()
    for result in results:
        counts.feed(result)
    return counts.curve(alpha)


class _Step(msgspec.Struct, frozen=True):
    at_risk: int
    drifted: int
    ended: int
    """By drift or exit."""
    before: float
    """Share that was still going before this turn."""
    by: float
    """Incidence of drift by the end of this turn."""


def _variance(steps: list[_Step]) -> float:
    by = steps[-1].by
    total = 0.0
    for step in steps:
        risk, left = step.at_risk, step.at_risk - step.ended
        ahead = by - step.by
        if left:
            total += ahead**2 * step.ended / (risk * left)
        total += step.before**2 * (risk - step.drifted) * step.drifted / risk**3
        total -= 2 * ahead * step.before * step.drifted / risk**2
    return max(total, 0.0)


def _bounds(steps: list[_Step], told: int, alpha: float) -> tuple[float, float]:
    """Wilson's interval with the number of runs that the variance speaks of.

    `told`: runs that were not censored before this turn, which is that number where none or all have
    drifted and there is no variance to go by.
    """
    by, spread = steps[-1].by, _variance(steps)
    n = by * (1 - by) / spread if spread > 0 and 0 < by < 1 else told
    z = NormalDist().inv_cdf(1 - alpha / 2)
    middle = (by + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(by * (1 - by) / n + z * z / (4 * n * n))
    # Where all have drifted, or none, an end is the share itself, and not a last bit away from it.
    return max(0.0, min(middle - reach, by)), min(1.0, max(middle + reach, by))
