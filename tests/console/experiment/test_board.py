import pytest

from console.experiment.board import Board
from console.experimenting import UnderWay
from engine.drift.racing import RacePlan
from engine.experiment import Cell
from tests.console.experiment.made import Underway, board, by_chance, experiment, kept, result


def test_a_look_finds_nothing_new_where_nothing_happened() -> None:
    made = board()
    assert not made.look()
    assert made.version == 0


def test_a_look_takes_in_results_and_runs_under_way() -> None:
    planned = experiment(n=4)
    going = Underway(kept(planned, lambda cell: None))
    made = Board(going)
    cell = Cell(1, 0, 2)
    assert made.seen(cell).standing == "to come"
    going.tell(under_way=(UnderWay(cell, "s", 3),))
    assert made.look()
    assert made.seen(cell) == ("running", 3)
    going.add(result(cell, "drift"))
    going.tell(under_way=())
    assert made.look()
    assert made.seen(cell) == ("drift", 0)
    assert made.now.configs[1].drift == 1


def test_a_dropped_configs_cells_are_not_to_come() -> None:
    going = Underway(kept(experiment(n=4), lambda cell: None))
    going.tell(dropped=frozenset({1}))
    made = Board(going)
    assert made.seen(Cell(0, 0, 0)).standing == "to come"
    assert made.seen(Cell(1, 0, 0)).standing == "dropped"


def test_the_chosen_config_stays_among_those_there_are() -> None:
    made = board()
    assert made.choose(7)
    assert made.chosen == 1
    assert not made.choose(1)
    assert made.choose(-1)
    assert made.chosen == 0


def test_every_config_has_a_letter_and_a_colour() -> None:
    made = board(experiment(("bare", "imperative", "operator")))
    assert [(mark.letter, mark.style) for mark in made.marks] == [
        ("a", "series-1"),
        ("b", "series-2"),
        ("c", "series-3"),
    ]


def test_survival_and_margin_are_of_the_runs_that_count() -> None:
    planned = experiment(n=6)
    made = board(planned, lambda cell: "drift" if cell.replicate != 2 else None)
    curve = made.survival(0)
    assert [(point.turn, point.at_risk, point.drifted) for point in curve][-1] == (3, 2, 2)
    assert [point.runs for point in made.margin(0)] == [2, 2, 2]
    assert made.margin(0)[0].mean == pytest.approx(0.9)


def test_elements_vary_among_configs_of_one_seed_only() -> None:
    assert not board(experiment(("bare", "operator"))).varied
    made = board(experiment(("bare", "operator+history", "operator+history+exit")))
    assert made.varied
    assert made.elements == (None, frozenset({"history"}), frozenset({"history", "exit"}))


def test_a_race_is_known_by_its_plan() -> None:
    going = Underway(kept(experiment(), lambda cell: None))
    assert Board(going).race is None
    going.plan = RacePlan(going.tally, n=4)
    assert Board(going).race is going.plan


def test_an_experiment_that_lies_in_the_store_is_told_as_it_stands() -> None:
    planned = experiment(n=4)
    made = board(planned, by_chance(planned, share=0.5))
    assert (made.now.state, made.now.finished, made.now.planned) == ("stopped", 4, 8)
    assert board(planned).now.state == "over"
    broken = board(planned, lambda cell: "fault" if cell.replicate == 0 else "clean")
    assert (broken.now.broken, broken.now.finished) == (2, 8)
    assert broken.seen(Cell(0, 0, 0)).standing == "fault"
    assert broken.now.configs[0].n == 3
