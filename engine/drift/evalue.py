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
from collections.abc import Sequence

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
        if self.decided:
            return f"separated (E = {self.peak:.3g})"
        if self.blocks == 0:
            return "no pair of runs yet"
        if self.blocks == 1:
            return "one pair tells nothing, whatever it showed"
        if self.further is None:
            return f"not attributable yet: more than {FAR} more pairs at these rates"
        pairs = "pair" if self.further == 1 else "pairs"
        return f"not attributable yet: about {self.further} more {pairs} at these rates"


def compare(first: Sequence[bool], second: Sequence[bool], alpha: float = ALPHA) -> Comparison:
    """Compare two configs by their outcomes in planned order; the longer one's rest has to wait.

    Raises `ValueError` for an alpha that is not between 0 and 1.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"alpha {alpha}: must lie between 0 and 1")
    blocks = list(zip(first, second, strict=False))
    counts = [0, 0]
    log_e = log_peak = 0.0
    for seen, block in enumerate(blocks):
        rates = [(count + KAPPA) / (seen + 2 * KAPPA) for count in counts]
        together = sum(rates) / 2
        for arm, outcome in enumerate(block):
            log_e += math.log(_chance(rates[arm], outcome) / _chance(together, outcome))
            counts[arm] += outcome
        log_peak = max(log_peak, log_e)
    needed = -math.log(alpha)
    further = 0 if log_peak >= needed else _forecast(counts, len(blocks), needed - log_e)
    return Comparison(
        blocks=len(blocks),
        successes=(counts[0], counts[1]),
        e_value=math.exp(min(log_e, _LARGEST)),
        peak=math.exp(min(log_peak, _LARGEST)),
        further=further,
        alpha=alpha,
    )


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
    for more in range(1, FAR + 1):
        cost = 0.5 * math.log((blocks + more) / max(blocks, 1))
        if more * gain - cost >= missing:
            return more
    return None


def _divergence(rate: float, from_rate: float) -> float:
    """Kullback–Leibler, of two outcomes with a chance strictly between 0 and 1, in nats."""
    return rate * math.log(rate / from_rate) + (1 - rate) * math.log((1 - rate) / (1 - from_rate))
