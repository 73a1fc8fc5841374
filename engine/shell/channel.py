"""How the shell's bytes become user turns.

`cooked` is what a person would have read: the bytes replayed through a terminal, the echo of the
command and bash's own prompt taken off, long output cut to its tail. `fragmented` is the historical
bug, kept for study: every echoed keystroke a user turn of its own, escapes and all.
"""

import re
import unicodedata
from typing import Protocol

from engine.run import Channel
from engine.scrollback import Turn
from engine.seeds.render import user_text
from engine.shell.observation import Observation
from engine.shell.regions import regions
from engine.shell.terminal import Terminal

CONTINUATION = "> "
"""What bash shows where it wants the rest of a command."""

MOST_KEYSTROKES = 64
"""Keystrokes of one command that `fragmented` makes turns of; the rest of the line is one more."""

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])?"
)
"""Escape sequences: control sequences, strings of the operating-system kind, and two-byte ones."""
_KEYSTROKE = re.compile(rf"(?:\r\n|[^\x1b])?(?:{_ESCAPES.pattern})*", re.DOTALL)
_REPEAT = re.compile(rb"\x1b\[([\x00-\x1a\x1c-\x3f]*)b")
"""The control sequence that prints a character again, any number of times."""
_CONTROLS = dict.fromkeys((*range(9), *range(11, 32), *range(127, 160)))
_BYTES_A_CHARACTER = 64
"""Bytes of output that are replayed for each character of the budget: colours cost that little."""
_LINES_A_CHARACTER = 4
_SCROLLBACK = 1 << 20
"""Lines: more than the replayed bytes make."""


class ShellChannel(Protocol):
    """Makes user turns of what the shell did."""

    def turns(self, observation: Observation, prompt: str, budget: int) -> list[Turn]:
        """The turns for one observation; at least one, and none empty.

        `prompt` is what the model is shown as the shell's prompt, empty for none; it is shown where
        the shell is back at its own. At most `budget` characters of output are kept: the tail.
        """
        ...


def channel(name: Channel, columns: int = 100, rows: int = 30) -> ShellChannel:
    """The channel of that name, for a terminal of that size in cells."""
    return Cooked(columns, rows) if name == "cooked" else Fragmented()


class Cooked:
    """One turn, as a person would have read it on a terminal of this size."""

    def __init__(self, columns: int = 100, rows: int = 30) -> None:
        self._columns = columns
        self._rows = rows

    def turns(self, observation: Observation, prompt: str, budget: int) -> list[Turn]:
        """See `ShellChannel`. Lines are as printed, not as wrapped; blanks at their ends are gone.

        A full-screen program gives the screen it left, or its name where that is blank. Where there
        is neither output nor prompt, the turn is a newline: chat templates take no empty turn.
        """
        output, before = _tail(
            regions(observation).output,
            # A screen is painted from its first byte on.
            len(observation.raw) if observation.state == "full_screen" else budget,
            observation.dropped,
        )
        text = _read(output, self._columns, self._rows)
        if observation.state == "full_screen" and not text:
            text = f"({observation.foreground or 'a program'} fills the screen)"
        shown = prompt if observation.state == "done" else ""
        if observation.state == "continuation":
            shown = CONTINUATION
        return [_turn(user_text(_cut(text, budget, before), shown))]


class Fragmented:
    """What a console that forwards every read of the terminal as a message makes of it.

    Each echoed keystroke is a turn, with the redraw escapes that came with it; then the output, raw,
    is one turn. At most `MOST_KEYSTROKES` of a command become turns; the rest of its echo is one.
    """

    def turns(self, observation: Observation, prompt: str, budget: int) -> list[Turn]:
        """See `ShellChannel`. Undecodable bytes are U+FFFD here too; NUL is left out."""
        told = regions(observation)
        echo = _decoded(told.echo)
        keystrokes: list[str] = []
        at = 0
        while at < len(echo) and len(keystrokes) < MOST_KEYSTROKES:
            match = _KEYSTROKE.match(echo, at)
            end = max(match.end() if match else 0, at + 1)
            keystrokes.append(echo[at:end])
            at = end
        if at < len(echo):
            keystrokes.append(echo[at:])
        shown = prompt if observation.state == "done" else ""
        if observation.state == "continuation":
            shown = CONTINUATION
        output = _cut(_decoded(told.output), budget, observation.dropped) + shown
        if output or not keystrokes:
            keystrokes.append(output or "\n")
        return [_turn(text) for text in keystrokes]


def _turn(text: str) -> Turn:
    return Turn(role="user", text=text, origin="shell")


def _decoded(data: bytes) -> str:
    return data.decode(errors="replace").replace("\0", "")


def _tail(data: bytes, budget: int, dropped: int) -> tuple[bytes, int]:
    """The end of some output, more than `budget` characters will need, and how much went before it.

    What went before is counted in characters to be read where they are here, and in bytes where
    they were `dropped` before.
    """
    start = max(0, len(data) - max(budget, 1) * _BYTES_A_CHARACTER)
    surplus = data.count(b"\n", start) - max(budget, 1) * _LINES_A_CHARACTER
    if surplus > 0:
        start = len(data) - len(data[start:].split(b"\n", surplus)[-1])
    if start or dropped:
        # Not from the middle of a line, where that costs less than half, nor of a character.
        newline = data.find(b"\n", start, (start + len(data)) // 2)
        start = newline + 1 if newline >= 0 else start
        while start < len(data) and data[start] & 0xC0 == 0x80:
            start += 1
    skipped = _ESCAPES.sub("", _decoded(data[:start])).translate(_CONTROLS)
    return data[start:], dropped + len(skipped)


def _read(data: bytes, columns: int, rows: int) -> str:
    """What is to be read on a terminal after these bytes, scrolled-off lines included."""
    # Eight bytes could ask for 65,535 characters, and a page of those for seconds of work.
    data = _REPEAT.sub(lambda seen: seen[0] if len(seen[1]) < 3 else b"\x1b[%db" % columns, data)
    terminal = Terminal(columns, rows, scrollback=_SCROLLBACK)
    try:
        terminal.feed(data)
        text = terminal.contents()
    finally:
        terminal.close()
    lines = (line.rstrip() for line in text.translate(_CONTROLS).split("\n"))
    return "\n".join(lines).strip("\n")


def _cut(text: str, budget: int, before: int) -> str:
    """The end of a text, from a line's beginning where that costs less than half of the budget.

    `before`: how many characters are left out already. A first line says how many are in all.
    """
    if len(text) <= budget and not before:
        return text
    start = max(0, len(text) - max(budget, 0))
    if start:
        newline = text.find("\n", start - 1, start + budget // 2)
        start = newline + 1 if newline >= 0 else start
        while start < len(text) and _joins(text[start - 1], text[start]):
            start += 1
    note = f"… ({before + start} characters left out)"
    return f"{note}\n{text[start:]}" if start < len(text) else note


def _joins(before: str, character: str) -> bool:
    """Whether a character belongs to the one before it: an accent, a part of an emoji."""
    return (
        unicodedata.category(character) in ("Mn", "Mc", "Me")
        or "\u200d" in (before, character)
        or "\U0001f3fb" <= character <= "\U0001f3ff"
    )
