import itertools
from collections import Counter

import numpy as np
import pytest

from engine.drift.aliasing import aliasing, code
from engine.drift.design import FULL, factorial
from engine.drift.evalue import compare

NAMES = ("instruction", "history", "recovery", "exit", "reasoning", "prompt", "seventh", "eighth")


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_few_elements_are_run_in_every_combination(count: int) -> None:
    design = factorial(NAMES[:count])
    assert len(set(design.rows)) == len(design.rows) == 2**count
    assert (design.resolution, design.generators, design.aliases) == (None, (), ())
    assert design.sentence.endswith("every effect can be told from every other.")


@pytest.mark.parametrize(("count", "resolution"), [(5, 5), (6, 4), (7, 4), (8, 4)])
def test_more_elements_are_run_in_sixteen_combinations(count: int, resolution: int) -> None:
    design = factorial(NAMES[:count])
    assert len(set(design.rows)) == 16
    assert design.resolution == resolution
    assert len(design.generators) == count - FULL


@pytest.mark.parametrize("count", range(1, 9))
def test_every_element_is_on_in_half_of_the_runs_with_any_other(count: int) -> None:
    design = factorial(NAMES[:count])
    on = Counter(name for row in design.rows for name in row)
    assert set(on.values()) == {len(design.rows) // 2}
    for pair in itertools.combinations(design.elements, 2):
        assert sum(set(pair) <= set(row) for row in design.rows) == len(design.rows) // 4


@pytest.mark.parametrize("count", range(2, 9))
def test_the_aliases_that_are_told_are_those_that_the_runs_have(count: int) -> None:
    design = factorial(NAMES[:count])
    terms = [(name,) for name in design.elements]
    terms += itertools.combinations(design.elements, 2)  # type: ignore[arg-type]  # pairs, too
    columns = {term: np.array([code(row, term) for row in design.rows]) for term in terms}
    same = {
        frozenset((one, other))
        for one, other in itertools.combinations(terms, 2)
        if len({*map(abs, columns[one])}) == 1
        and abs(columns[one] @ columns[other])
        == pytest.approx(np.linalg.norm(columns[one]) * np.linalg.norm(columns[other]))
    }
    told = {
        frozenset(pair) for group in design.aliases for pair in itertools.combinations(group, 2)
    }
    assert told == same
    assert not any(len(term) == 1 for group in design.aliases for term in group)


@pytest.mark.parametrize("count", range(5, 9))
def test_the_generators_words_make_the_fraction(count: int) -> None:
    design = factorial(NAMES[:count])
    for words in design.generators:
        name, rule = words.split(" is on where ")
        of = [each for each in NAMES[:FULL] if each in rule]
        parity = 1 if rule.startswith("an odd") else 0
        assert rule.startswith(("an odd number of", "an even number of"))
        for row in design.rows:
            assert (name in row) == (sum(each in row for each in of) % 2 == parity)


def test_what_a_fraction_cannot_tell_is_said_before_it_starts() -> None:
    sentence = factorial(NAMES[:6]).sentence
    assert sentence.startswith("16 of the 64 combinations of instruction, history, recovery, exit,")
    assert "(resolution IV): main effects can be told apart;" in sentence
    assert "instruction×history cannot be told from recovery×reasoning" in sentence
    assert "can all be told apart, if those of three are none" in factorial(NAMES[:5]).sentence


def test_what_is_always_on_is_in_every_row() -> None:
    design = factorial(("history", "exit"), always=("prompt",))
    assert [set(row) for row in design.rows] == [
        {"prompt"},
        {"prompt", "exit"},
        {"prompt", "history"},
        {"prompt", "history", "exit"},
    ]


def test_the_runs_needed_are_counted_before_it_starts() -> None:
    design = factorial(NAMES[:3])
    assert design.runs(5) == 40
    assert design.runs(5, tasks=4) == 160
    # (1.960 + .842)² · (.65 · .35 + .35 · .65) / .3² = 39.7 runs with it and as many without.
    assert design.needed(0.3) == 10
    assert design.needed(0.3, tasks=4) == 3
    assert design.needed(0.3, power=0.95) > design.needed(0.3)
    assert design.needed(0.3, watched=True) == 25


def test_watched_it_takes_as_many_runs_more_as_is_said() -> None:
    dice = np.random.default_rng(5)
    n = factorial(("exit",)).needed(0.4, watched=True)
    decided = [
        compare([bool(x) for x in dice.random(n) < 0.7], [bool(x) for x in dice.random(n) < 0.3])
        for _ in range(300)
    ]
    assert np.mean([each.decided for each in decided]) == pytest.approx(0.8, abs=0.07)


def test_that_many_runs_do_show_the_effect() -> None:
    design = factorial(NAMES[:2])
    n = design.needed(0.4)
    dice = np.random.default_rng(3)
    each = 2 * n
    with_it, without = (dice.binomial(each, rate, 4000) / each for rate in (0.7, 0.3))
    spread = np.sqrt((with_it * (1 - with_it) + without * (1 - without)) / each)
    assert np.mean(with_it - without > 1.96 * spread) == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize(
    ("elements", "always"),
    [((), ()), (("exit", "exit"), ()), (("exit",), ("exit",)), (tuple("abcdefghi"), ())],
)
def test_what_is_no_design_is_refused(elements: tuple[str, ...], always: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"at least one element|more than 8"):
        factorial(elements, always)


@pytest.mark.parametrize(("difference", "power"), [(0, 0.8), (1, 0.8), (0.3, 1), (-0.3, 0.8)])
def test_a_power_that_makes_no_sense_is_refused(difference: float, power: float) -> None:
    with pytest.raises(ValueError, match="both lie in"):
        factorial(("exit",)).needed(difference, power=power)


def test_a_column_that_is_made_of_others_is_hidden_in_them() -> None:
    rows = [{"a"}, {"b"}, {"a"}, {"b"}]
    found = aliasing([[1.0]] * 4, rows, [("a",), ("b",), ("a", "b")])
    assert found.kept == (("a",),)
    assert found.partners == {("a",): (("b",),), ("b",): (("a",),), ("a", "b"): ()}
