"""What goes by turn, as text."""

import msgspec
import pytest

from console.tallyturns import EXPLAINED, MOST_TURNS, by_turn, curve, span, weakest
from engine.drift.margin import ConfigMargin, Margins
from engine.drift.survival import first_drift
from engine.drift.tally import Tally
from engine.experiment import Cell
from tests.console.test_tallytable import drawn, snapshot
from tests.engine.drift.runs import run
from tests.sessions.madeexperiments import make_result


def margin(*runs: tuple[float, ...]) -> ConfigMargin:
    margins = Margins()
    for each in runs:
        margins.feed(each)
    return margins.summary


def test_a_margin_goes_from_the_first_turn_to_the_last() -> None:
    assert span(margin((0.9, 0.5), (0.8,))) == ".85→.50"
    assert span(margin((0.9,))) == ".90"
    assert span(ConfigMargin()) == weakest(ConfigMargin()) == "–"
    assert weakest(margin((0.9, 0.5), (0.7,))) == ".60"


def test_the_curve_rises_with_the_runs_that_have_drifted() -> None:
    runs = [run(0, 0, "drift", turn=1), run(0, 1, "drift", turn=3), run(0, 2, "no-exit", turn=4)]
    assert curve(first_drift(runs)) == "▃▃▆▆"
    assert curve(first_drift([run(0, 0, "no-exit", turn=40)])) == "▁" * MOST_TURNS
    assert curve(()) == ""


def tallied() -> Tally:
    tally = Tally(["a\x1b[2J", "b"])
    for replicate in range(4):
        drifted = msgspec.structs.replace(
            make_result(Cell(0, 0, replicate), "drift"), margins=(0.9, 0.4)
        )
        tally.feed(drifted)
        tally.feed(make_result(Cell(1, 0, replicate), "no-exit"))
    return tally


def test_every_config_has_its_sentence_and_the_margin_is_explained_once() -> None:
    first, second, explained = by_turn(tallied().all_configs)
    assert first.endswith(
        ": margin .90 at turn 1, .40 at turn 2, .40 at a run's weakest turn;"
        " drifted by turn 2: 1 [.51–1]."
    )
    assert "\x1b" not in first
    assert second == "b: drifted by turn 3: 0 [0–.49]."
    assert explained == EXPLAINED
    assert list(by_turn(Tally(["a"]).all_configs)) == []


@pytest.mark.parametrize(
    ("width", "shown"), [(80, set()), (120, {"margin"}), (170, {"margin", "weakest", "by turn"})]
)
def test_columns_by_turn_are_there_where_they_fit(width: int, shown: set[str]) -> None:
    now = msgspec.structs.replace(snapshot("drift"), configs=tallied().all_configs)
    lines = drawn(now, width)
    assert max(map(len, lines)) <= width
    head = next(line for line in lines if "no-exit" in line)
    assert {name for name in ("margin", "weakest", "by turn") if name in head} >= shown
    assert (".90→.40" in "\n".join(lines)) == ("margin" in shown)
