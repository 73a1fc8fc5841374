"""What a report is made of follows from the results, and from nothing else."""

import pytest

from console.report.findings import findings
from console.report.material import chosen
from console.report.recorded import design_of, names
from engine.drift.tally import Tally
from tests.console.report.results import TASKS, experiment, kept


def test_every_number_is_that_of_the_tally() -> None:
    planned, placement = experiment()
    results = kept(planned, placement, clean=(0.0, 1.0), fault="The shell broke.")
    found = findings(results)
    tally = Tally.of(planned)
    for run in results.runs:
        tally.feed(run.result)
    assert [arm.tally for arm in found.arms] == list(tally.all_configs)
    assert [pair.tally for pair in found.pairs["clean"]] == list(tally.pairs("clean"))
    assert found.settled == found.planned - 1 == 23
    assert found.arms[0].tally.fault == 1


def test_the_cleanest_come_first() -> None:
    found = findings(kept(*experiment(), clean=(0.2, 0.9)))
    assert [arm.name for arm in found.ranked] == ["false-memories", "bare"]


def test_counts_by_task_add_up() -> None:
    found = findings(kept(*experiment()))
    for arm in found.arms:
        assert sum(on.n for on in arm.tasks) == arm.tally.n
        assert sum(on.clean for on in arm.tasks) == arm.tally.clean
        assert [on.checked for on in arm.tasks] == [0, 6]
        assert arm.tasks[0].of("done") == (0, 0)


def test_margins_are_there_where_runs_recorded_them() -> None:
    found = findings(kept(*experiment(), clean=(0.0, 1.0)))
    assert [len(arm.margins) for arm in found.arms] == [1, 2]
    assert found.arms[1].margins[0].median == pytest.approx(0.9)


def test_a_factorial_has_its_design_levers_and_effects() -> None:
    planned, placement = experiment(("bare",), factorial="operator+history+exit")
    found = findings(kept(planned, placement, clean=(0, 0, 0, 1)))
    assert found.design is not None
    assert found.design.elements == ("history", "exit")
    assert {name for name, _ in found.levers["clean"]} == {"exit", "history"}
    assert {effect.elements for effect in found.effects["clean"]} >= {("exit",), ("history",)}
    assert design_of(planned, "operator+nonsense") is None


def test_an_experiment_that_is_not_over_counts_what_there_is() -> None:
    found = findings(kept(*experiment(), finished=0.5))
    assert found.settled == 12
    empty = findings(kept(*experiment(), finished=0))
    assert empty.settled == 0
    assert [arm.incidence for arm in empty.arms] == [(), ()]


def test_names_say_which_elements_are_on_and_defaults_go_without_saying() -> None:
    planned, _ = experiment(("bare", "operator", "operator+history"), factorial="operator")
    found = names(planned)
    assert found[:3] == ("bare", "operator", "operator+history")
    assert len(set(found)) == len(found)


def test_examples_are_one_of_each_kind_in_planned_order() -> None:
    results = kept(*experiment(tasks=TASKS), clean=(0.0, 1.0))
    shown = dict(chosen(results))
    assert set(shown) == {"clean", "narration"}
    assert shown["clean"].turns > 1
    assert shown["narration"].replicate == 0
