"""What the keyboard sends."""

import re

ENTER = b"\r"
INTERRUPT = b"\x03"
END_OF_FILE = b"\x04"
PASTE = b"\x1b[200~"
"""What begins a paste."""
DISCARD = b"\x05\x15"
"""To the end of the line, then discard it: an empty line to type on."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def keys(text: str, paste: bool) -> bytes:
    """The bytes that type `text` and Return.

    Control characters would be commands to the line editor: they become spaces, as terminals do with
    what is pasted; tabs and newlines stay. With `paste` all of it is one paste, so that lines of any
    length and number arrive whole; without, each newline is a Return.
    """
    lines = re.sub(r"\r\n?", "\n", text).rstrip("\n")
    clean = _CONTROLS.sub(" ", lines).encode("utf-8", "replace")
    if paste and clean:
        return PASTE + clean + b"\x1b[201~" + ENTER
    return clean.replace(b"\n", ENTER) + ENTER
