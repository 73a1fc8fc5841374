from rich.cells import cell_len

from console.experiment.curves import LEFT, Curve, Point, beneath, plot

GROWING = Curve("a", "s", (Point(0, 0.0), Point(1, 0.5), Point(2, 1.0)))


def rows(curves: list[Curve], width: int = 40, height: int = 12, turns: int = 2) -> list[str]:
    return [each.text for each in plot(curves, width, height, turns)]


def test_a_plot_has_the_rows_it_was_given_and_none_too_wide() -> None:
    for width, height in ((20, 6), (40, 12), (120, 30)):
        drawn = plot([GROWING], width, height, 2)
        assert len(drawn) == height
        assert all(cell_len(each.text) <= width for each in drawn)


def test_the_scale_goes_from_nothing_at_the_foot_to_all_at_the_top() -> None:
    drawn = rows([GROWING])
    assert drawn[0].startswith("   1┤")
    assert drawn[9].startswith("   0┤")
    assert drawn[-1].split() == ["turn", "0", "1", "2"]


def test_a_letter_stands_after_each_curves_end() -> None:
    falling = Curve("b", "t", (Point(0, 1.0), Point(2, 0.0)), steps=False)
    drawn = rows([GROWING, falling])
    assert drawn[0].endswith("a ")
    assert drawn[9].endswith("b ")


def test_letters_that_would_meet_are_moved_apart() -> None:
    same = [GROWING._replace(letter=letter) for letter in "abc"]
    ends = [row[-2] for row in rows(same)[:10]]
    assert [each for each in ends if each != " "] == ["a", "b", "c"]


def test_a_curve_that_ends_early_has_its_letter_there() -> None:
    short = Curve("z", "s", (Point(1, 0.5),), steps=False)
    (row,) = [row for row in rows([short]) if "z" in row]
    assert LEFT + 14 < row.index("z") < LEFT + 20


def test_steps_stay_until_the_next_turn_and_lines_do_not() -> None:
    stepped = rows([GROWING], height=20)
    straight = rows([GROWING._replace(steps=False)], height=20)
    middle = LEFT + 8
    assert stepped[17][middle] != " "
    assert straight[17][middle] == " "


def test_a_band_is_drawn_between_its_bounds_only() -> None:
    banded = Curve("a", "s", tuple(Point(turn, 0.5, 0.4, 0.6) for turn in (0, 1, 2)))
    drawn = rows([banded], height=22)
    assert all(not row[LEFT:].strip() for row in drawn[:6])
    assert drawn[9][LEFT:].strip()


def test_nothing_to_draw_is_an_empty_plot() -> None:
    assert len(rows([])) == 12
    assert len(rows([Curve("a", "s", ())])) == 12


def test_counts_stand_under_their_turns() -> None:
    ticks = plot([GROWING], 60, 12, 4)[-1].text
    counts = beneath("at risk", [40, 31, 7], 60, 4).text
    assert counts.startswith("at risk")
    assert abs(counts.index("40") - ticks.index("1")) <= 1
    assert counts.index("7") == ticks.index("3")


def test_a_label_gives_way_to_the_first_count() -> None:
    assert beneath("at risk", [40, 31], 24, 12).text.split() == ["at", "r", "40"]
