"""Which terminal modes the programs have switched on, followed through all of the output."""

import re

ALTERNATE_SCREEN = frozenset({47, 1047, 1049})
BRACKETED_PASTE = 2004

_SWITCH = re.compile(rb"\x1b\[\?([0-9;]{1,40})([hl])")
_LONGEST = 44


class Modes:
    """The DEC private modes that are on; fed in pieces of any size."""

    def __init__(self) -> None:
        self.on: set[int] = set()
        self._rest = b""

    @property
    def alternate_screen(self) -> bool:
        """Whether a full-screen program has the terminal."""
        return not self.on.isdisjoint(ALTERNATE_SCREEN)

    @property
    def bracketed_paste(self) -> bool:
        """Whether a paste can be told from typing."""
        return BRACKETED_PASTE in self.on

    def leave_screen(self) -> None:
        """The shell is back at its prompt: a program that had the screen has died without saying."""
        self.on -= ALTERNATE_SCREEN

    def feed(self, data: bytes) -> None:
        """Take in the next piece of output."""
        if not self._rest and b"\x1b" not in data:
            return
        text = self._rest + data
        end = 0
        for match in _SWITCH.finditer(text):
            end = match.end()
            for number in match[1].split(b";"):
                if number and match[2] == b"h":
                    self.on.add(int(number))
                elif number:
                    self.on.discard(int(number))
        last = text.rfind(b"\x1b", max(end, len(text) - _LONGEST))
        self._rest = text[last:] if last >= 0 else b""
