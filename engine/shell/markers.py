"""How bash says where it stands: prompt markers that only this shell's own prompts can print.

Bash is given a prompt that carries OSC 133 sequences (FinalTerm's, as kitty, ghostty, iTerm2 and
VS Code read them), each with a random nonce (`aid`), so that no file or program can forge one. All
of them sit in prompt strings and none in `PROMPT_COMMAND`: they need no command to run, so `set -x`,
`set -e`, DEBUG traps and aliases neither show nor break them.

    D;status;at=stamp   the last command's exit status; the stamp differs for every new prompt and
                        stays when readline paints the same prompt again
    A                   the prompt's text begins
    B                   the prompt's text ends, input begins
    C                   the input was read, output begins (once for each command of the input)
    A;k=s               a continuation prompt (PS2)
"""

import re
import secrets
from typing import Literal, TypeAlias

import msgspec

MarkerKind: TypeAlias = Literal["status", "prompt", "input", "output", "more"]

_KINDS: dict[bytes, MarkerKind] = {b"D": "status", b"A": "prompt", b"B": "input", b"C": "output"}

_LONGEST = 160
"""Bytes; the longest marker is shorter, so a longer unfinished one is not a marker."""


class Marker(msgspec.Struct, frozen=True):
    """One marker, and where it lies in the stream."""

    kind: MarkerKind
    began: int
    """Offset of its first byte, counted from the first byte ever fed."""
    ended: int
    """Offset after its last byte."""
    status: int | None = None
    """Of a `status` marker: the exit status."""
    stamp: bytes = b""
    """Of a `status` marker: which prompt it belongs to."""


class MarkerScanner:
    """Finds the markers of one shell in its output, fed in pieces of any size."""

    def __init__(self, nonce: str) -> None:
        """`nonce`: what the markers of this shell carry."""
        self._pattern = re.compile(
            rb"\x1b\]133;([ABCD])((?:;[^;\x1b\x07]*)*?);aid="
            + re.escape(nonce.encode())
            + rb"\x1b\\"
        )
        self._rest = b""
        self._offset = 0

    def feed(self, data: bytes) -> list[Marker]:
        """The markers completed by `data`, in order."""
        if not self._rest and b"\x1b" not in data:
            self._offset += len(data)
            return []
        text = self._rest + data
        start = self._offset - len(self._rest)
        found = [_read(match, start) for match in self._pattern.finditer(text)]
        self._offset += len(data)
        end = found[-1].ended - start if found else 0
        self._rest = _unfinished(text[max(end, len(text) - _LONGEST) :])
        return found


def new_nonce() -> str:
    """A nonce for one shell."""
    return secrets.token_hex(8)


def find(raw: bytes, nonce: str) -> list[Marker]:
    """Every marker in `raw`, with offsets into it."""
    return MarkerScanner(nonce).feed(raw)


def prompt_strings(prompt: str, nonce: str) -> str:
    """The bash assignments that make bash print `prompt`, exactly, with markers around it."""
    status = _invisible(f"133;D;$?;at=${{EPOCHREALTIME-}};aid={nonce}")
    begin = _invisible(f"133;A;aid={nonce}")
    end = _invisible(f"133;B;aid={nonce}")
    more = _invisible(f"133;A;k=s;aid={nonce}")
    return "\n".join(
        (
            f"PS1={_quoted(status + begin + _literal(prompt) + end)}",
            f"PS2={_quoted(more + '> ')}",
            # Bash does not know \[ \] in PS0: it would print them as control characters.
            f"PS0={_quoted(_sequence(f'133;C;aid={nonce}'))}",
        )
    )


def _read(match: re.Match[bytes], start: int) -> Marker:
    kind = _KINDS[match[1]]
    status: int | None = None
    stamp = b""
    for field in match[2].split(b";"):
        if field.startswith(b"at="):
            stamp = field[3:]
        elif field == b"k=s":
            kind = "more"
        elif kind == "status" and field.isdigit():
            status = int(field)
    return Marker(kind, start + match.start(), start + match.end(), status, stamp)


def _unfinished(tail: bytes) -> bytes:
    """What of the end may be the beginning of a marker."""
    opener = b"\x1b]133;"
    at = tail.rfind(opener)
    if at >= 0:
        return tail[at:]
    for length in range(min(len(opener) - 1, len(tail)), 0, -1):
        if tail.endswith(opener[:length]):
            return tail[-length:]
    return b""


def _sequence(body: str) -> str:
    return rf"\e]{body}\e\\"


def _invisible(body: str) -> str:
    return rf"\[{_sequence(body)}\]"


def _literal(text: str) -> str:
    """Escape what bash would replace: first backslash escapes, then the expansions of a string."""
    escaped = re.sub(r"[\\$`]", lambda match: "\\" + match[0], text)
    return escaped.replace("\\", "\\\\").replace("\n", r"\n")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
