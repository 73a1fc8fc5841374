import msgspec
import pytest

from engine.drift.survival import first_drift
from engine.drift.tally import RunResult, Tally
from engine.events import Outcome
from tests.engine.drift.runs import run


def weighed(
    replicate: int, margins: tuple[float, ...], outcome: Outcome = "clean", turn: int = 3
) -> RunResult:
    return msgspec.structs.replace(run(0, replicate, outcome, turn=turn), margins=margins)


def test_a_configs_curves_are_of_the_runs_that_count_yet_in_planned_order() -> None:
    tally = Tally(["only"])
    first, second, fourth = (
        weighed(0, (0.9, 0.5), "drift", 2),
        weighed(1, (0.7,)),
        weighed(3, (0.1,), "drift", 1),
    )
    tally.feed(fourth)
    assert tally.config(0).margin.runs == 0
    assert tally.config(0).survival == ()
    tally.feed(first)
    tally.feed(second)
    one = tally.config(0)
    assert [(each.turn, each.runs) for each in one.margin.by_turn] == [(1, 2), (2, 1)]
    assert one.margin.by_turn[0].mean == pytest.approx(0.8)
    assert one.margin.weakest is not None
    assert one.margin.weakest.mean == pytest.approx(0.6)
    assert one.survival == first_drift([first, second])
    tally.feed(weighed(2, (0.2,), "fault"))
    one = tally.config(0)
    assert one.margin.runs == 3, "the fault is passed over, and the run after it counts"
    assert one.survival == first_drift([first, second, fourth])


def test_runs_that_were_not_weighed_say_nothing_of_the_margin() -> None:
    tally = Tally(["only"])
    tally.feed(run(0, 0))
    assert tally.config(0).margin.runs == 0
    assert tally.config(0).survival[-1].exited == 1


def test_the_document_has_both_curves_of_each_config() -> None:
    tally = Tally(["a", "b"])
    tally.feed(weighed(0, (0.9, 0.5), "drift", 2))
    written = msgspec.json.encode(tally.to_document("x")["configs"])
    (one, other) = msgspec.json.decode(written, type=list[dict[str, object]])
    margin = msgspec.convert(one["margin"], type=dict[str, object])
    assert margin["runs"] == 1
    turns = msgspec.convert(margin["by_turn"], type=list[dict[str, object]])
    assert [turn["median"] for turn in turns] == [0.9, 0.5]
    survival = msgspec.convert(one["survival"], type=list[dict[str, float]])
    assert [turn["drift"] for turn in survival] == [0, 1]
    assert other["survival"] == []
    assert other["margin"] == {"runs": 0, "by_turn": [], "weakest": None}
