"""The elements of configs as columns of dots: full where on, faint where off."""

import math
from collections.abc import Sequence

from console.report.svg.drawing import SLANT, SMALL, Drawing, width_of

DOT = 17.0
"""Between two columns."""
_RISE = math.radians(SLANT)


def head_height(columns: Sequence[str]) -> float:
    """What the slanted names above the columns take."""
    longest = max((width_of(name, SMALL) for name in columns), default=0.0)
    return longest * math.sin(_RISE) + 16 if columns else 0.0


def overhang(columns: Sequence[str]) -> float:
    """How far the last name reaches over its column to the right."""
    return width_of(columns[-1], SMALL) * math.cos(_RISE) if columns else 0.0


def draw_heads(drawing: Drawing, columns: Sequence[str], x: float, base: float) -> None:
    """The names above the columns that begin at x."""
    for at, name in enumerate(columns):
        drawing.slanted(x + (at + 0.5) * DOT, base, name, "small quiet")


def draw_dots(drawing: Drawing, switches: Sequence[bool | None], x: float, y: float) -> None:
    """A row of dots; none where there is nothing to switch."""
    for at, switch in enumerate(switches):
        if switch is not None:
            drawing.circle(x + (at + 0.5) * DOT, y, 4, "on" if switch else "off")
