from rich.cells import cell_len

from console.experiment.forest import Estimate, Heading, forest

MARKS = ((0.0, "0"), (0.5, ".5"), (1.0, "1"))


def test_the_dot_is_where_the_number_is_and_the_line_where_its_bounds_are() -> None:
    rows = [Estimate("x", "s", 0.5, 0.25, 0.75)]
    row, axis, ticks = (each.text for each in forest(rows, 40, low=0, high=1, marks=MARKS))
    assert row.index("●") == axis.index("┴", axis.index("┴") + 1) == ticks.index(".5") + 1
    first, last = axis.index("┴"), axis.rindex("┴")
    quarter = (last - first) // 4
    assert abs(row.index("━") - first - quarter) <= 1
    assert abs(row.rindex("━") - last + quarter) <= 1


def test_wider_bounds_are_thin_and_outside_the_others() -> None:
    rows = [Estimate("x", "s", 0.5, 0.4, 0.6, 0.2, 0.8)]
    row = forest(rows, 60, low=0, high=1, marks=MARKS)[0].text.strip()
    inner = row.removeprefix("x").strip()
    assert inner.strip("─").strip("╺╸━").strip() == "●"
    assert inner.startswith("─")
    assert inner.endswith("─")


def test_no_line_is_wider_than_the_pane() -> None:
    words = ".50 [.25–.75] and then some more"
    rows: list[Estimate | Heading] = [
        Heading("a heading"),
        Estimate("a rather long label that must be cut", "s", 0.5, 0.25, 0.75, words=words),
        Estimate(
            "nothing", "s", words="for a reason that is much longer than the pane is wide " * 3
        ),
    ]
    for width in (24, 40, 80, 200):
        drawn = forest(rows, width, low=0, high=1, marks=MARKS)
        assert all(cell_len(each.text) <= width for each in drawn), width


def test_where_nothing_is_known_the_words_say_why() -> None:
    row = forest([Estimate("x", "s", words="no run yet")], 60, low=0, high=1, marks=MARKS)[0]
    assert row.text == "x no run yet"


def test_none_is_a_line_to_compare_with() -> None:
    rows = [Estimate("x", "s", 0.4, 0.2, 0.6), Estimate("y", "s", 0.0, -0.2, 0.2)]
    above, below, *_ = forest(rows, 60, low=-1, high=1, marks=((0.0, "0"),), zero=0.0)
    assert above.text.index("│") == below.text.index("●")
