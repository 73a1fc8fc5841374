"""The Experiment screen says on what the runs were made, and what rounding did to them."""

from msgspec.structs import replace

from console.experiment.board import Board
from console.experiment.making import inexact, made_on
from console.experiment.shelved import Shelved
from console.experiment.telling import told
from engine.divergence import DivergenceRate
from sessions.kept import Stretch
from tests.console.experiment.made import by_chance, experiment, kept
from tests.console.experiment.test_shelved import STRETCH


def board(*stretches: Stretch) -> Board:
    """An experiment whose runs were made in these."""
    planned = experiment(n=3)
    return Board(Shelved(replace(kept(planned, by_chance(planned)), stretches=stretches)))


def text(made: Board) -> str:
    return " ".join(line.text for line in made_on(made))


def test_where_nothing_is_known_nothing_is_said() -> None:
    assert made_on(board()) == []


def test_stretches_on_the_same_are_one_sentence() -> None:
    made = board(STRETCH, replace(STRETCH, runs=5))
    assert "smollm2-135m (weights abababababab) on cpu in float32, driftty 0.1: 6 runs." in text(
        made
    )
    assert "does not depend on the runs that shared its batch" in text(made)
    assert not inexact(made)


def test_a_mixture_says_by_what() -> None:
    made = board(STRETCH, replace(STRETCH, weights="cd" * 32))
    assert "A mixture, by weights abababababab, now cdcdcdcdcdcd." in text(made)


def test_in_lower_precision_the_rate_of_other_tokens_is_told_once_it_was_measured() -> None:
    made = board(replace(STRETCH, dtype="bfloat16"))
    assert inexact(made)
    assert "measured once all runs are there" in text(made)
    made.divergence = DivergenceRate(
        dtype="bfloat16", runs=3, tokens=1000, differing=4, near_ties=4
    )
    assert made.divergence.sentence in text(made)


def test_elements_without_a_test_that_may_be_watched_are_named() -> None:
    names = ("operator+none", "operator+history+exit", "operator+history")
    planned = experiment(names, n=3)
    made = Board(Shelved(kept(planned, by_chance(planned))))
    assert made.untested == ()
    fraction = experiment(("operator+none", "operator+history+exit", "operator+system+exit"), n=3)
    crossed = Board(Shelved(kept(fraction, by_chance(fraction))))
    assert crossed.untested == ("exit", "history", "system")
    words = " ".join(line.text for line in told(crossed))
    assert "exit, history, system: no two configs differ in one of these alone" in words
