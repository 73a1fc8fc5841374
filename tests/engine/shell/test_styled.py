import pytest

from engine.shell.styled import PLAIN, TerminalStyle, parse_row
from engine.shell.terminal import Terminal


def styled(written: bytes) -> dict[str, TerminalStyle]:
    terminal = Terminal(60, 3)
    terminal.feed(written)
    return {run.text.strip(): run.style for run in terminal.line(0).runs}


@pytest.mark.parametrize(
    ("sgr", "style"),
    [
        (b"31", TerminalStyle(fg=1)),
        (b"97", TerminalStyle(fg=15)),
        (b"38;5;200", TerminalStyle(fg=200)),
        (b"38;2;1;2;3", TerminalStyle(fg=(1, 2, 3))),
        (b"38:2::1:2:3", TerminalStyle(fg=(1, 2, 3))),
        (b"44", TerminalStyle(bg=4)),
        (b"104", TerminalStyle(bg=12)),
        (b"48;2;9;8;7", TerminalStyle(bg=(9, 8, 7))),
        (b"1;2;3", TerminalStyle(bold=True, dim=True, italic=True)),
        (b"4", TerminalStyle(underline=True)),
        (b"4:3;58;5;1", TerminalStyle(underline=True)),
        (b"5;7", TerminalStyle(blink=True, inverse=True)),
        (b"8;9", TerminalStyle(hidden=True, strike=True)),
        (b"53", PLAIN),
    ],
)
def test_what_a_program_asks_for_is_what_a_run_looks_like(sgr: bytes, style: TerminalStyle) -> None:
    assert styled(b"before \x1b[" + sgr + b"mword\x1b[0m after")["word"] == style


def test_a_style_ends_where_it_ends() -> None:
    assert styled(b"\x1b[1;31mred\x1b[22m thin\x1b[39m plain") == {
        "red": TerminalStyle(fg=1, bold=True),
        "thin": TerminalStyle(fg=1),
        "plain": PLAIN,
    }


@pytest.mark.parametrize("unsafe", ["\u202e", "\ufeff", "\u2028", "\U000e0041", "\x7f", "\u200f"])
def test_no_character_that_a_host_terminal_obeys_is_in_a_run(unsafe: str) -> None:
    terminal = Terminal(60, 3)
    terminal.feed(f"a{unsafe}b".encode())
    text = terminal.line(0).text
    assert unsafe not in text
    assert text[0] == "a"


def test_the_rows_text_is_that_of_its_runs() -> None:
    assert parse_row("a\x1b[0m\x1b[31mb\x1b[0mc").text == "abc"
