"""Drawings: what is on them lies where its numbers say, and no words cover others."""

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from console.report.svg.drawing import Drawing, cut, folded, width_of
from console.report.svg.forest import Estimate, Panel, Row, forest
from console.report.svg.grid import Lane, Mark, run_grid
from console.report.svg.panels import Curve, Point, Small, small_panels
from console.report.svg.scale import Scale, turns

LONG = "operator+system+instruction+history+recovery+exit+reasoning+prompt"
TICKS = tuple((at / 4, f".{at * 25}") for at in range(5))


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(value=value, low=low, high=high, words=f"{value:.2f} [{low:.2f}–{high:.2f}]")


def a_forest(rows: int = 12) -> Drawing:
    columns = ("system", "instruction", "history", "exit")
    return forest(
        [
            Row(
                label=f"{at} {LONG}",
                switches=(True, False, None, True),
                estimates=(estimate(0.5, 0.25, 0.75), None, estimate(0, 0, 0.3)),
            )
            for at in range(rows)
        ],
        [Panel(title=name, low=0, high=1, ticks=TICKS) for name in ("clean", "operated", "exited")],
        columns=columns,
        title="Rates",
        description="Rates of configs.",
    )


def some_panels() -> Drawing:
    points = tuple(Point(turn, turn / 10, 0, turn / 8) for turn in range(1, 9))
    smalls = [
        Small(f"{at} {LONG}", "500 runs: .33 drift, .67 exit", (Curve("bad", points, steps=True),))
        for at in range(9)
    ]
    legend = [("bad", False, "has drifted"), ("good", True, "has exited")]
    return small_panels(smalls, legend, up="share", title="When", description="By turn.")  # type: ignore[arg-type]  # literals


def a_grid(n: int = 30) -> Drawing:
    marks: tuple[Mark, ...] = ("clean", "drift", "no-exit", "fault", "missing")
    block = tuple(marks[at % 5] for at in range(n))
    lanes = [Lane(f"{at} false-memories", (True, None), (block,) * 5) for at in range(6)]
    tasks = [f"a task with a long name {at}" for at in range(5)]
    return run_grid(lanes, tasks, ("history", "exit"), title="Runs", description="All.")


DRAWINGS = {"forest": a_forest(), "panels": some_panels(), "grid": a_grid(), "many": a_grid(400)}


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_words_cover_others_and_all_lie_on_the_paper(name: str) -> None:
    drawing = DRAWINGS[name]
    assert drawing.words
    for left, top, right, bottom, said in drawing.words:
        assert left >= -1, said
        assert top >= -1, said
        assert right <= drawing.width + 1, said
        assert bottom <= drawing.height + 1, said
    for one, other in combinations(drawing.words, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart, (one[4], other[4])


@pytest.mark.parametrize("name", DRAWINGS)
def test_it_is_svg_that_says_what_it_shows(name: str) -> None:
    drawing = DRAWINGS[name]
    for alone in (False, True):
        root = ET.fromstring(drawing.svg(name, alone=alone))
        space = "{http://www.w3.org/2000/svg}"
        assert root.get("role") == "img"
        labels = root.get("aria-labelledby", "").split()
        named = {
            each.get("id")
            for each in (root.find(f"{space}title"), root.find(f"{space}desc"))
            if each is not None
        }
        assert named == set(labels)
        assert (root.find(f"{space}rect") is not None) == alone
        style = root.find(f"{space}style")
        assert style is not None
        assert "prefers-color-scheme: dark" in (style.text or "")


def test_estimates_lie_where_the_axis_says() -> None:
    root = ET.fromstring(a_forest(rows=1).svg("x", alone=False))
    space = "{http://www.w3.org/2000/svg}"
    ticks = [
        float(each.get("x1", ""))
        for each in root.iter(f"{space}line")
        if each.get("class") == "rule"
    ]
    interval = next(each for each in root.iter(f"{space}line") if each.get("class") == "line good")
    first = ticks[:5]
    assert float(interval.get("x1", "")) == pytest.approx(first[1], abs=0.2)
    assert float(interval.get("x2", "")) == pytest.approx(first[3], abs=0.2)
    point = next(each for each in root.iter(f"{space}circle") if each.get("class") == "full-good")
    assert float(point.get("cx", "")) == pytest.approx(first[2], abs=0.2)


def test_every_run_has_its_cell() -> None:
    drawn = a_grid(30).svg("x", alone=False)
    kinds = set(re.findall(r'<path class="([^"]+)"', drawn))
    # A solid square is one subpath; 6 configs × 5 tasks × 6 clean runs, drawn config by config.
    squares = re.findall(r'<path class="full-good" d="([^"]+)"/>', drawn)
    assert sum(each.count("M") for each in squares) == 6 * 5 * 6 + 1
    assert {"full-good", "line bad", "line open", "line broke", "off"} <= kinds


def test_steps_hold_their_value_from_a_turn_on() -> None:
    points = (Point(1, 0.5, 0.5, 0.5), Point(2, 1.0, 1.0, 1.0))
    drawn = small_panels(
        [Small("a", "b", (Curve("bad", points, steps=True, banded=False),))],
        [("bad", False, "drift")],
        up="share",
        title="t",
        description="d",
    ).svg("x", alone=False)
    line = re.findall(r'<path class="line bad" d="([^"]+)"/>', drawn)[0]
    places = [tuple(map(float, each.split(" "))) for each in re.split("[ML]", line)[1:]]
    heights = [y for _, y in places]
    assert heights == sorted(heights, reverse=True)
    assert len(set(heights)) == 3
    assert places[-1][1] == places[-2][1]


def test_hostile_words_stay_words() -> None:
    drawing = Drawing(100, 100, title="</title><script>", description="&\x1b")
    drawing.text(0, 10, '"><script>alert(1)</script>\x1b[2J')
    made = drawing.svg("a", alone=True)
    root = ET.fromstring(made)
    assert "<script" not in made
    assert "\x1b" not in made
    assert root.find("{http://www.w3.org/2000/svg}script") is None


@pytest.mark.parametrize("text", [LONG, "a", "W" * 50])
def test_what_is_cut_has_room(text: str) -> None:
    assert width_of(cut(text, 120)) <= 120
    lines = folded(text, 150)
    assert len(lines) <= 2
    assert all(width_of(line) <= 150 for line in lines)


def test_scale_and_ticks() -> None:
    scale = Scale(0, 10, 100, 200)
    assert [scale(value) for value in (0, 5, 10, -3, 30)] == [100, 150, 200, 100, 200]
    assert turns(3) == (1, 2, 3)
    assert len(turns(50)) <= 8
