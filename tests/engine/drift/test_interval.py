import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betaln

from engine.drift.interval import Interval, confidence_sequence, in_order

LOOKS = 80


@pytest.mark.parametrize(
    ("successes", "failures", "low", "high"),
    [(0, 0, 0, 1), (0, 5, 0, 0.62), (2, 3, 0.03, 0.90), (5, 0, 0.38, 1), (20, 0, 0.74, 1)],
)
def test_known_values(successes: int, failures: int, low: float, high: float) -> None:
    interval = confidence_sequence(successes, failures)
    assert interval.low == pytest.approx(low, abs=0.005)
    assert interval.high == pytest.approx(high, abs=0.005)


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.2])
@pytest.mark.parametrize(("s", "f"), [(1, 1), (3, 17), (40, 60), (999, 1), (4000, 6000)])
def test_the_bounds_are_the_roots_that_scipy_finds(s: int, f: int, alpha: float) -> None:
    def against(p: float) -> float:
        spoken = betaln(1 + s, 1 + f) - s * math.log(p) - f * math.log1p(-p)
        return float(spoken + math.log(alpha))

    interval = confidence_sequence(s, f, alpha)
    peak = s / (s + f)
    assert interval.low == pytest.approx(brentq(against, 1e-12, peak, xtol=1e-14), abs=1e-9)
    assert interval.high == pytest.approx(brentq(against, peak, 1 - 1e-12, xtol=1e-14), abs=1e-9)


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.floats(1e-6, 0.5))
@settings(max_examples=200)
def test_it_holds_the_observed_rate_and_is_never_a_point(s: int, f: int, alpha: float) -> None:
    interval = confidence_sequence(s, f, alpha)
    assert 0 <= interval.low < interval.high <= 1
    if interval.rate is not None:
        assert interval.low <= interval.rate <= interval.high
    mirrored = confidence_sequence(f, s, alpha)
    assert mirrored.low == pytest.approx(1 - interval.high, abs=1e-9)


def test_more_of_the_same_says_more_and_a_smaller_alpha_says_less() -> None:
    def width(interval: Interval) -> float:
        return interval.high - interval.low

    assert width(confidence_sequence(40, 60)) < width(confidence_sequence(4, 6))
    assert width(confidence_sequence(4, 6, 0.01)) > width(confidence_sequence(4, 6, 0.05))


def test_before_the_first_outcome_there_is_no_rate() -> None:
    assert confidence_sequence(0, 0).rate is None


@pytest.mark.parametrize(
    ("s", "f", "alpha"), [(-1, 0, 0.05), (0, -1, 0.05), (1, 1, 0.0), (1, 1, 1.0)]
)
def test_what_makes_no_sense_is_refused(s: int, f: int, alpha: float) -> None:
    with pytest.raises(ValueError, match=f"{s} and {f}"):
        confidence_sequence(s, f, alpha)


@pytest.fixture(scope="module")
def bounds() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Low and high for every count: `[looks, successes]`."""
    low = np.zeros((LOOKS + 1, LOOKS + 1))
    high = np.ones((LOOKS + 1, LOOKS + 1))
    for n in range(1, LOOKS + 1):
        for s in range(n + 1):
            interval = confidence_sequence(s, n - s)
            low[n, s], high[n, s] = interval.low, interval.high
    return low, high


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_watching_after_every_run_it_is_wrong_less_often_than_promised(
    rate: float, bounds: tuple[NDArray[np.float64], NDArray[np.float64]]
) -> None:
    low, high = bounds
    dice = np.random.default_rng(5)
    successes = (dice.random((4000, LOOKS)) < rate).cumsum(axis=1)
    looks = np.arange(1, LOOKS + 1)
    missed = (low[looks, successes] > rate) | (high[looks, successes] < rate)
    assert missed.any(axis=1).mean() <= 0.05
    shares = successes / looks
    spread = 1.96 * np.sqrt(shares * (1 - shares) / looks + 1.96**2 / (4 * looks**2))
    middle, scale = shares + 1.96**2 / (2 * looks), 1 + 1.96**2 / looks
    wilson = (np.abs(middle / scale - rate) > spread / scale).any(axis=1).mean()
    assert wilson > 0.15, "the usual interval would have done, and this test shows nothing"


def test_only_what_is_known_in_planned_order_counts() -> None:
    assert in_order([True, False, None, False]) == (True, False)
    assert in_order([None, True]) == ()
    assert in_order([]) == ()


def test_counting_in_the_order_of_finishing_would_not_be_honest() -> None:
    """Runs that drift end sooner: the first to finish are not a fair sample of all."""
    dice = np.random.default_rng(7)
    clean = dice.random((2000, 64)) < 0.5
    takes = np.where(clean, 8.0, 1.0) * dice.random((2000, 64))
    by_finish = np.take_along_axis(clean, takes.argsort(axis=1), axis=1)
    counts = by_finish[:, :32].sum(axis=1)
    wrong = [
        not (interval.low <= 0.5 <= interval.high)
        for interval in (confidence_sequence(int(s), 32 - int(s)) for s in counts)
    ]
    assert np.mean(wrong) > 0.2


def test_neither_needs_numpy_nor_scipy() -> None:
    code = (
        "import sys, engine.drift.interval, engine.drift.evalue as e\n"
        "e.compare([True] * 9, [False] * 9)\n"
        "sys.exit(bool({'numpy', 'scipy'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
