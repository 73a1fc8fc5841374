"""Lines counted before they are wrapped: the count is what wrapping gives."""

from hypothesis import example, given
from hypothesis import strategies as st

from console.panes.strips import wrap
from console.panes.wrapped import COUNTED, DRAWN, Wrapped
from console.view.line import Line, line

PIECES = st.lists(st.text(max_size=30), min_size=1, max_size=4)


@given(PIECES, st.integers(1, 40), st.integers(0, 3))
@example(["┊ ", "a\tb", "日本語"], 8, 2)
@example(["☺", "\ufe0f"], 1, 0)
@example(["x" * 10], 10, 0)
@example(["x" * 11], 10, 0)
def test_a_line_takes_as_many_rows_as_wrapping_makes(
    texts: list[str], width: int, indent: int
) -> None:
    one = line(*texts, indent=indent)
    wrapped = Wrapped(width)
    assert wrapped.height(one) == len(wrapped.rows(one)) == len(wrap(one, width))


def test_rows_of_a_line_stay_the_same_objects_so_that_each_is_drawn_once() -> None:
    wrapped, one = Wrapped(10), line("the quick brown fox")
    assert wrapped.rows(one) is wrapped.rows(one)


def test_however_many_lines_are_looked_at_few_are_kept() -> None:
    wrapped = Wrapped(10)
    looked_at = [line(f"a line of more than ten cells {number}") for number in range(COUNTED + 1)]
    for one in looked_at:
        assert wrapped.height(one) == len(wrapped.rows(one))
    assert len(wrapped._rows) <= DRAWN
    assert len(wrapped._heights) <= COUNTED


def test_a_line_that_was_forgotten_leaves_its_identity_to_nobody() -> None:
    wrapped = Wrapped(10)
    for number in range(4 * DRAWN):
        made = Line((line(f"line {number}").pieces[0],))
        (row,) = wrapped.rows(made)
        assert row.text == f"line {number}"
