import pytest

from engine.shell.keyboard import keys


def test_a_line_is_one_paste_and_return() -> None:
    assert keys("ls -la", paste=True) == b"\x1b[200~ls -la\x1b[201~\r"


def test_without_paste_every_newline_is_return() -> None:
    assert keys("cat <<X\na\nX", paste=False) == b"cat <<X\ra\rX\r"


def test_newlines_at_the_end_are_one_return() -> None:
    assert keys("ls\r\n\n", paste=False) == b"ls\r"


def test_an_empty_line_is_return() -> None:
    assert keys("", paste=True) == b"\r"


@pytest.mark.parametrize("control", ["\x1b[201~", "\x03", "\x04", "\x00", "\x7f", "\x9b", "\x16"])
def test_no_control_character_reaches_the_line_editor(control: str) -> None:
    typed = keys(f"echo a{control}b", paste=True)
    assert typed.startswith(b"\x1b[200~echo a ")
    assert typed.count(b"\x1b") == 2
    assert control.encode() not in typed[6:-7]


def test_tabs_and_lone_surrogates_survive_in_some_form() -> None:
    assert keys("a\tb\ud800", paste=False) == b"a\tb?\r"
