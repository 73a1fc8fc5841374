import pytest

from console.panes.keys import encode, paste


@pytest.mark.parametrize(
    ("key", "character", "sent"),
    [
        ("a", "a", b"a"),
        ("A", "A", b"A"),
        ("é", "é", "é".encode()),
        ("日", "日", "日".encode()),
        ("space", " ", b" "),
        ("slash", "/", b"/"),
        ("enter", "\r", b"\r"),
        ("tab", "\t", b"\t"),
        ("shift+tab", None, b"\x1b[Z"),
        ("backspace", "\x7f", b"\x7f"),
        ("ctrl+backspace", None, b"\x08"),
        ("escape", "\x1b", b"\x1b"),
        ("ctrl+c", "\x03", b"\x03"),
        ("ctrl+d", "\x04", b"\x04"),
        ("ctrl+z", "\x1a", b"\x1a"),
        ("ctrl+@", "\x00", b"\x00"),
        ("ctrl+space", None, b"\x00"),
        ("ctrl+backslash", "\x1c", b"\x1c"),
        ("ctrl+underscore", "\x1f", b"\x1f"),
        ("alt+b", None, b"\x1bb"),
        ("alt+enter", None, b"\x1b\r"),
        ("ctrl+alt+a", None, b"\x1b\x01"),
        ("up", None, b"\x1b[A"),
        ("ctrl+right", None, b"\x1b[1;5C"),
        ("shift+up", None, b"\x1b[1;2A"),
        ("home", None, b"\x1b[H"),
        ("delete", None, b"\x1b[3~"),
        ("shift+delete", None, b"\x1b[3;2~"),
        ("pageup", None, b"\x1b[5~"),
        ("f1", None, b"\x1bOP"),
        ("f5", None, b"\x1b[15~"),
        ("f12", None, b"\x1b[24~"),
        ("ctrl+f3", None, b"\x1b[1;5R"),
    ],
)
def test_keys_are_what_xterm_sends(key: str, character: str | None, sent: bytes) -> None:
    assert encode(key, character) == sent


def test_arrows_change_with_the_cursor_key_mode() -> None:
    assert encode("up", None, application_cursor=True) == b"\x1bOA"
    assert encode("end", None, application_cursor=True) == b"\x1bOF"
    assert encode("ctrl+up", None, application_cursor=True) == b"\x1b[1;5A"


def test_keys_no_terminal_sends_are_nothing() -> None:
    assert encode("ctrl+é", None) == b""
    assert encode("printscreen", None) == b""


def test_a_paste_is_bracketed_where_the_program_asked_for_it() -> None:
    assert paste("ls\npwd\n", bracketed=False) == b"ls\rpwd\r"
    assert paste("ls\r\npwd", bracketed=True) == b"\x1b[200~ls\rpwd\x1b[201~"


def test_a_paste_cannot_end_its_bracket_itself() -> None:
    sent = paste("\x1b[201~rm -rf ~\n", bracketed=True)
    assert sent.count(b"\x1b[201~") == 1
    assert sent.endswith(b"\x1b[201~")
