"""A person's keys as the bytes a terminal would send, after xterm's control sequences.

Source: XTerm Control Sequences, "PC-Style Function Keys" and "Bracketed Paste Mode".
"""

from typing import Final

ESC: Final = b"\x1b"

_CURSOR: Final = {"up": b"A", "down": b"B", "right": b"C", "left": b"D", "home": b"H", "end": b"F"}
"""Keys whose sequence depends on cursor key mode (DECCKM)."""

_TILDE: Final = {
    "insert": 2, "delete": 3, "pageup": 5, "pagedown": 6,
    "f5": 15, "f6": 17, "f7": 18, "f8": 19, "f9": 20, "f10": 21, "f11": 23, "f12": 24,
}  # fmt: skip

_SS3: Final = {"f1": b"P", "f2": b"Q", "f3": b"R", "f4": b"S"}

_PLAIN: Final = {
    "enter": b"\r",
    "return": b"\r",
    "tab": b"\t",
    "escape": ESC,
    "backspace": b"\x7f",
    "space": b" ",
}

_CONTROLS: Final = {
    "@": 0x00, "at": 0x00, "space": 0x00, "left_square_bracket": 0x1B, "backslash": 0x1C,
    "right_square_bracket": 0x1D, "circumflex_accent": 0x1E, "underscore": 0x1F,
    "slash": 0x1F, "minus": 0x1F, "question_mark": 0x7F, "backspace": 0x08, "h": 0x08,
    "2": 0x00, "3": 0x1B, "4": 0x1C, "5": 0x1D, "6": 0x1E, "7": 0x1F, "8": 0x7F,
}  # fmt: skip

_MODIFIERS: Final = {"shift": 1, "alt": 2, "ctrl": 4}


def encode(key: str, character: str | None, *, application_cursor: bool = False) -> bytes:
    """The bytes of a key press, as Textual names it; empty where a terminal would send nothing.

    `application_cursor`: whether the program asked for application cursor keys (DECCKM).
    """
    *held, name = key.split("+") if key != "+" else ["+"]
    modifiers = sum(_MODIFIERS.get(one, 0) for one in held)
    if name in _CURSOR or name in _TILDE or name in _SS3:
        return _function(name, modifiers, application_cursor)
    if name == "tab" and modifiers == _MODIFIERS["shift"]:
        return b"\x1b[Z"
    prefix = ESC if "alt" in held else b""
    if "ctrl" in held:
        code = _control(name)
        return b"" if code is None else prefix + bytes([code])
    if name in _PLAIN:
        return prefix + _PLAIN[name]
    if character is not None and (character.isprintable() or len(character) > 1):
        return prefix + character.encode("utf-8", "ignore")
    if character is not None and len(character) == 1 and ord(character) < 0x20:
        return prefix + character.encode()
    return prefix + name.encode() if prefix and len(name) == 1 else b""


def paste(text: str, *, bracketed: bool) -> bytes:
    """A pasted text as a terminal would send it.

    In bracketed mode what would end the bracket is taken out, so that a paste cannot type commands
    that the program did not mean to run; else newlines are sent as the Enter key.
    """
    data = text.replace("\r\n", "\n").replace("\n", "\r").encode("utf-8", "ignore")
    if not bracketed:
        return data
    return b"\x1b[200~" + data.replace(ESC, b"") + b"\x1b[201~"


def _function(name: str, modifiers: int, application_cursor: bool) -> bytes:
    if name in _TILDE:
        number = _TILDE[name]
        return b"\x1b[%d;%d~" % (number, modifiers + 1) if modifiers else b"\x1b[%d~" % number
    final = _CURSOR.get(name) or _SS3[name]
    if modifiers:
        return b"\x1b[1;%d%s" % (modifiers + 1, final)
    return (b"\x1bO" if name in _SS3 or application_cursor else b"\x1b[") + final


def _control(name: str) -> int | None:
    if name in _CONTROLS:
        return _CONTROLS[name]
    if name in _PLAIN:
        return _PLAIN[name][0]
    if len(name) == 1 and name.isascii() and name.isalpha():
        return ord(name.upper()) - 0x40
    return None
