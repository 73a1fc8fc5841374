import itertools
import statistics

import numpy as np
import pytest

from engine.drift.design import factorial
from engine.drift.lever import Levers
from engine.drift.tally import Tally
from tests.engine.drift.runs import drawn, run

NAMES = ("exit", "history", "recovery")
ELEMENTS = [
    tuple(itertools.compress(NAMES, on)) for on in itertools.product((False, True), repeat=3)
]


def watched(
    dice: np.random.Generator, rates: list[list[float]], n: int
) -> tuple[dict[str, int], int]:
    """At which run each element was decided, watching every one, and how many there were."""
    tally = Tally(["+".join(each) for each in ELEMENTS], tasks=len(rates[0]))
    levers = Levers(tally, ELEMENTS)
    decided: dict[str, int] = {}
    runs = 0
    for result in drawn(dice, rates, n, at_once=16):
        tally.feed(result)
        runs += 1
        for name, standing in zip(levers.elements, levers.standing(), strict=True):
            if standing.decided:
                decided.setdefault(name, runs)
    return decided, runs


def test_each_element_is_tested_on_every_run() -> None:
    tally = Tally(["+".join(each) for each in ELEMENTS])
    for replicate in range(5):
        for config, on in enumerate(ELEMENTS):
            tally.feed(run(config, replicate, "clean" if "history" in on else "drift"))
    levers = Levers(tally, ELEMENTS)
    assert levers.elements == NAMES
    exits, history, recovery = levers.standing()
    assert (exits.blocks, history.blocks, recovery.blocks) == (20, 20, 20)
    assert (exits.successes, history.successes) == ((10, 10), (20, 0))
    assert (history.a, history.b) == ("with history", "without history")
    assert history.decided
    assert history.better == "with history"
    assert not exits.decided
    assert exits.threshold == pytest.approx(40)
    assert not recovery.decided
    assert exits.verdict == "not attributable yet: more than 1000 more pairs at these rates"


def test_an_element_among_several_needs_more_evidence_than_one_alone() -> None:
    """Two of three rounds are enough for one question at 20, and not for three at 60."""
    tally = Tally(["+".join(each) for each in ELEMENTS])
    for replicate in range(2):
        for config, on in enumerate(ELEMENTS):
            good = replicate == 0 if config % 4 == 1 else "history" in on
            tally.feed(run(config, replicate, "clean" if good else "drift"))
    _, history, _ = Levers(tally, ELEMENTS).standing()
    assert 20 < history.peak < history.threshold == pytest.approx(60)
    assert not history.decided


def test_looking_often_gives_what_looking_once_gives() -> None:
    dice = np.random.default_rng(1)
    tally = Tally(["+".join(each) for each in ELEMENTS], tasks=2)
    often = Levers(tally, ELEMENTS)
    for result in drawn(dice, [[0.3, 0.6]] * 4 + [[0.5, 0.9]] * 4, 8, at_once=9):
        tally.feed(result)
        often.standing()
    assert often.standing() == Levers(tally, ELEMENTS).standing()


def test_configs_that_are_not_of_the_factorial_are_left_out() -> None:
    elements = [("exit",), (), None, ("exit", "history")]
    tally = Tally(["a", "b", "c", "d"])
    assert Levers(tally, elements).elements == ("exit", "history")
    assert Levers(tally, [("exit",), None, ("exit",)]).elements == ()


def test_no_run_stands_in_two_blocks_of_one_bet() -> None:
    tally = Tally(["a", "b", "c"])
    for config in range(3):
        tally.feed(run(config, 0, "clean"))
    (standing,) = Levers(tally, [("exit",), ("exit",), ()]).standing()
    assert standing.blocks == 1


def test_in_a_fraction_no_config_has_a_partner() -> None:
    design = factorial(("instruction", "history", "recovery", "exit", "reasoning"))
    tally = Tally(["+".join(row) for row in design.rows])
    assert Levers(tally, design.rows).elements == ()
    assert Levers(tally, design.rows).standing() == ()


def test_watching_every_run_no_element_is_wrongly_called_a_lever() -> None:
    """On tasks that are far apart, with drifts that finish first; any of three, in one of twenty."""
    dice = np.random.default_rng(3)
    wrong = sum(bool(watched(dice, [[0.1, 0.7]] * 8, 6)[0]) for _ in range(80))
    assert wrong / 80 <= 0.05


@pytest.mark.parametrize(("with_it", "without", "about"), [(0.9, 0.4, 68), (0.8, 0.5, 135)])
def test_how_many_runs_it_takes_to_find_the_lever(
    with_it: float, without: float, about: int
) -> None:
    dice = np.random.default_rng(5)
    rates = [[with_it if "history" in on else without] for on in ELEMENTS]
    took = [
        decided.get("history", runs + 1)
        for decided, runs in (watched(dice, rates, 4 * about // 8) for _ in range(25))
    ]
    assert statistics.median(took) == pytest.approx(about, rel=0.3)
