import statistics

import numpy as np
import pytest

from engine.drift.evalue import FAR, compare, e_bh, e_holm


def drawn(dice: np.random.Generator, rate: float, n: int) -> list[bool]:
    return [bool(each) for each in dice.random(n) < rate]


def first_decided(first: list[bool], second: list[bool]) -> int:
    """How many blocks it took, by halving: once decided it stays so; one more than all if never."""
    low, high = 0, len(first) + 1
    while high - low > 1:
        middle = (low + high) // 2
        if compare(first[:middle], second[:middle]).decided:
            high = middle
        else:
            low = middle
    return high


def test_four_pairs_of_none_against_all_are_enough() -> None:
    assert not compare([False] * 3, [True] * 3).decided
    comparison = compare([False] * 4, [True] * 4)
    assert comparison.decided
    assert comparison.verdict == "separated (E = 36.8)"
    assert compare([False] * 5, [True] * 5).verdict == "separated (E = 135)"
    assert compare([False] * 50, [True] * 50).verdict == "separated (E > 10,000)"
    assert comparison.further == 0


def test_a_peak_that_is_past_is_said_to_be() -> None:
    """What the bet reached decides; it is not what the bet is worth."""
    again = compare([*[False] * 5, True], [*[True] * 5, False])
    assert again.e_value < 20 < again.peak
    assert again.verdict == "separated (E reached 135)"
    late = compare([*[False] * 50, *[True] * 3], [*[True] * 50, *[False] * 3])
    assert late.verdict == "separated (E passed 10,000)"


def test_a_value_worked_out_by_hand() -> None:
    # Second block: both rates come from one block with κ = .18: .18/1.36 and 1.18/1.36, mean .5.
    assert compare([False], [True]).e_value == 1
    assert compare([False] * 2, [True] * 2).e_value == pytest.approx((1.18 / 1.36 / 0.5) ** 2)


def test_one_pair_tells_nothing_and_says_so() -> None:
    for first in (True, False):
        for second in (True, False):
            comparison = compare([first], [second])
            assert comparison.e_value == pytest.approx(1)
            assert comparison.verdict == "one pair tells nothing, whatever it showed"
    assert compare([], [True]).verdict == "no pair of runs yet"


def test_what_is_still_needed_is_said_in_pairs() -> None:
    first = [True, False, False, True, False] * 2
    second = [True, True, True, True, False] * 2
    comparison = compare(first, second)
    assert not comparison.decided
    # By hand: rates of 4.5/11 and 8.5/11 bring .1406 nats a block, of which learning them takes half
    # of ln(blocks / 10). From ln .8646 to ln 20 that is 28 more; if learning were free, 23.
    assert comparison.further == 28
    assert f"about {comparison.further} more pairs" in comparison.verdict


def test_equal_rates_promise_no_end() -> None:
    comparison = compare([True, False] * 20, [True, False] * 20)
    assert comparison.further is None
    assert f"more than {FAR} more pairs" in comparison.verdict


def test_the_order_of_configs_does_not_matter() -> None:
    dice = np.random.default_rng(3)
    first, second = drawn(dice, 0.3, 40), drawn(dice, 0.6, 40)
    there, back = compare(first, second), compare(second, first)
    assert there.e_value == pytest.approx(back.e_value)
    assert there.further == back.further
    assert there.successes == back.successes[::-1]


def test_runs_without_a_partner_wait() -> None:
    assert compare([True] * 9, [False] * 2) == compare([True] * 2, [False] * 2)


def test_once_separated_stays_separated() -> None:
    first, second = [False] * 6 + [True] * 40, [True] * 46
    comparison = compare(first, second)
    assert comparison.e_value < comparison.peak
    assert comparison.decided


def test_ten_thousand_pairs_do_not_overflow() -> None:
    comparison = compare([False] * 10_000, [True] * 10_000)
    assert comparison.decided
    assert np.isfinite(comparison.peak)


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0])
def test_an_alpha_that_makes_no_sense_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        compare([True], [True], alpha)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_two_equal_configs_are_seldom_separated_however_long_one_watches(rate: float) -> None:
    dice = np.random.default_rng(11)
    peaks = [compare(drawn(dice, rate, 120), drawn(dice, rate, 120)).decided for _ in range(600)]
    assert np.mean(peaks) <= 0.05


def test_under_equal_rates_the_bet_is_not_expected_to_grow() -> None:
    dice = np.random.default_rng(13)
    values = [compare(drawn(dice, 0.4, 30), drawn(dice, 0.4, 30)).e_value for _ in range(3000)]
    assert np.mean(values) < 1 + 3 * np.std(values) / np.sqrt(len(values))


@pytest.mark.parametrize(
    ("rates", "median"), [((0.0, 1.0), 4), ((0.4, 1.0), 9), ((0.4, 0.9), 15), ((0.5, 0.8), 50)]
)
def test_how_many_pairs_it_takes(rates: tuple[float, float], median: int) -> None:
    dice = np.random.default_rng(17)
    took = [
        first_decided(drawn(dice, rates[0], 4 * median), drawn(dice, rates[1], 4 * median))
        for _ in range(200)
    ]
    assert statistics.median(took) == pytest.approx(median, rel=0.2, abs=1)


@pytest.mark.parametrize("rates", [(0.4, 0.9), (0.2, 0.6), (0.5, 0.8)])
def test_the_forecast_is_about_what_then_comes(rates: tuple[float, float]) -> None:
    dice = np.random.default_rng(19)
    # Ten blocks that show the rates as they are, spread evenly.
    seen = [[(i * 7) % 10 < round(10 * rate) for i in range(10)] for rate in rates]
    forecast = compare(seen[0], seen[1]).further
    assert forecast
    took = []
    for _ in range(150):
        first, second = (seen[arm] + drawn(dice, rates[arm], 200) for arm in (0, 1))
        took.append(first_decided(first, second) - 10)
    assert 0.5 < forecast / statistics.median(took) < 2


def test_holm_asks_more_of_the_first_the_more_pairs_there_are() -> None:
    assert e_holm([25.0]) == (True,)
    assert e_holm([25.0, 1.0]) == (False, False)
    assert e_holm([45.0, 25.0]) == (True, True)
    assert e_holm([25.0, 45.0, 1.0]) == (False, False, False)
    assert e_holm([25.0, 70.0, 45.0]) == (True, True, True)
    assert e_holm([]) == ()


def test_e_bh_lets_many_support_each_other() -> None:
    assert e_bh([25.0, 1.0]) == (False, False)
    assert e_bh([25.0, 25.0]) == (True, True)
    assert e_bh([1.0, 61.0, 31.0]) == (False, True, True)
    assert e_bh([]) == ()


def test_holm_is_never_bolder_than_e_bh() -> None:
    dice = np.random.default_rng(23)
    for _ in range(300):
        values = [float(each) for each in np.exp(dice.normal(2, 2, size=dice.integers(1, 9)))]
        assert not any(
            holm and not bh for holm, bh in zip(e_holm(values), e_bh(values), strict=True)
        )


def test_many_equal_pairs_are_seldom_separated_after_holm() -> None:
    dice = np.random.default_rng(29)
    wrong = 0
    for _ in range(150):
        arms = [drawn(dice, 0.5, 60) for _ in range(4)]
        peaks = [compare(arms[i], arms[j]).peak for i in range(4) for j in range(i)]
        wrong += any(e_holm(peaks))
    assert wrong / 150 <= 0.05
