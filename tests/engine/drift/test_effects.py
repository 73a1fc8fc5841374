import itertools
import json
from collections.abc import Callable

import numpy as np
import pytest

from engine.drift.design import factorial
from engine.drift.effects import FEW, Counts, Effect, counts_of, effects
from engine.drift.tally import Tally
from engine.events import Outcome
from tests.engine.drift.runs import run

NAMES = ("exit", "history", "recovery")


def counts(
    rate: Callable[[frozenset[str]], float],
    n: int = 10,
    *,
    names: tuple[str, ...] = NAMES,
    tasks: int = 2,
    dice: np.random.Generator | None = None,
) -> list[Counts]:
    """A full factorial: as many successes as the rate has it, or drawn."""
    found = []
    for switches in itertools.product((False, True), repeat=len(names)):
        on = frozenset(itertools.compress(names, switches))
        for task in range(tasks):
            chance = rate(on)
            successes = int(dice.binomial(n, chance)) if dice else round(n * chance)
            found.append(Counts(on, task, successes, n))
    return found


def by_name(found: tuple[Effect, ...]) -> dict[str, Effect]:
    return {"×".join(effect.elements): effect for effect in found}


def test_the_lever_is_named_and_the_others_are_not() -> None:
    found = by_name(effects(counts(lambda on: 0.8 if "history" in on else 0.3)))
    assert list(found) == [
        *("exit", "history", "recovery"),
        *("exit×history", "exit×recovery", "history×recovery"),
    ]
    assert [name for name, effect in found.items() if effect.told] == ["history"]
    history = found["history"]
    assert history.difference == pytest.approx(0.5, abs=0.02)
    assert history.low is not None
    assert history.high is not None
    assert 0.3 < history.low < 0.5 < history.high < 0.7
    assert history.why.startswith("raises the rate: +.")
    assert found["exit"].why.startswith("not told from none: .00 [−")


def test_an_element_that_always_decides_gets_finite_numbers() -> None:
    found = by_name(effects(counts(lambda on: 1.0 if "exit" in on else 0.0)))["exit"]
    assert found.told
    assert found.log_odds_low is not None
    assert found.log_odds_high is not None
    assert 3 < found.log_odds_low < found.log_odds_high < 20
    assert found.low is not None
    assert found.high is not None
    assert 0.85 < found.low < found.high <= 1


def test_what_lowers_the_rate_is_said_to() -> None:
    found = by_name(effects(counts(lambda on: 0.2 if "history" in on else 0.7)))["history"]
    assert found.why.startswith("lowers the rate: −.")


def test_two_that_work_only_together() -> None:
    found = by_name(effects(counts(lambda on: 0.9 if {"exit", "history"} <= on else 0.1, 20)))
    both = found["exit×history"]
    assert both.told
    assert both.difference == pytest.approx(0.8, abs=0.05)
    assert both.why.startswith("each does more where the other is on: +.")
    assert not found["exit×recovery"].told
    assert not found["history×recovery"].told


def test_tasks_are_blocks_and_not_noise() -> None:
    """An element that is seen more often on the easy task looks like a lever, and is none."""
    mixed = [
        *(Counts(frozenset(["exit"]), 0, 27, 30), Counts(frozenset(), 0, 9, 10)),
        *(Counts(frozenset(["exit"]), 1, 1, 10), Counts(frozenset(), 1, 3, 30)),
    ]
    pooled = [Counts(each.elements, 0, each.successes, each.trials) for each in mixed]
    assert not effects(mixed)[0].told
    assert effects(pooled)[0].told


def test_elements_that_go_together_cannot_be_told_apart() -> None:
    rows = [frozenset[str](), frozenset(["exit", "history"])] * 2
    found = by_name(
        effects([Counts(on, at // 2, 9 if on else 1, 10) for at, on in enumerate(rows)])
    )
    assert found["history"].log_odds is None
    assert found["history"].why == "the design cannot tell it from exit"
    assert found["exit"].partners == (("history",),)
    assert "it may as well be history" in found["exit"].why
    assert not found["exit×history"].told


def test_in_a_fraction_pairs_that_hide_in_each_other_say_so() -> None:
    names = ("exit", "history", "instruction", "prompt", "reasoning", "recovery")
    design = factorial(names)
    assert design.resolution == 4
    cells = [Counts(frozenset(row), 0, 12 if "exit" in row else 3, 15) for row in design.rows]
    found = by_name(effects(cells))
    mains = {name: found[name] for name in names}
    assert all(effect.partners == () for effect in mains.values())
    assert [name for name, effect in mains.items() if effect.told] == ["exit"]
    for group in design.aliases:
        told = [found["×".join(term)] for term in group]
        assert all(set(effect.partners) <= set(group) - {effect.elements} for effect in told)
        assert all(effect.partners for effect in told)
        assert sum(effect.log_odds is not None for effect in told) == 1


def test_few_runs_are_called_few() -> None:
    found = effects(counts(lambda on: float("exit" in on), 1, names=("exit", "history"), tasks=2))
    assert {effect.why for effect in found} == {
        f"only 4 runs in one of the groups to compare; at least {FEW} are needed",
        f"only 2 runs in one of the groups to compare; at least {FEW} are needed",
    }


@pytest.mark.parametrize(("rate", "seen"), [(0.0, "No run operated"), (1.0, "Every run operated")])
def test_where_all_went_alike_there_is_nothing_to_find(rate: float, seen: str) -> None:
    found = effects(counts(lambda on: rate), "operated")
    assert len(found) == 6
    assert {effect.why for effect in found} == {f"{seen}: there is no difference to look for"}


def test_without_runs_or_without_a_choice_there_are_no_effects() -> None:
    assert effects([]) == ()
    assert effects([Counts(frozenset(["exit"]), 0, 3, 9)]) == ()


def test_counts_come_from_the_runs_that_count_in_planned_order() -> None:
    tally = Tally(["with", "without", "other"], tasks=2)
    for config in range(3):
        for replicate in range(3):
            for task in range(2):
                outcome: Outcome = "clean" if config else "no-exit"
                broke = config == 1 and replicate == 1
                tally.feed(run(config, replicate, "fault" if broke else outcome, task=task))
    tally.feed(run(0, 4, "clean"))
    elements = [("exit",), (), None]
    assert counts_of(tally, elements, "exited") == (
        *(Counts(frozenset(["exit"]), 0, 0, 3), Counts(frozenset(["exit"]), 1, 0, 3)),
        *(Counts(frozenset(), 0, 2, 2), Counts(frozenset(), 1, 2, 2)),
    )
    assert counts_of(tally, elements, "operated")[0] == Counts(frozenset(["exit"]), 0, 3, 3)
    assert counts_of(tally, elements, "done") == ()


def test_a_document_says_that_it_is_for_one_look() -> None:
    document = json.loads(json.dumps(effects(counts(lambda on: 0.5))[0].to_document()))
    assert document["look"] == "fixed"
    assert document["elements"] == ["exit"]
    assert {"axis", "log_odds", "difference", "low", "high", "p", "told", "why"} <= set(document)


@pytest.mark.parametrize(
    "rate",
    [
        lambda on: 0.75 if "exit" in on else 0.35,
        lambda on: 0.95 if "exit" in on else 0.02,
        lambda on: 0.3 if "exit" in on else 0.0,
    ],
)
def test_the_difference_lies_within_its_bounds_at_one_look(
    rate: Callable[[frozenset[str]], float],
) -> None:
    dice = np.random.default_rng(5)
    truth = rate(frozenset(["exit"])) - rate(frozenset())
    held = 0
    for _ in range(120):
        found = effects(counts(rate, 12, names=("exit",), dice=dice))[0]
        assert found.low is not None
        assert found.high is not None
        held += found.low <= truth <= found.high
    assert held / 120 > 0.95 - 2 * (0.95 * 0.05 / 120) ** 0.5


def test_no_element_matters_and_seldom_is_any_told() -> None:
    """Holm over the main effects: any of three wrongly told in 5 % of experiments at most."""
    dice = np.random.default_rng(7)
    wrong = 0
    for _ in range(40):
        found = effects(counts(lambda on: 0.3, 5, dice=dice))
        wrong += any(effect.told for effect in found if len(effect.elements) == 1)
    assert wrong / 40 < 0.05 + 2 * (0.05 * 0.95 / 40) ** 0.5
