import itertools

import pytest

from console.panes.experimentlayout import (
    BOARD_PANES,
    PLOTS,
    BoardPaneName,
    arrange_board,
)
from console.panes.layout import Layout

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (159, 60), (160, 46), (200, 60), (320, 90)]


def overlapping(layout: Layout[BoardPaneName]) -> list[tuple[str, str]]:
    """Pairs of panes whose insides meet."""
    return [
        (one, other)
        for (one, a), (other, b) in itertools.combinations(layout.boxes.items(), 2)
        if a.x < b.right and b.x < a.right and a.y < b.bottom and b.y < a.bottom
    ]


@pytest.mark.parametrize("effects", [True, False])
@pytest.mark.parametrize("configs", [1, 5, 16, 64])
@pytest.mark.parametrize("size", SIZES)
def test_panes_share_borders_and_nothing_else(
    size: tuple[int, int], configs: int, effects: bool
) -> None:
    width, height = size
    for front in BOARD_PANES:
        layout = arrange_board(width, height, configs, front, effects=effects)
        assert not overlapping(layout)
        assert "configs" in layout.boxes
        for box in layout.boxes.values():
            assert box.x >= 0
            assert box.right == width - 1 or box.right < width - 10
            assert 2 <= box.y < box.bottom <= height - 2
            assert box.height >= 4


@pytest.mark.parametrize("effects", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_every_pane_is_in_sight_or_behind_a_tab(size: tuple[int, int], effects: bool) -> None:
    layout = arrange_board(*size, 5, "runs", effects=effects)
    assert set(layout.boxes) | set(layout.sharing) == set(BOARD_PANES)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("front", BOARD_PANES)
def test_what_is_wanted_in_front_is_in_sight(size: tuple[int, int], front: BoardPaneName) -> None:
    assert front in arrange_board(*size, 5, front, effects=False).boxes


def test_the_configs_take_no_more_than_they_need_nor_than_their_share() -> None:
    assert arrange_board(120, 40, 2, "runs").boxes["configs"].height == 5
    assert arrange_board(120, 40, 64, "runs").boxes["configs"].height <= 15


def test_one_alone_has_the_whole_screen() -> None:
    layout = arrange_board(120, 40, 5, "runs", "margin")
    assert list(layout.boxes) == ["margin"]
    assert layout.boxes["margin"].width == 120


def test_a_large_screen_shows_all_plots_at_once() -> None:
    assert set(PLOTS) < set(arrange_board(200, 60, 5, "runs").boxes)


def test_few_runs_leave_their_room_to_the_verdicts() -> None:
    for size in ((120, 40), (200, 60)):
        few = arrange_board(*size, 5, "runs", runs=5).boxes
        many = arrange_board(*size, 5, "runs", runs=400).boxes
        assert few["runs"].height == 8
        assert few["verdicts"].height > many["verdicts"].height


def test_intervals_of_few_configs_stay_in_sight_over_the_other_plots() -> None:
    for front in BOARD_PANES:
        layout = arrange_board(120, 40, 5, front)
        assert "intervals" in layout.boxes
        assert layout.sharing == ("survival", "effects", "margin")
    assert "intervals" in arrange_board(120, 40, 16, "runs").sharing
    assert "intervals" in arrange_board(120, 30, 5, "runs").sharing
