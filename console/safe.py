"""Text that others wrote, made safe to put on a terminal.

A host terminal obeys what it is sent: an escape in a model's answer, a shell's output or a task's
text could move the cursor, set the clipboard or hide what is there. Everything that did not come
from this program's own source passes through `clean` before it is drawn, and reaches a widget as
`Text`, `Content` or `Segment`, never as a string that would be parsed as markup.
"""

_CONTROL_PICTURES = 0x2400
_REPLACEMENT = 0xFFFD

_KEPT = {0x09, 0x0A}
"""Tab and newline: layout, and harmless."""

_HIDDEN = (
    *range(0x80, 0xA0),  # C1 controls, 8-bit CSI and OSC among them
    0x061C,  # Arabic letter mark
    *range(0x200E, 0x2010),  # directional marks
    *range(0x2028, 0x202F),  # line and paragraph separator, bidi embeddings and overrides
    *range(0x2066, 0x2070),  # bidi isolates, deprecated format characters
    *range(0xD800, 0xE000),  # lone surrogates, which no encoder accepts
    0xFEFF,  # byte order mark
    *range(0xFFF9, 0xFFFC),  # interlinear annotation
    *range(0xE0000, 0xE0080),  # tag characters: invisible text
)

_TABLE: dict[int, int] = {
    **{code: _CONTROL_PICTURES + code for code in range(0x20) if code not in _KEPT},
    0x7F: 0x2421,
    **dict.fromkeys(_HIDDEN, _REPLACEMENT),
}


def clean(text: str) -> str:
    """The text with every control character shown instead of obeyed; tabs and newlines stay.

    C0 controls become their pictures (U+2400..), DEL U+2421; C1 controls, bidi controls, lone
    surrogates, tag characters, line separators and byte order marks become U+FFFD. Same length in
    code points, so offsets into the text stay right.
    """
    return text if text.isascii() and text.isprintable() else text.translate(_TABLE)


def clean_line(text: str) -> str:
    """`clean` for what must stay on one line: newlines and tabs are shown as well."""
    return clean(text).replace("\n", "␊").replace("\t", "␉")
