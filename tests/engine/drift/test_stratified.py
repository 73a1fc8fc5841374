"""The difference of two configs within tasks, against published tables and simulation."""

import math
import random

import pytest

from engine.drift.stratified import Block, _likeliest, stratified

# Admissions to Berkeley in 1973 by department, men and women (P. J. Bickel et al., Science 187, 1975).
BERKELEY = (
    Block(512, 825, 89, 108),
    Block(353, 560, 17, 25),
    Block(120, 325, 202, 593),
    Block(138, 417, 131, 375),
    Block(53, 191, 94, 393),
    Block(22, 373, 24, 341),
)


def test_the_test_agrees_with_statsmodels_where_the_whole_misleads() -> None:
    found = stratified(BERKELEY)
    assert found is not None
    # StratifiedTable(…).test_null_odds(correction=False) of statsmodels 0.15.
    assert found.chi2 == pytest.approx(1.5246066604434356)
    assert found.p == pytest.approx(0.21692369705551807)
    assert found.low < 0 < found.high
    # Thrown together, men are admitted more often; within departments they are not.
    whole = stratified(
        [
            Block(
                sum(each.successes for each in BERKELEY),
                sum(each.trials for each in BERKELEY),
                sum(each.other_successes for each in BERKELEY),
                sum(each.other_trials for each in BERKELEY),
            )
        ]
    )
    assert whole is not None
    assert whole.low > 0.1
    assert found.difference < 0


def test_small_tables_agree_with_statsmodels() -> None:
    found = stratified([Block(5, 5, 1, 5), Block(3, 5, 0, 5), Block(4, 5, 2, 5)])
    assert found is not None
    assert found.chi2 == pytest.approx(10.56521739130435)
    assert found.p == pytest.approx(0.0011523548173193454)
    assert found.difference == pytest.approx(0.6)


@pytest.mark.parametrize("difference", [-0.4, 0.0, 0.2, 0.7])
def test_the_interval_ends_where_a_score_test_of_the_likeliest_rates_does(
    difference: float,
) -> None:
    """The closed form against a search for the likeliest rates with that difference."""
    block = Block(7, 10, 5, 12)

    def likelihood(rate: float) -> float:
        other = rate - difference
        return (
            7 * math.log(rate)
            + 3 * math.log(1 - rate)
            + 5 * math.log(other)
            + 7 * math.log(1 - other)
        )

    grid = [at / 5000 for at in range(1, 5000) if 0 < at / 5000 - difference < 1]
    assert _likeliest(block, difference) == pytest.approx(max(grid, key=likelihood), abs=3e-4)


def test_interval_and_test_agree_on_no_difference() -> None:
    draw = random.Random(5)
    told = 0
    for _ in range(300):
        blocks = [
            Block(
                sum(draw.random() < 0.7 for _ in range(6)),
                6,
                sum(draw.random() < 0.35 for _ in range(6)),
                6,
            )
            for _ in range(3)
        ]
        found = stratified(blocks)
        assert found is not None
        assert (found.low > 0 or found.high < 0) == (found.p is not None and found.p < 0.05)
        told += found.low > 0
    assert 50 < told < 280


def test_one_large_table_has_the_plain_interval() -> None:
    found = stratified([Block(400, 1000, 300, 1000)])
    assert found is not None
    reach = 1.959964 * (0.4 * 0.6 / 1000 + 0.3 * 0.7 / 1000) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.1 - reach, 0.1 + reach), abs=1e-3)


@pytest.mark.parametrize(("good", "other"), [(0, 0), (4, 4), (4, 0)])
def test_no_interval_is_a_point(good: int, other: int) -> None:
    found = stratified([Block(good, 4, other, 4)] * 3)
    assert found is not None
    assert found.low < found.difference <= found.high
    assert found.high - found.low > 0.1
    assert (found.p is None) == (good == other)


def test_swapping_the_two_turns_the_difference_around() -> None:
    blocks = [Block(3, 5, 1, 6), Block(2, 4, 2, 4)]
    one = stratified(blocks)
    other = stratified(
        [Block(b.other_successes, b.other_trials, b.successes, b.trials) for b in blocks]
    )
    assert one is not None
    assert other is not None
    assert (other.difference, other.low, other.high) == pytest.approx(
        (-one.difference, -one.high, -one.low)
    )
    assert other.p == pytest.approx(one.p)


def test_blocks_that_only_one_has_run_count_for_nothing() -> None:
    both = [Block(3, 5, 1, 5)]
    assert stratified([*both, Block(9, 9, 0, 0)]) == stratified(both)
    assert stratified([Block(9, 9, 0, 0)]) is None


@pytest.mark.parametrize("runs", [3, 10])
@pytest.mark.parametrize(
    "rates", [((0.9, 0.5), (0.5, 0.2), (0.3, 0.1)), ((0.5, 0.5),) * 4, ((1.0, 0.6), (0.1, 0.0)) * 2]
)
def test_few_runs_a_task_cover_the_truth_as_often_as_promised(
    rates: tuple[tuple[float, float], ...], runs: int
) -> None:
    draw = random.Random(3)
    true = sum(a - b for a, b in rates) / len(rates)
    covered = 0
    for _ in range(300):
        found = stratified(
            Block(
                sum(draw.random() < a for _ in range(runs)),
                runs,
                sum(draw.random() < b for _ in range(runs)),
                runs,
            )
            for a, b in rates
        )
        assert found is not None
        covered += found.low <= true <= found.high
    assert covered > 0.92 * 300
