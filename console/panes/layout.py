"""Where the panes lie, by the size of the screen: pure arithmetic, no widgets.

Boxes share their borders. A narrow or low screen stacks the shell over one other pane, whose place
the rest take when they get the focus; a large one gives the stages a table of their own.
"""

from typing import Generic, Literal, NamedTuple, TypeAlias, TypeVar

Name = TypeVar("Name", bound=str)
"""What the panes of a screen are called."""

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

    @classmethod
    def spanning(cls, x: int, y: int, right: int, bottom: int) -> "Box":
        """The box with these borders."""
        return cls(x, y, right - x + 1, bottom - y + 1)

    @property
    def right(self) -> int:
        """The column of its right border."""
        return self.x + self.width - 1

    @property
    def bottom(self) -> int:
        """The row of its lower border."""
        return self.y + self.height - 1


class Layout(NamedTuple, Generic[Name]):
    """The boxes of the panes in view."""

    boxes: dict[Name, Box]
    sharing: tuple[Name, ...] = ()
    """The panes that share one box, where some do; the one in `boxes` is in front."""


def arrange(
    width: int, height: int, front: PaneName, alone: PaneName | None = None
) -> Layout[PaneName]:
    """The layout of a screen. `front`: which of the panes that share a box; `alone`: one maximised."""
    top, bottom = HEADER, height - FOOTER - 1
    if alone is not None:
        return Layout({alone: Box.spanning(0, top, width - 1, bottom)})
    if width >= LARGE[0] and height >= LARGE[1]:
        return _large(width, top, bottom)
    if width >= WIDE[0] and height >= WIDE[1]:
        return _wide(width, top, bottom)
    return _narrow(width, top, bottom, front if front != "shell" else "stderr")


def _narrow(width: int, top: int, bottom: int, front: PaneName) -> Layout[PaneName]:
    sharing = tuple(name for name in PANES if name != "shell")
    split = top + round((bottom - top) * 0.55)
    return Layout(
        {
            "shell": Box.spanning(0, top, width - 1, split),
            front: Box.spanning(0, split, width - 1, bottom),
        },
        sharing,
    )


def _wide(width: int, top: int, bottom: int) -> Layout[PaneName]:
    middle = round(width * 0.55)
    stages = bottom - 2
    split = top + round((stages - top) * 0.62)
    return Layout(
        {
            "shell": Box.spanning(0, top, middle, split),
            "stderr": Box.spanning(0, split, middle, stages),
            "priming": Box.spanning(middle, top, width - 1, split),
            "tally": Box.spanning(middle, split, width - 1, stages),
            "stages": Box.spanning(0, stages, width - 1, bottom),
        }
    )


def _large(width: int, top: int, bottom: int) -> Layout[PaneName]:
    middle = round(width * 0.55)
    split = top + round((bottom - top) * 0.60)
    lower = split + round((bottom - split) * 0.52)
    return Layout(
        {
            "shell": Box.spanning(0, top, middle, split),
            "stderr": Box.spanning(0, split, middle, bottom),
            "priming": Box.spanning(middle, top, width - 1, split),
            "stages": Box.spanning(middle, split, width - 1, lower),
            "tally": Box.spanning(middle, lower, width - 1, bottom),
        }
    )
