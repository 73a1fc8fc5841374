import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from console.appearance import appearances
from console.panes.strips import breaks, shown, strip_of, wrap
from console.view.line import line

LOOK = appearances()[0]["dark"]


@given(st.text(max_size=120), st.integers(4, 40), st.integers(0, 3))
def test_rows_cover_the_text_in_order_and_fit(text: str, width: int, indent: int) -> None:
    text = shown(text)
    rows = breaks(text, width, indent)
    assert [start for start, _ in rows] == [0, *(stop for _, stop in rows[:-1])]
    assert rows[-1][1] == len(text)
    for number, (start, stop) in enumerate(rows):
        part = text[start:stop].rstrip(" ")
        room = width - (indent if number else 0)
        assert cell_len(part) <= room or len(part) == 1


def test_words_stay_whole_where_they_fit() -> None:
    rows = wrap(line("the quick brown fox jumps", indent=2), 12)
    assert [row.text for row in rows] == ["the quick", "  brown fox", "  jumps"]


def test_a_word_longer_than_the_pane_is_cut() -> None:
    rows = wrap(line("x" * 25), 10)
    assert [row.text for row in rows] == ["x" * 10, "x" * 10, "x" * 5]


def test_wide_characters_count_two_cells() -> None:
    rows = wrap(line("日本語日本語"), 7)
    assert [row.text for row in rows] == ["日本語", "日本語"]


def test_a_rule_is_filled_to_the_width() -> None:
    (row,) = wrap(line(("── ", "rule"), ("turn 1 ", "rule-label"), filler="─"), 20)
    assert row.strip(LOOK, 20).text == "── turn 1 ──────────"


def test_styles_survive_wrapping() -> None:
    rows = wrap(line(("aaa ", "faint"), ("bbb", "bad")), 4)
    assert [[segment.text for segment in row.strip(LOOK, 4)] for row in rows] == [
        ["aaa "],
        ["bbb"],
    ]
    assert next(iter(rows[1].strip(LOOK, 4))).style == LOOK.style("bad")


@pytest.mark.parametrize("text", ["\x1b[31mred", "a\x9bb", "\u202eabc", "[@click=app.quit]x[/]"])
def test_no_segment_carries_what_a_terminal_would_obey(text: str) -> None:
    (row,) = wrap(line((text, "text")), 60)
    drawn = row.strip(LOOK, 60).text
    assert drawn == strip_of(LOOK, (text, "text")).text
    assert not any(ord(character) < 32 or character in "\x9b\u202e" for character in drawn)
    assert all(not segment.style or not segment.style.meta for segment in row.strip(LOOK, 60))


def test_tabs_are_drawn_as_spaces() -> None:
    assert shown("a\tb") == "a       b"
