"""A factorial takes configs from a seed's elements, and tells what they do."""

import msgspec
import pytest

from console.factorial import (
    design_notes,
    effect_sentences,
    effects_document,
    elements_of,
    plan_factorial,
)
from engine.drift.lever import Levers
from engine.drift.tally import Tally
from engine.errors import SeedError
from engine.experiment import Cell, cross
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from tests.console.replicated import planned
from tests.sessions.madeexperiments import make_result as result

LIBRARY = SeedLibrary()


def test_every_combination_of_the_named_elements_with_the_others_as_they_are() -> None:
    made = plan_factorial("operator+recovery+instruction", LIBRARY)
    always = {"system", "history", "exit", "prompt"}
    assert len(made.configs) == 4
    assert all(always <= set(config.elements) for config in made.configs)
    assert {frozenset(config.elements) - always for config in made.configs} == {
        frozenset[str](),
        frozenset({"recovery"}),
        frozenset({"instruction"}),
        frozenset({"recovery", "instruction"}),
    }


def test_combinations_that_show_the_model_the_same_are_run_once() -> None:
    made = plan_factorial("false-memories", LIBRARY)
    assert len(made.configs) + len(made.left_out) == len(made.design.rows) == 8
    assert len({config.hash for config in made.configs}) == len(made.configs) == 6
    assert all("history" not in config.elements for config in made.left_out)


def test_a_seed_of_many_elements_is_a_fraction() -> None:
    assert len(plan_factorial("operator", LIBRARY).configs) == 16


def test_the_runs_that_a_design_needs_are_told_before_it_starts() -> None:
    planned = plan_factorial("operator+recovery+instruction", LIBRARY)
    told, needs = design_notes(planned, tasks=2)
    assert "All 4 combinations" in told
    assert f"-n {planned.design.needed(0.3, tasks=2, watched=True)} to see" in needs


def test_a_fraction_does_not_promise_to_tell_of_elements_while_one_watches() -> None:
    planned = plan_factorial("operator", LIBRARY)
    _, needs, *_ = design_notes(planned, tasks=1)
    assert f"-n {planned.design.needed(0.3)} to see" in needs
    assert "compares its configs and not its elements" in needs
    tally = Tally([config.name for config in planned.configs])
    assert not Levers(tally, [config.elements for config in planned.configs]).elements


def test_a_design_with_combinations_left_out_does_not_promise_to_tell_all_apart() -> None:
    told, _, *left_out = design_notes(plan_factorial("false-memories", LIBRARY), tasks=1)
    assert "6 of 8 combinations" in told
    assert "every effect" not in told
    assert len(left_out) == 2


@pytest.mark.parametrize("typed", ["nothing-like-it", "operator+wings", "operator+exit+exit"])
def test_what_cannot_be_planned_is_a_sentence(typed: str) -> None:
    with pytest.raises(SeedError):
        plan_factorial(typed, LIBRARY)


def test_the_lever_is_found_and_other_seeds_do_not_count() -> None:
    made = plan_factorial("operator+recovery+instruction", LIBRARY)
    configs = (*made.configs, parse_config("bare", LIBRARY))
    experiment = msgspec.structs.replace(planned(), configs=configs, tasks=planned().tasks[:1])
    elements = elements_of(experiment, "operator+recovery+instruction")
    assert elements[-1] is None
    tally = Tally.of(experiment)
    for replicate in range(12):
        for place, config in enumerate(configs):
            good = "recovery" in config.elements
            tally.feed(result(Cell(place, 0, replicate), "clean" if good else "drift"))
    found = effects_document(tally, elements)
    watched = {
        str(each["elements"]): each["decided"]
        for each in found
        if each["look"] == "every" and each["axis"] == "clean"
    }
    assert watched == {"['recovery']": True, "['instruction']": False}
    told = [
        each["elements"]
        for each in found
        if each["look"] == "fixed" and each["axis"] == "clean" and each["told"]
    ]
    assert [list(each) for each in told if isinstance(each, tuple | list)] == [["recovery"]]
    instruction, recovery = effect_sentences(tally, elements)
    assert recovery.startswith("recovery, with all runs in and at one look: raises the rate: +.")
    assert instruction.startswith(
        "instruction, with all runs in and at one look: not told from none"
    )


def test_what_a_temperature_does_is_told_as_of_an_element() -> None:
    made = plan_factorial("operator+recovery", LIBRARY)
    configs, conditions = cross(made.configs, (0.0, 1.0), ())
    experiment = msgspec.structs.replace(
        planned(), configs=configs, conditions=conditions, tasks=planned().tasks[:1]
    )
    elements = elements_of(experiment, "operator+recovery")
    tally = Tally.of(experiment)
    for replicate in range(16):
        for place in range(len(configs)):
            cold = conditions[place].temperature == 0.0
            tally.feed(result(Cell(place, 0, replicate), "clean" if cold else "drift"))
    levers = Levers(tally, elements).standing()
    assert [(each.a, each.decided, each.better) for each in levers] == [
        ("with T 1", True, "without T 1"),
        ("with recovery", False, None),
    ]
    found = effects_document(tally, elements)
    told = [each["elements"] for each in found if each["look"] == "fixed" and each["told"]]
    assert told
    assert all("T 1" in str(each) for each in told)
