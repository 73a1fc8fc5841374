"""Lines of a terminal as values: runs of text, each with one style."""

import re
from functools import lru_cache
from typing import TypeAlias

import msgspec

Colour: TypeAlias = int | tuple[int, int, int] | None
"""A palette index (0–255), red, green and blue (0–255 each), or the terminal's default."""


class TerminalStyle(msgspec.Struct, frozen=True):
    """How a run of text looks."""

    fg: Colour = None
    bg: Colour = None
    bold: bool = False
    dim: bool = False
    italic: bool = False
    underline: bool = False
    blink: bool = False
    inverse: bool = False
    hidden: bool = False
    strike: bool = False


PLAIN = TerminalStyle()


class TerminalRun(msgspec.Struct, frozen=True):
    """Text of one style; free of control characters."""

    text: str
    style: TerminalStyle = PLAIN


class TerminalLine(msgspec.Struct, frozen=True):
    """One row of a terminal, without the blank cells at its end."""

    runs: tuple[TerminalRun, ...] = ()

    @property
    def text(self) -> str:
        """The row without styles."""
        return "".join(run.text for run in self.runs)


EMPTY = TerminalLine()

_SGR = re.compile(r"((?:\x1b\[[\d;:]*m)+)")

_FLAGS = {
    1: "bold",
    2: "dim",
    3: "italic",
    4: "underline",
    5: "blink",
    7: "inverse",
    8: "hidden",
    9: "strike",
}

_UNSAFE = {
    **{code: 0x2400 + code for code in range(0x20)},
    0x7F: 0x2421,
    **dict.fromkeys(
        (
            *range(0x80, 0xA0),  # C1 controls
            0x061C,  # Arabic letter mark
            *range(0x200E, 0x2010),  # directional marks
            *range(0x2028, 0x202F),  # separators, bidi embeddings and overrides
            *range(0x2066, 0x2070),  # bidi isolates
            *range(0xD800, 0xE000),  # lone surrogates
            0xFEFF,  # byte order mark
            *range(0xFFF9, 0xFFFC),  # interlinear annotation
            *range(0xE0000, 0xE0080),  # tag characters
        ),
        0xFFFD,
    ),
}
"""What a cell may hold and a host terminal must not get; as the console shows all foreign text."""


@lru_cache(maxsize=4096)
def parse_row(row: str) -> TerminalLine:
    """A row in the form that Ghostty's formatter gives it: text and SGR sequences, nothing else.

    Every style it opens it closes in the same row.
    """
    if not row:
        return EMPTY
    pieces = _SGR.split(row)
    text = "".join(pieces[::2])
    if not (text.isascii() and text.isprintable()):
        pieces[::2] = [piece.translate(_UNSAFE) for piece in pieces[::2]]
    runs = [TerminalRun(pieces[0])] if pieces[0] else []
    style = PLAIN
    for sequences, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        style = _style(PLAIN if sequences.startswith("\x1b[0m") else style, sequences)
        if piece:
            runs.append(TerminalRun(piece, style))
    return TerminalLine(tuple(runs))


@lru_cache(maxsize=4096)
def _style(before: TerminalStyle, sequences: str) -> TerminalStyle:
    """What a group of SGR sequences makes of a style (ECMA-48 8.3.117, with xterm's colours)."""
    style = before
    for sequence in sequences.split("\x1b[")[1:]:
        style = _apply(style, sequence[:-1])
    return style


def _apply(style: TerminalStyle, parameters: str) -> TerminalStyle:
    """One sequence; the formatter puts one attribute in each."""
    head, *rest = parameters.replace(":", ";").split(";")
    code = int(head or 0)
    if code == 0:
        return PLAIN
    if code in _FLAGS:
        on = not (code == 4 and rest == ["0"])
        return msgspec.structs.replace(style, **{_FLAGS[code]: on})
    if code in (38, 48):
        return msgspec.structs.replace(style, **{"fg" if code == 38 else "bg": _colour(rest)})
    for base, field, bright in ((30, "fg", 0), (40, "bg", 0), (90, "fg", 8), (100, "bg", 8)):
        if base <= code < base + 8:
            return msgspec.structs.replace(style, **{field: code - base + bright})
    # Colour of the underline, overline: not shown.
    return style


def _colour(parameters: list[str]) -> Colour:
    if parameters[:1] == ["5"]:
        return int(parameters[1])
    red, green, blue = (int(value) for value in parameters[-3:])
    return red, green, blue
