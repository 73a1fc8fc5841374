"""Where the panes of the Experiment screen lie, by the size of the screen: pure arithmetic.

The configs are over everything else. Where there is little room the other panes share a box, one
behind the other; a large screen shows all the plots at once.
"""

from typing import Literal, TypeAlias

from console.panes.layout import FOOTER, HEADER, LARGE, WIDE, Box, Layout

BoardPaneName: TypeAlias = Literal[
    "configs", "runs", "verdicts", "intervals", "survival", "effects", "margin"
]

BOARD_PANES: tuple[BoardPaneName, ...] = (
    "configs",
    "runs",
    "verdicts",
    "intervals",
    "survival",
    "effects",
    "margin",
)
"""In the order in which Tab goes through them."""

PLOTS: tuple[BoardPaneName, ...] = ("intervals", "survival", "effects", "margin")
PROGRESS = 1
"""Rows between header and panes."""
_AROUND = 3
"""Rows of the configs' box beyond its configs: two borders and the heading."""


def arrange_board(
    width: int,
    height: int,
    configs: int,
    front: BoardPaneName,
    alone: BoardPaneName | None = None,
    *,
    effects: bool = True,
) -> Layout[BoardPaneName]:
    """The layout of a screen. `front`: which of the panes that share a box; `alone`: one maximised;
    `effects`: whether there can be any to give room to.
    """
    top, bottom = HEADER + PROGRESS, height - FOOTER - 1
    right = width - 1
    if alone is not None:
        return Layout({alone: Box.spanning(0, top, right, bottom)})
    share = 0.42 if height < WIDE[1] else 0.34
    split = top + min(configs + _AROUND - 1, max(round((bottom - top) * share), 5))
    boxes: dict[BoardPaneName, Box] = {"configs": Box.spanning(0, top, right, split)}
    if width >= LARGE[0] and height >= LARGE[1]:
        return _large(boxes, split, right, bottom, front, effects=effects)
    if width >= WIDE[0] and height >= WIDE[1]:
        return _wide(boxes, split, right, bottom, front if front in PLOTS else PLOTS[0])
    tabs = BOARD_PANES[1:]
    front = front if front in tabs else tabs[0]
    return Layout(boxes | {front: Box.spanning(0, split, right, bottom)}, tabs)


def _wide(
    boxes: dict[BoardPaneName, Box], top: int, right: int, bottom: int, front: BoardPaneName
) -> Layout[BoardPaneName]:
    middle = round(right * 0.46)
    lower = top + round((bottom - top) * 0.56)
    return Layout(
        boxes
        | {
            "runs": Box.spanning(0, top, middle, lower),
            "verdicts": Box.spanning(0, lower, middle, bottom),
            front: Box.spanning(middle, top, right, bottom),
        },
        PLOTS,
    )


def _large(
    boxes: dict[BoardPaneName, Box],
    top: int,
    right: int,
    bottom: int,
    front: BoardPaneName,
    *,
    effects: bool,
) -> Layout[BoardPaneName]:
    left, middle = round(right * 0.36), round(right * 0.68)
    lower = top + round((bottom - top) * 0.52)
    boxes = boxes | {
        "runs": Box.spanning(0, top, left, lower),
        "verdicts": Box.spanning(0, lower, left, bottom),
        "survival": Box.spanning(middle, top, right, lower),
        "margin": Box.spanning(middle, lower, right, bottom),
    }
    if effects:
        boxes["intervals"] = Box.spanning(left, top, middle, lower)
        boxes["effects"] = Box.spanning(left, lower, middle, bottom)
        return Layout(boxes)
    shown: BoardPaneName = "effects" if front == "effects" else "intervals"
    return Layout(
        boxes | {shown: Box.spanning(left, top, middle, bottom)}, ("intervals", "effects")
    )
