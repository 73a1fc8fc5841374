import pytest

from console.experiment.scale import Scale, axis, ticks, whisker


def test_the_ends_lie_in_the_first_and_the_last_place() -> None:
    scale = Scale(0, 1, 11)
    assert [scale.at(value) for value in (0, 0.5, 1)] == [0, 5, 10]
    assert [scale.at(value) for value in (-3, 7)] == [0, 10]


def test_a_scale_may_go_down() -> None:
    down = Scale(1, 0, 5)
    assert [down.at(value) for value in (1, 0.5, 0)] == [0, 2, 4]


@pytest.mark.parametrize(
    ("low", "high", "drawn"),
    [(0, 1, "━━━━━"), (0, 0, "╸    "), (1, 1, "    ╺"), (0.4, 0.6, "  ━  "), (0.25, 0.6, " ━━  ")],
)
def test_a_whisker_is_exact_to_half_a_cell(low: float, high: float, drawn: str) -> None:
    assert whisker(Scale(0, 1, 5), low, high) == drawn


def test_words_stand_under_their_numbers_and_none_is_cut() -> None:
    scale = Scale(0, 1, 21)
    assert ticks(scale, (0, 0.5, 1), ("0", ".5", "1")) == "0        .5         1"
    assert ticks(Scale(0, 1, 4), (0, 0.5, 1), ("zero", "half", "one")) == "zero"


def test_words_wider_than_the_scale_are_left_out() -> None:
    assert ticks(Scale(0, 1, 3), (0, 1), ("zero", "1")) == "  1"


def test_the_axis_marks_its_numbers() -> None:
    assert axis(Scale(0, 1, 5), (0, 0.5, 1)) == "┴─┴─┴"
