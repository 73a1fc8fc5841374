import itertools
import random
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.shell.terminal import Cursor, Terminal


def lines(terminal: Terminal) -> list[str]:
    return [terminal.line(y).text for y in range(terminal.total)]


def test_carriage_return_and_cursor_movement_are_rendered() -> None:
    terminal = Terminal(20, 4)
    terminal.feed(b"50%\r100%\r\n\x1b[3;5Hx\x1b[1;1H>")
    assert lines(terminal) == [">00%", "", "    x", ""]
    assert terminal.cursor == Cursor(1, 0, True)


def test_what_scrolls_off_is_history() -> None:
    terminal = Terminal(20, 3)
    for number in range(1000):
        terminal.feed(b"line %d\r\n" % number)
    assert terminal.total == 1001
    assert lines(terminal) == [f"line {number}" for number in range(1000)] + [""]


def test_history_is_bounded_and_its_end_is_kept() -> None:
    terminal = Terminal(20, 3, scrollback=500)
    for number in range(5000):
        terminal.feed(b"line %d\r\n" % number)
        if number % 977 == 0:
            terminal.changed_since(0)
    # The library gives up a page of rows at a time.
    assert 500 <= terminal.total <= 1000
    assert lines(terminal)[-3:] == ["line 4998", "line 4999", ""]


def test_a_line_outside_is_an_error() -> None:
    terminal = Terminal(20, 3)
    for y in (-1, 3):
        with pytest.raises(IndexError):
            terminal.line(y)


def test_only_what_changed_is_told() -> None:
    terminal = Terminal(20, 5)
    terminal.feed(b"a\r\nb\r\nc")
    terminal.changed_since(0)
    seen = terminal.version
    assert terminal.changed_since(seen) == frozenset()
    terminal.feed(b"\x1b[2;1HB")
    assert terminal.changed_since(seen) == frozenset({1})
    assert terminal.changed_since(terminal.version) == frozenset()


def test_scrolling_changes_only_the_new_lines() -> None:
    terminal = Terminal(20, 3)
    terminal.feed(b"a\r\nb\r\nc")
    terminal.changed_since(0)
    seen = terminal.version
    terminal.feed(b"C\r\nd\r\ne")
    assert terminal.changed_since(seen) == frozenset({2, 3, 4})
    assert lines(terminal) == ["a", "b", "cC", "d", "e"]


@pytest.mark.parametrize("change", [b"\x1b[?1049h", b"\x1bc"])
def test_another_screen_changes_everything_or_all_that_was_there(change: bytes) -> None:
    terminal = Terminal(20, 3)
    terminal.feed(b"a\r\nb\r\nc\r\nd")
    terminal.changed_since(0)
    seen = terminal.version
    terminal.feed(change)
    changed = terminal.changed_since(seen)
    assert changed is None or changed == set(range(terminal.total))


def test_a_resize_flows_long_lines_anew_and_changes_everything() -> None:
    terminal = Terminal(10, 4)
    terminal.feed(b"0123456789abcde\r\n")
    assert terminal.wraps(0)
    assert not terminal.wraps(1)
    terminal.changed_since(0)
    seen = terminal.version
    terminal.resize(20, 4)
    assert terminal.changed_since(seen) is None
    assert terminal.line(0).text == "0123456789abcde"
    assert terminal.size == (20, 4)


def test_whoever_has_not_looked_for_long_draws_everything() -> None:
    terminal = Terminal(20, 3)
    for number in range(1000):
        terminal.feed(b"\r%d" % number)
        terminal.changed_since(terminal.version)
    assert terminal.changed_since(1) is None


def test_drawing_by_changes_shows_the_same_as_drawing_everything() -> None:
    """A pane that redraws only what it is told shows what a pane that redraws everything does."""
    chance = random.Random(7)
    terminal = Terminal(24, 6, scrollback=400)
    words = [b"word %d " % n for n in range(40)] + [
        *(
            b"\r\n",
            b"\r\n\r\n",
            b"\x1b[A",
            b"\x1b[2K",
            b"\x1b[H",
            b"\x1b[6;1H",
            b"\x1b[L",
            b"\x1b[M",
        ),
        *(b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b[31m", b"\x1b[0m", b"\x1b[J", b"\x1b[3J", b"\x1bM"),
    ]
    shown: dict[int, str] = {}
    version = 0
    for step in range(1500):
        terminal.feed(b"".join(chance.choices(words, k=chance.choice((1, 3, 60)))))
        if chance.random() < 0.01:
            terminal.resize(chance.choice((24, 17, 40)), chance.choice((6, 3, 9)))
        if step % 3:
            continue
        changed = terminal.changed_since(version)
        version = terminal.version
        redraw = range(terminal.total) if changed is None else changed
        shown.update({y: terminal.line(y).text for y in redraw if y < terminal.total})
        fresh = [terminal.line(y).text for y in range(terminal.total)]
        assert [shown[y] for y in range(terminal.total)] == fresh
        screen = [line.rstrip() for line in fresh[-terminal.size[1] :]]
        rendered = [line.rstrip() for line in terminal.text().split("\n")]
        assert screen[: len(rendered)] == rendered
        assert not any(screen[len(rendered) :])


def test_a_full_screen_program_leaves_the_screen_as_it_was() -> None:
    terminal = Terminal(20, 3)
    terminal.feed(b"$ vi\r\n\x1b[?1049h\x1b[H\x1b[2J~ file")
    assert (terminal.alternate_screen, terminal.text()) == (True, "~ file")
    terminal.feed(b"\x1b[?1049l$ ")
    assert (terminal.alternate_screen, terminal.text()) == (False, "$ vi\n$")


def test_text_is_rendered_with_wide_and_combining_characters() -> None:
    terminal = Terminal(20, 2)
    terminal.feed("漢字 e\u0301 é".encode())
    assert terminal.line(0).text == "漢字 e\u0301 é"


def test_a_character_may_come_in_pieces() -> None:
    terminal = Terminal(20, 2)
    for byte in "漢 \x1b[1mé".encode():
        terminal.feed(bytes([byte]))
    assert terminal.text() == "漢 é"


def test_contents_join_what_was_wrapped() -> None:
    terminal = Terminal(10, 2)
    terminal.feed(b"0123456789abcde\r\nx\r\ny")
    assert terminal.contents() == "0123456789abcde\nx\ny"
    assert terminal.text() == "x\ny"


def test_questions_are_answered() -> None:
    answers: list[bytes] = []
    terminal = Terminal(20, 4, on_reply=answers.append)
    terminal.feed(b"\r\nab\x1b[6n\x1b[c")
    assert answers == [b"\x1b[2;3R", b"\x1b[?62;22c"]


def test_the_clipboard_cannot_be_read_and_the_title_is_nobodys() -> None:
    answers: list[bytes] = []
    terminal = Terminal(20, 2, on_reply=answers.append)
    terminal.feed(b"\x1b]52;c;?\x1b\\\x1b]0;evil\x07\x1b[21t")
    assert answers == []
    assert terminal.text() == ""


def test_modes_are_told() -> None:
    terminal = Terminal(20, 2)
    assert not terminal.mode(1)
    terminal.feed(b"\x1b[?1h\x1b[?2004h\x1b[?25l")
    assert terminal.mode(1)
    assert terminal.mode(2004)
    assert not terminal.cursor.visible


def test_any_bytes_at_all_do_no_harm() -> None:
    chance = random.Random(3)
    terminal = Terminal(80, 24)
    for _ in range(20):
        terminal.feed(chance.randbytes(4096))
        for y in range(terminal.total):
            categories = {unicodedata.category(char) for char in terminal.line(y).text}
            assert categories.isdisjoint({"Cc", "Cs"})


def test_colours_alone_are_a_change() -> None:
    terminal = Terminal(20, 2)
    terminal.feed(b"word")
    terminal.changed_since(0)
    for sgr, version in zip((b"31", b"32"), itertools.repeat(terminal.version), strict=False):
        terminal.feed(b"\r\x1b[" + sgr + b"mword")
        assert terminal.changed_since(version) == frozenset({0})


PIECES = (
    b"hello ", b"\r\n", b"\t", b"x" * 130, "é漢字👩‍👩‍👧".encode(), b"\x1b[31m", b"\x1b[0m",
    b"\x1b[38;5;200m", b"\x1b[48;2;1;2;3m", b"\x1b[1m", b"\x1b[2J", b"\x1b[H", b"\x1b[K", b"\x1b[5;9r",
    b"\x1b[r", b"\x1b7", b"\x1b8", b"\x1b[?1049h", b"\x1b[?1049l", b"\x1b(0", b"\x1b(B", b"\x1b)0\x0e",
    b"\x0f", b"\x1bH", b"\x1b[3g", b"\x1b[?6h", b"\x1b[?6l", b"\x1b[4h", b"\x1b[?7l", b"\x1b[?7h",
    b"\x1b]0;title\x07", b"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", b"\x1bM", b"\x1b[3L", b"\x1b[2M",
    b"\x1b[?25l", b"\x1b#8", b"\x1b[!p", b"\x1bc", b"\x1b[5b", b"\x1b[3J",
    b"\x1bP+q544e\x1b\\", b"\x1b[s",
)  # fmt: skip
"""What moves the cursor, the modes, the screens, and what is long enough to be cut in the middle."""


def everything(terminal: Terminal) -> tuple[object, ...]:
    lines = range(terminal.total)
    return (
        terminal.size,
        terminal.cursor,
        terminal.alternate_screen,
        [terminal.line(y) for y in lines],
        [terminal.wraps(y) for y in lines],
        [terminal.mode(mode) for mode in (1, 6, 7, 25, 1049, 2004)],
    )


@settings(max_examples=60)
@given(st.lists(st.sampled_from(PIECES), max_size=80), st.floats(0, 1), st.integers(20, 60))
def test_a_restored_terminal_goes_on_as_the_one_it_was_taken_from(
    pieces: list[bytes], where: float, columns: int
) -> None:
    data = b"".join(pieces)
    cut = round(where * len(data))
    one = Terminal(40, 8, scrollback=50)
    one.feed(data[:cut])
    taken = one.snapshot()
    assert taken is not None
    other = Terminal.restore(taken, scrollback=50)
    assert everything(other) == everything(one)
    for terminal in (one, other):
        terminal.feed(data[cut:])
        terminal.resize(columns, 10)
        terminal.feed(b"and on\r\n" * 100)
    assert everything(other) == everything(one)


def test_a_sequence_too_long_to_be_kept_gives_no_snapshot() -> None:
    terminal = Terminal(40, 8)
    terminal.feed(b"\x1b]52;c;" + b"A" * (1 << 21))
    assert terminal.snapshot() is None
    terminal.feed(b"\x07")
    assert terminal.snapshot() is not None
