"""Where the panes lie, by the size of the screen: pure arithmetic, no widgets.

Boxes share their borders. A narrow or low screen stacks the shell over one other pane, whose place
the rest take when they get the focus; a large one gives the stages a table of their own.
"""

from typing import Literal, NamedTuple, TypeAlias

PaneName: TypeAlias = Literal["shell", "stderr", "priming", "stages", "tally"]

PANES: tuple[PaneName, ...] = ("shell", "stderr", "priming", "stages", "tally")
"""In the order in which Tab goes through them."""

WIDE = (100, 30)
LARGE = (160, 46)
"""The least columns and rows of the bigger layouts."""

HEADER = FOOTER = 1


class Box(NamedTuple):
    """A pane's frame, in cells of the screen, borders included; the pane lies inside."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The column of its right border."""
        return self.x + self.width - 1

    @property
    def bottom(self) -> int:
        """The row of its lower border."""
        return self.y + self.height - 1


class Layout(NamedTuple):
    """The boxes of the panes in view."""

    boxes: dict[PaneName, Box]
    drawer: tuple[PaneName, ...] = ()
    """The panes that share one box, where they do; the one in `boxes` is open."""


def arrange(width: int, height: int, drawn: PaneName, alone: PaneName | None = None) -> Layout:
    """The layout of a screen. `drawn`: which pane the drawer shows; `alone`: one maximised."""
    top, bottom = HEADER, height - FOOTER - 1
    if alone is not None:
        return Layout({alone: _box(0, top, width - 1, bottom)})
    if width >= LARGE[0] and height >= LARGE[1]:
        return _large(width, top, bottom)
    if width >= WIDE[0] and height >= WIDE[1]:
        return _wide(width, top, bottom)
    return _narrow(width, top, bottom, drawn if drawn != "shell" else "stderr")


def _box(x: int, y: int, right: int, bottom: int) -> Box:
    return Box(x, y, right - x + 1, bottom - y + 1)


def _narrow(width: int, top: int, bottom: int, drawn: PaneName) -> Layout:
    drawer = tuple(name for name in PANES if name != "shell")
    split = top + round((bottom - top) * 0.55)
    return Layout(
        {
            "shell": _box(0, top, width - 1, split),
            drawn: _box(0, split, width - 1, bottom),
        },
        drawer,
    )


def _wide(width: int, top: int, bottom: int) -> Layout:
    middle = round(width * 0.55)
    stages = bottom - 2
    split = top + round((stages - top) * 0.62)
    return Layout(
        {
            "shell": _box(0, top, middle, split),
            "stderr": _box(0, split, middle, stages),
            "priming": _box(middle, top, width - 1, split),
            "tally": _box(middle, split, width - 1, stages),
            "stages": _box(0, stages, width - 1, bottom),
        }
    )


def _large(width: int, top: int, bottom: int) -> Layout:
    middle = round(width * 0.55)
    split = top + round((bottom - top) * 0.60)
    lower = split + round((bottom - split) * 0.52)
    return Layout(
        {
            "shell": _box(0, top, middle, split),
            "stderr": _box(0, split, middle, bottom),
            "priming": _box(middle, top, width - 1, split),
            "stages": _box(middle, split, width - 1, lower),
            "tally": _box(middle, lower, width - 1, bottom),
        }
    )
