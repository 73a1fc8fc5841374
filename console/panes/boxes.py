"""Box-drawing characters by what meets in a cell: no line, a light or a heavy one on each side.

The table is read off the Unicode names of U+2500 to U+257F, such as
`BOX DRAWINGS DOWN HEAVY AND LEFT UP LIGHT`.
"""

import unicodedata
from typing import NamedTuple

LIGHT, HEAVY = 1, 2


class Joint(NamedTuple):
    """The weight of the line that leaves a cell on each side: 0, `LIGHT` or `HEAVY`."""

    up: int = 0
    right: int = 0
    down: int = 0
    left: int = 0

    def joined(self, other: "Joint") -> "Joint":
        """Both, the heavier line winning on each side."""
        return Joint(*map(max, self, other))


_SIDES = {
    "UP": ("up",),
    "DOWN": ("down",),
    "LEFT": ("left",),
    "RIGHT": ("right",),
    "VERTICAL": ("up", "down"),
    "HORIZONTAL": ("left", "right"),
}
_WEIGHTS = {"LIGHT": LIGHT, "HEAVY": HEAVY}


def _parse(name: str) -> Joint | None:
    words = name.removeprefix("BOX DRAWINGS ").split()
    if not set(words) <= {*_SIDES, *_WEIGHTS, "AND"}:
        return None  # dashes, doubles, arcs, diagonals
    weights: dict[str, int] = {}
    leading = _WEIGHTS.get(words[0], 0)
    waiting: list[str] = []
    for word in words[1:] if leading else words:
        if word in _SIDES:
            waiting.extend(_SIDES[word])
        elif word in _WEIGHTS:
            weights.update(dict.fromkeys(waiting, _WEIGHTS[word]))
            waiting = []
    weights.update(dict.fromkeys(waiting, leading))
    return Joint(**weights)


def _table() -> dict[Joint, str]:
    table = {Joint(): " "}
    for code in range(0x2500, 0x2580):
        joint = _parse(unicodedata.name(chr(code)))
        if joint is not None:
            table.setdefault(joint, chr(code))
    return table


BOXES = _table()
"""Every joint of light and heavy lines, to its character."""
