"""Which of the bytes that a terminal got are the echo of a command, which its output, which a prompt.

Bash's own prompt markers tell (see `engine.shell.markers`); their nonce keeps output from posing as
one. Where a command line never ran, for a syntax error, or a program other than bash read it, there
is no marker, and readline's end of bracketed paste or the echoed text itself tells.
"""

import re
from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

from engine.shell import markers
from engine.shell.markers import Marker, MarkerKind
from engine.shell.observation import Observation

_PASTE_BEGINS = b"\x1b[?2004h"
"""What readline sends before its prompt."""
_PASTE_ENDS = re.compile(rb"\x1b\[\?2004l\r?")
"""What readline sends when a line was entered, or left by Ctrl+C."""
_CARET = {number: b"^" + bytes([number ^ 0x40]) for number in (*range(9), *range(11, 32), 127)}
"""How a terminal echoes control characters, by the character; newline and tab come as they are."""

_State: TypeAlias = Literal["submitted", "output", "prompt", "input"]
_AFTER: dict[MarkerKind, _State] = {
    "status": "prompt",
    "prompt": "prompt",
    "input": "input",
    "more": "input",
    "output": "output",
}
"""What follows a marker."""


class Regions(msgspec.Struct, frozen=True):
    """One observation's bytes, told apart; prompts and markers are in none."""

    echo: bytes
    """What was typed, as the terminal showed it."""
    output: bytes
    """What the command printed, and a line that was left by Ctrl+C."""


def regions(observation: Observation) -> Regions:
    """Tell echo and output apart in `observation.raw`.

    Where no command was submitted, what a person typed counts as output: the operator did not type
    it and has to see it.
    """
    raw, command = observation.raw, observation.command
    found = markers.find(raw, observation.nonce) if observation.nonce else []
    if not command:
        return Regions(echo=b"", output=_unprompted(observation, found))
    echo, output = [], []
    state: _State = "submitted"
    pieces = zip([0, *(m.ended for m in found)], [*(m.began for m in found), len(raw)], strict=True)
    for (start, stop), marker in zip(pieces, [*found, None], strict=True):
        typed, printed = b"", b""
        piece = raw[start:stop]
        if state == "submitted":
            ran = marker is not None and marker.kind == "output"
            typed, printed = _submitted(piece, command, ran, observation.dropped > 0)
        elif state == "input" and (entered := _PASTE_ENDS.search(piece)):
            typed, printed = _entered(piece, entered)
        elif state == "input" and marker is not None:
            typed = piece
        elif state == "output":
            printed = piece
        echo.append(typed)
        output.append(printed)
        state = _AFTER[marker.kind] if marker is not None else state
    if state == "output" and observation.state == "done":
        output[-1] = _before_prompt(output[-1])
    return Regions(echo=b"".join(echo), output=b"".join(output))


def _unprompted(observation: Observation, found: Sequence[Marker]) -> bytes:
    """All but markers and the final prompt."""
    raw, prompts = observation.raw, ("status", "more")
    end = next((m.began for m in reversed(found) if m.kind in prompts), -1)
    if end < 0:
        end = len(_before_prompt(raw)) if observation.state == "done" else len(raw)
    kept = [m for m in found if m.ended <= end]
    starts = [0, *(m.ended for m in kept)]
    stops = [*(m.began for m in kept), end]
    return b"".join(raw[start:stop] for start, stop in zip(starts, stops, strict=True))


def _before_prompt(piece: bytes) -> bytes:
    """What stands before a prompt without markers, as the operator may give its shell one."""
    at = piece.rfind(_PASTE_BEGINS)
    return piece[:at] if at >= 0 else piece


def _submitted(piece: bytes, command: str, ran: bool, headless: bool) -> tuple[bytes, bytes]:
    """Tell the echo of `command` from what it printed, up to the first marker.

    `ran`: that marker says that bash took the line. `headless`: the beginning was not kept.
    """
    lines = command.count("\n") + 1
    entered = _PASTE_ENDS.search(piece)
    if entered and piece.count(b"\n", 0, entered.start()) <= lines and (ran or not headless):
        return _entered(piece, entered)
    echo = _echo(command)
    if not headless and piece.startswith(echo):
        return echo, piece[len(echo) :]
    if ran and piece.count(b"\n") <= lines:
        return piece, b""
    return b"", piece


def _entered(piece: bytes, entered: re.Match[bytes]) -> tuple[bytes, bytes]:
    """Tell what was typed at a prompt of bash from what bash said to it.

    A line that was left by Ctrl+C is still to be read on the screen, so it counts as printed.
    """
    typed, printed = piece[: entered.start()], piece[entered.end() :]
    return (typed, printed) if typed.endswith(b"\n") else (b"", typed + b"\r\n" + printed)


def _echo(command: str) -> bytes:
    """How a terminal without readline shows a line that is typed."""
    typed = command.encode(errors="replace").translate(None, b"\x04")
    shown = b"".join(_CARET.get(number, bytes([number])) for number in typed)
    return shown.replace(b"\n", b"\r\n") + b"\r\n"
