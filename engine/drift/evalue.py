"""Whether two configs differ, in a test that may be watched and stopped at any time.

The evidence is an e-value: what a bet of 1 against "both have the same rate" has grown to. Under that
hypothesis it is expected to stay at 1 or below whenever one stops, so it ever reaches 20 in at most
5 % of experiments (Ville's inequality).

Method: runs come in blocks of one run of either config. Before each block both rates are estimated
from past blocks alone, θ = (s + κ) / (n + 2κ), and the bet is multiplied by how much better the two
estimates foresaw the block than their mean did. Source: R. J. Turner, A. Ly, P. D. Grünwald, "Generic
E-variables for exact sequential k-sample tests that allow for optional stopping", Journal of
Statistical Planning and Inference 230 (2024); κ = 0.18 is their recommendation. Several pairs at once:
Holm's procedure on p = 1/E (S. Holm 1979; V. Vovk, R. Wang, "E-values: calibration, combination and
applications", Annals of Statistics 49, 2021), and e-BH (R. Wang, A. Ramdas, "False discovery rate
control with e-values", JRSS B 84, 2022).

As with `engine.drift.interval`, outcomes stand in the order in which the runs were planned, not in
that in which they finished.
"""

import math
from bisect import bisect_left
from collections.abc import Sequence
from typing import Protocol

import msgspec

from engine.drift.interval import ALPHA

KAPPA = 0.18
"""How much a rate of one half is believed before the first block, in runs of either outcome."""

_LARGEST = 700.0
"""Nats beyond which a double has no room; nobody doubts before."""

FAR = 1000
"""Pairs beyond which a forecast is not worth a number."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What the blocks seen so far say of two configs."""

    blocks: int
    """Pairs of runs, one of each config."""
    successes: tuple[int, int]
    """Of the first and the second config, in these blocks."""
    e_value: float
    """As it stands after the last block."""
    peak: float
    """The highest that it ever was: what a test that stopped in time would have seen."""
    further: int | None
    """About how many more pairs at the present rates; 0 when decided, none beyond `FAR`."""
    alpha: float

    @property
    def decided(self) -> bool:
        """Whether the two are separated, once and for all."""
        return self.peak >= 1 / self.alpha

    @property
    def verdict(self) -> str:
        """In words: what may be concluded, or what is still needed."""
        return verdict(self, decided=self.decided)


class Evidence(Protocol):
    """What a verdict is told from."""

    @property
    def blocks(self) -> int:
        """Pairs of runs."""
        ...

    @property
    def e_value(self) -> float:
        """As it stands."""
        ...

    @property
    def peak(self) -> float:
        """The highest that it ever was."""
        ...

    @property
    def further(self) -> int | None:
        """About how many more blocks; none beyond `FAR`."""
        ...


def verdict(evidence: Evidence, *, decided: bool) -> str:
    """What may be concluded from the blocks so far, or what is still needed.

    What decides is the peak. Where the e-value has come down from it, the words say `reached`: the
    peak holds against a threshold that was set before, and is not itself what a bet is worth now.
    """
    if decided:
        fallen = evidence.e_value < 0.999 * evidence.peak
        return f"separated (E {_size(evidence.peak, fallen=fallen)})"
    if evidence.blocks == 0:
        return "no pair of runs yet"
    if evidence.blocks == 1:
        return "one pair tells nothing, whatever it showed"
    if evidence.further is None:
        return f"not attributable yet: more than {FAR} more pairs at these rates"
    pairs = "pair" if evidence.further == 1 else "pairs"
    return f"not attributable yet: about {evidence.further} more {pairs} at these rates"


def _size(peak: float, *, fallen: bool) -> str:
    if peak >= 10_000:
        return "passed 10,000" if fallen else "> 10,000"
    return f"{'reached' if fallen else '='} {f'{peak:.3g}' if peak < 100 else f'{peak:.0f}'}"


class Bet:
    """The evidence on two configs as it grows, a block at a time, at the same cost for each.

    A block may come from any task, as long as both its runs are of the same one: the bet is fair
    whatever rate the two have in common there, and that rate may differ from block to block.
    """

    def __init__(self, alpha: float = ALPHA) -> None:
        """Raises `ValueError` for an alpha that is not between 0 and 1."""
        if not 0 < alpha < 1:
            raise ValueError(f"alpha {alpha}: must lie between 0 and 1")
        self._alpha = alpha
        self._counts = [0, 0]
        self._log_e = 0.0
        self._log_peak = 0.0
        self.blocks = 0
        """How many blocks were bet on."""

    def feed(self, first: bool, second: bool) -> None:
        """Bet on one more block, with what the blocks before it taught."""
        rates = [(count + KAPPA) / (self.blocks + 2 * KAPPA) for count in self._counts]
        together = sum(rates) / 2
        for arm, outcome in enumerate((first, second)):
            self._log_e += math.log(_chance(rates[arm], outcome) / _chance(together, outcome))
            self._counts[arm] += outcome
        self._log_peak = max(self._log_peak, self._log_e)
        self.blocks += 1

    @property
    def peak(self) -> float:
        """The highest that the e-value ever was."""
        return math.exp(min(self._log_peak, _LARGEST))

    @property
    def comparison(self) -> Comparison:
        """What the blocks so far say."""
        return Comparison(
            blocks=self.blocks,
            successes=(self._counts[0], self._counts[1]),
            e_value=math.exp(min(self._log_e, _LARGEST)),
            peak=self.peak,
            further=self.further(1 / self._alpha),
            alpha=self._alpha,
        )

    def further(self, threshold: float) -> int | None:
        """About how many more blocks until the e-value reaches a threshold, at the present rates.

        0 when it has; none where it would take more than `FAR`.
        """
        needed = math.log(threshold)
        if self._log_peak >= needed:
            return 0
        return _forecast(self._counts, self.blocks, needed - self._log_e)


def compare(first: Sequence[bool], second: Sequence[bool], alpha: float = ALPHA) -> Comparison:
    """Compare two configs by their outcomes in planned order; the longer one's rest has to wait.

    Raises `ValueError` for an alpha that is not between 0 and 1.
    """
    bet = Bet(alpha)
    for block in zip(first, second, strict=False):
        bet.feed(*block)
    return bet.comparison


def e_holm(e_values: Sequence[float], alpha: float = ALPHA) -> tuple[bool, ...]:
    """Which of many pairs are separated, with a chance of at most alpha that *any* wrongly is.

    Takes peaks as well as present values: 1 over the peak is a p-value at any time.
    """
    rejected = [False] * len(e_values)
    for rank, at in enumerate(_descending(e_values)):
        if e_values[at] * alpha < len(e_values) - rank:
            break
        rejected[at] = True
    return tuple(rejected)


def e_bh(e_values: Sequence[float], alpha: float = ALPHA) -> tuple[bool, ...]:
    """Which of many pairs are separated, where at most a share alpha of those is expected wrong.

    Takes present values, not peaks: the expectation of a peak is not bounded by 1.
    """
    ranked = _descending(e_values)
    kept = 0
    for rank, at in enumerate(ranked, start=1):
        if rank * e_values[at] * alpha >= len(e_values):
            kept = rank
    chosen = set(ranked[:kept])
    return tuple(at in chosen for at in range(len(e_values)))


def _descending(e_values: Sequence[float]) -> list[int]:
    return sorted(range(len(e_values)), key=lambda at: e_values[at], reverse=True)


def _chance(rate: float, outcome: bool) -> float:
    return rate if outcome else 1 - rate


def _forecast(counts: list[int], blocks: int, missing: float) -> int | None:
    """About how many more blocks until the missing evidence (nats) has come, at the present rates.

    Each block brings the divergence of the two rates from their mean; learning two rates where one
    is learned beside them costs half a logarithm of the number of blocks. Present rates are taken
    with half a success and half a failure more, so that few runs do not promise much.
    """
    rates = [(count + 0.5) / (blocks + 1) for count in counts]
    together = sum(rates) / 2
    gain = sum(_divergence(rate, together) for rate in rates)

    def enough(more: int) -> bool:
        return more * gain - 0.5 * math.log((blocks + more) / max(blocks, 1)) >= missing

    # What `more` blocks bring is convex in `more` and nothing at none, so once enough it stays so.
    further = bisect_left(range(FAR + 1), True, key=enough)
    return further if further <= FAR else None


def _divergence(rate: float, from_rate: float) -> float:
    """Kullback–Leibler, of two outcomes with a chance strictly between 0 and 1, in nats."""
    return rate * math.log(rate / from_rate) + (1 - rate) * math.log((1 - rate) / (1 - from_rate))
