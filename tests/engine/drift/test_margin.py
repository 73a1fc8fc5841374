import statistics

import pytest

from engine.drift.margin import Margins, RunMargins
from engine.events import FirstTokenWeighed, TurnStarted


def test_the_margin_is_told_turn_by_turn_over_the_runs_that_got_there() -> None:
    margins = Margins()
    for each in ([0.9, 0.6, 0.2], [0.8, 0.5], [0.7]):
        margins.feed(each)
    first, second, third = margins.by_turn
    assert [(each.turn, each.runs) for each in margins.by_turn] == [(1, 3), (2, 2), (3, 1)]
    assert first.mean == pytest.approx(0.8)
    assert first.spread == pytest.approx(0.1)
    assert (first.lower, first.median, first.upper) == pytest.approx((0.75, 0.8, 0.85))
    assert second.mean == pytest.approx(0.55)
    assert (third.mean, third.spread, third.lower, third.upper) == (0.2, None, 0.2, 0.2)


def test_a_margin_that_rises_because_the_weak_have_gone_is_seen_in_the_weakest() -> None:
    margins = Margins()
    margins.feed([0.9, 0.9])
    margins.feed([0.1])
    assert [each.mean for each in margins.by_turn] == pytest.approx([0.5, 0.9])
    assert margins.weakest is not None
    assert margins.weakest.runs == 2
    assert margins.weakest.mean == pytest.approx(0.5)


def test_quartiles_are_those_of_the_standard_library() -> None:
    margins = Margins()
    values = [(each * 37 % 101) / 101 for each in range(101)]
    for value in values:
        margins.feed([value])
    (turn,) = margins.by_turn
    assert [turn.lower, turn.median, turn.upper] == pytest.approx(
        statistics.quantiles(values, n=4, method="inclusive")
    )
    assert turn.mean == pytest.approx(statistics.fmean(values))
    assert turn.spread == pytest.approx(statistics.stdev(values))


def test_a_run_without_a_prompt_counts_nowhere() -> None:
    margins = Margins()
    margins.feed([])
    assert margins.by_turn == ()
    assert margins.weakest is None


@pytest.mark.parametrize("wrong", [[1.1], [-0.1], [float("nan")]])
def test_what_is_no_probability_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Margins().feed(wrong)


def test_a_turn_that_is_weighed_again_after_its_reasoning_counts_as_weighed_last() -> None:
    margins = RunMargins()
    margins.feed(TurnStarted(at=1, turn=1))
    margins.feed(weighed(1, 0, 0.25))
    margins.feed(weighed(1, 9, 0.75))
    margins.feed(weighed(2, 0, 0.5))
    assert margins.values == (0.75, 0.5)


def test_turns_after_one_that_was_not_weighed_are_left_out() -> None:
    margins = RunMargins()
    margins.feed(weighed(1, 0, 0.25))
    margins.feed(weighed(3, 0, 0.5))
    assert margins.values == (0.25,)
    assert RunMargins().values == ()


def weighed(turn: int, position: int, command: float) -> FirstTokenWeighed:
    return FirstTokenWeighed(at=turn * 10 + position, turn=turn, position=position, command=command)
