import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.drift.survival import FirstDrift, Incidence, first_drift
from engine.drift.tallies import share
from engine.drift.tally import RunResult
from engine.events import Outcome
from tests.engine.drift.runs import run

OUTCOMES: dict[str, Outcome] = {"drift": "drift", "exit": "clean", "censored": "no-exit"}


def runs(*endings: tuple[int, str]) -> list[RunResult]:
    return [run(0, at, OUTCOMES[how], turn=turn) for at, (turn, how) in enumerate(endings)]


def effective(point: Incidence) -> float:
    """How many runs Wilson's interval was told of, from its width at level z."""
    z, width = 1.959964, point.high - point.low
    p = point.drift
    low, high = 1e-6, 1e9
    for _ in range(200):
        n = (low * high) ** 0.5
        reach = 2 * z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
        low, high = (n, high) if reach > width else (low, n)
    return low


def test_values_of_lifelines() -> None:
    """AalenJohansenFitter(calculate_variance=True), lifelines 0.30.3: incidence and variance."""
    endings = ["drift", "censored", "exit", "drift", "exit", "censored", "drift", "drift"]
    endings += ["censored", "exit"]
    curve = first_drift(runs(*enumerate(endings, start=1)))
    assert [point.drift for point in curve] == pytest.approx(
        [0.1, 0.1, 0.1, 0.2125, 0.2125, 0.2125, 0.353125, 0.49375, 0.49375, 0.49375]
    )
    variances = [0.009] * 3 + [0.01796484375] * 3 + [0.028083251953125, *[0.0317197265625] * 2]
    told = [point.drift * (1 - point.drift) / effective(point) for point in curve[:-1]]
    assert told == pytest.approx(variances, rel=1e-4)


def test_an_example_by_hand_with_ties() -> None:
    curve = first_drift(
        runs((1, "drift"), (1, "exit"), (2, "drift"), (2, "censored"), (3, "exit"), (3, "drift"))
    )
    assert [point.at_risk for point in curve] == [6, 4, 2]
    # 1/6, then 4/6 · 1/4 more, then 4/6 · 3/4 · 1/2 more.
    assert [point.drift for point in curve] == pytest.approx([1 / 6, 1 / 3, 7 / 12])
    assert [point.exit for point in curve] == pytest.approx([1 / 6, 1 / 6, 5 / 12])
    assert curve[-1].going == 0
    assert [(point.drifted, point.exited) for point in curve] == [(1, 1), (1, 0), (1, 1)]


def test_up_to_the_turn_limit_it_is_the_share_that_has_drifted() -> None:
    endings = [(2, "drift")] * 3 + [(4, "drift")] * 2 + [(3, "exit")] * 5 + [(8, "censored")] * 10
    curve = first_drift(runs(*endings))
    assert [point.drift for point in curve] == pytest.approx([0, 0.15, 0.15, *[0.25] * 5])
    assert curve[-1].exit == pytest.approx(0.25)
    assert curve[-1].going == pytest.approx(0.5)
    assert effective(curve[-1]) == pytest.approx(20, rel=1e-3)


def test_to_call_an_exit_censored_would_promise_drifts_that_cannot_come() -> None:
    endings = [(1, "exit")] * 8 + [(2, "drift")] * 2
    curve = first_drift(runs(*endings))
    assert curve[-1].drift == pytest.approx(0.2)
    censored = first_drift(
        runs(*[(turn, how.replace("exit", "censored")) for turn, how in endings])
    )
    assert censored[-1].drift == 1


def test_no_bound_is_a_point_even_where_nothing_or_everything_was_seen() -> None:
    never = first_drift(runs(*[(4, "censored")] * 12))
    assert [point.drift for point in never] == [0] * 4
    assert never[-1].low == 0
    assert never[-1].high == pytest.approx(0.2425, abs=1e-3)
    some_left = first_drift(runs(*[(2, "censored")] * 6, *[(4, "censored")] * 6))
    assert some_left[1].high == pytest.approx(0.2425, abs=1e-3)
    assert some_left[3].high == pytest.approx(0.3903, abs=1e-3)
    always = first_drift(runs(*[(1, "drift")] * 12))
    assert always[-1].drift == 1
    assert always[-1].low == pytest.approx(0.7575, abs=1e-3)
    assert always[-1].high == 1


@pytest.mark.parametrize("many", [7, 10, 49, 60, 127, 200, 1000])
def test_where_every_run_has_drifted_the_upper_bound_is_that(many: int) -> None:
    """Added up in steps of any size: one in three in each of three turns, the rest after."""
    endings = [(1, "drift")] * (many // 3) + [(2, "drift")] * (many // 4)
    endings += [(8, "drift")] * (many - len(endings))
    last = first_drift(runs(*endings))[-1]
    assert share(last.drift) == share(last.high) == "1"
    assert last.low < last.drift <= last.high <= 1


def test_what_broke_says_nothing_about_the_operator() -> None:
    broken = [run(0, 9, "fault", turn=1), run(0, 10, "stopped", turn=2)]
    whole = runs((1, "drift"), (2, "exit"))
    assert first_drift([*broken, *whole]) == first_drift(whole)
    assert first_drift(broken) == ()
    assert first_drift([]) == ()


def test_run_by_run_gives_what_all_at_once_gives() -> None:
    every = runs((1, "drift"), (3, "exit"), (5, "censored"))
    counts = FirstDrift()
    for each in every:
        counts.feed(each)
        counts.curve()
    assert counts.curve() == first_drift(every)
    assert counts.runs == 3


@given(
    st.lists(
        st.tuples(st.integers(1, 12), st.sampled_from(["drift", "exit", "censored"])), min_size=1
    )
)
@settings(max_examples=200)
def test_the_three_shares_make_one_and_the_curve_never_falls(
    endings: list[tuple[int, str]],
) -> None:
    curve = first_drift(runs(*endings))
    assert len(curve) == max(turn for turn, _ in endings)
    for point in curve:
        assert point.drift + point.exit + point.going == pytest.approx(1)
        assert 0 <= point.low <= point.drift + 1e-12
        assert point.drift - 1e-12 <= point.high <= 1
        assert point.low < point.high
    drifts = [point.drift for point in curve]
    assert drifts == sorted(drifts)


def test_the_bounds_hold_the_truth_at_one_look() -> None:
    """Drift with a chance of .1 a turn, exit of .15, some runs censored early, up to turn 6."""
    dice = np.random.default_rng(3)
    truth = sum(0.1 * 0.75 ** (turn - 1) for turn in range(1, 7))
    held = 0
    for _ in range(800):
        endings = []
        for chances in dice.random((25, 6)):
            limit = int(dice.integers(3, 7))
            seen = [turn for turn in range(1, limit + 1) if chances[turn - 1] < 0.25]
            how = "drift" if seen and chances[seen[0] - 1] < 0.1 else "exit"
            endings.append((seen[0], how) if seen else (limit, "censored"))
        last = first_drift(runs(*endings))[-1]
        held += last.low <= truth <= last.high if last.turn == 6 else 1
    assert held / 800 > 0.95 - 2 * (0.95 * 0.05 / 800) ** 0.5
