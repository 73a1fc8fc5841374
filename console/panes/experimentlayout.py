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
_STACKED = 24
"""Rows from which on the intervals have a box of their own over the other plots."""
_FEW = 8
"""Configs whose intervals fit into it."""
_RUNS = (8, 0.6)
"""Rows of the runs' box at least, and its share of the column at most."""


def arrange_board(
    width: int,
    height: int,
    configs: int,
    front: BoardPaneName,
    alone: BoardPaneName | None = None,
    *,
    effects: bool = True,
    runs: int = 1000,
) -> Layout[BoardPaneName]:
    """The layout of a screen. `front`: which of the panes that share a box; `alone`: one maximised;
    `effects`: whether there can be any to give room to; `runs`: rows of the grid of runs, which gets
    no more than it fills.
    """
    top, bottom = HEADER + PROGRESS, height - FOOTER - 1
    right = width - 1
    if alone is not None:
        return Layout({alone: Box.spanning(0, top, right, bottom)})
    share = 0.42 if height < WIDE[1] else 0.34
    split = top + min(configs + _AROUND - 1, max(round((bottom - top) * share), 5))
    boxes: dict[BoardPaneName, Box] = {"configs": Box.spanning(0, top, right, split)}
    if width >= LARGE[0] and height >= LARGE[1]:
        return _large(boxes, split, right, bottom, front, effects=effects, runs=runs)
    if width >= WIDE[0] and height >= WIDE[1]:
        return _wide(boxes, split, right, bottom, front, configs=configs, runs=runs)
    tabs = BOARD_PANES[1:]
    front = front if front in tabs else tabs[0]
    return Layout(boxes | {front: Box.spanning(0, split, right, bottom)}, tabs)


def _wide(
    boxes: dict[BoardPaneName, Box],
    top: int,
    right: int,
    bottom: int,
    front: BoardPaneName,
    *,
    configs: int,
    runs: int,
) -> Layout[BoardPaneName]:
    middle = round(right * 0.46)
    lower = _under_runs(top, bottom, runs)
    boxes = boxes | {
        "runs": Box.spanning(0, top, middle, lower),
        "verdicts": Box.spanning(0, lower, middle, bottom),
    }
    if bottom - top < _STACKED or configs > _FEW:
        shown = front if front in PLOTS else PLOTS[0]
        return Layout(boxes | {shown: Box.spanning(middle, top, right, bottom)}, PLOTS)
    split = top + min(3 * (configs + 1) + 4, round((bottom - top) * 0.5))
    shown = front if front in PLOTS[1:] else PLOTS[1]
    boxes |= {
        "intervals": Box.spanning(middle, top, right, split),
        shown: Box.spanning(middle, split, right, bottom),
    }
    return Layout(boxes, PLOTS[1:])


def _under_runs(top: int, bottom: int, rows: int) -> int:
    """Where the grid of runs ends: with its legend and borders, within its share of the column."""
    least, share = _RUNS
    return top + max(min(rows + 2, round((bottom - top) * share)), least - 1)


def _large(
    boxes: dict[BoardPaneName, Box],
    top: int,
    right: int,
    bottom: int,
    front: BoardPaneName,
    *,
    effects: bool,
    runs: int,
) -> Layout[BoardPaneName]:
    left, middle = round(right * 0.36), round(right * 0.68)
    lower = top + round((bottom - top) * 0.52)
    boxes = boxes | {
        "runs": Box.spanning(0, top, left, _under_runs(top, bottom, runs)),
        "verdicts": Box.spanning(0, _under_runs(top, bottom, runs), left, bottom),
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
