import itertools

from hypothesis import given
from hypothesis import strategies as st

from engine.shell.modes import Modes


def test_modes_go_on_and_off_singly_and_together() -> None:
    modes = Modes()
    modes.feed(b"\x1b[?1049;2004h")
    assert modes.alternate_screen
    assert modes.bracketed_paste
    modes.feed(b"\x1b[?1049l")
    assert modes.on == {2004}


@given(st.lists(st.integers(1, 9), max_size=30))
def test_a_switch_may_come_in_pieces(sizes: list[int]) -> None:
    raw = b"\x1b[31m\x1b[?25l\x1b[?1049hhello\x1b\x1b[?2004h\x1b[?25h\x1b[?1049"
    modes = Modes()
    cuts = [0, *(cut for cut in itertools.accumulate(sizes) if cut < len(raw)), len(raw)]
    for begin, end in itertools.pairwise(cuts):
        modes.feed(raw[begin:end])
    assert modes.on == {1049, 2004, 25}


def test_noise_is_not_kept() -> None:
    modes = Modes()
    for _ in range(1000):
        modes.feed(b"\x1b[?" + b"1" * 400)
    assert modes.on == set()
