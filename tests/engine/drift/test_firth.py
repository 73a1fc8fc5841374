import itertools
import math

import numpy as np
import pytest
from scipy.optimize import brentq, minimize
from scipy.stats import chi2

from engine.drift.firth import FirthFit

SEX2 = {
    # age oc vic vicl vis dia: cases, of so many
    "000010": (1, 2),
    "001000": (14, 16),
    "001010": (3, 4),
    "001100": (10, 18),
    "001110": (12, 30),
    "001111": (1, 1),
    "010000": (44, 86),
    "010001": (3, 3),
    "010010": (0, 1),
    "011000": (15, 16),
    "011001": (1, 1),
    "011010": (2, 2),
    "011100": (7, 12),
    "011110": (3, 9),
    "101000": (2, 2),
    "101010": (1, 1),
    "101011": (1, 1),
    "101100": (1, 3),
    "101110": (0, 4),
    "101111": (1, 1),
    "110000": (5, 19),
    "110010": (0, 1),
    "111000": (3, 4),
    "111110": (0, 2),
}
"""Urinary tract infections of 239 women (Foxman et al. 1997), the example that R's logistf ships as
`sex2`: every user of a diaphragm fell ill, so that the usual estimate of `dia` is infinite."""


@pytest.fixture(scope="module")
def sex2() -> FirthFit:
    design = [[1.0, *map(float, pattern)] for pattern in SEX2]
    cases, of = zip(*SEX2.values(), strict=True)
    return FirthFit(design, cases, of)


@pytest.mark.parametrize(
    ("column", "coefficient", "low", "high"),
    [
        (0, 0.120254, -0.818559, 1.07315),
        (1, -1.10598, -1.97379, -0.307427),
        (2, -0.0688167, -0.941436, 0.789202),
        (3, 2.26887, 1.27304, 3.43543),
        (4, -2.11141, -3.26086, -1.11774),
        (5, -0.788317, -1.60809, 0.0151846),
        (6, 3.09601, 0.774568, 8.03028),
    ],
)
def test_the_published_example_of_separation(
    sex2: FirthFit, column: int, coefficient: float, low: float, high: float
) -> None:
    """As logistf and firthlogist print it."""
    assert sex2.coefficients[column] == pytest.approx(coefficient, rel=1e-5)
    assert sex2.interval(column) == pytest.approx((low, high), rel=3e-5)
    assert sex2.log_likelihood == pytest.approx(-132.5394, abs=1e-4)


def test_its_p_values_are_those_of_the_penalised_likelihood_ratio(sex2: FirthFit) -> None:
    assert sex2.p_value(1) == pytest.approx(6.143472e-03, rel=1e-4)
    assert sex2.p_value(6) == pytest.approx(4.951873e-03, rel=1e-4)


def test_a_separated_element_beside_two_tasks() -> None:
    """Values of firthmodels 0.8.2 for the same rows, one by one."""
    groups = {(0, 0): (0, 0), (1, 0): (3, 5), (0, 1): (0, 1), (1, 1): (5, 4)}
    design = [
        [float(task == 0), float(task == 1), a - 0.5, b - 0.5]
        for a, b in groups
        for task in range(2)
    ]
    fit = FirthFit(design, list(itertools.chain(*groups.values())), [6] * 8)
    assert fit.coefficients == pytest.approx(
        (-1.24029061, -0.63763388, 3.53467374, 0.60265673), abs=1e-4
    )
    assert fit.interval(2) == pytest.approx((1.92328277, 5.87699572), abs=1e-5)
    assert fit.interval(3) == pytest.approx((-0.92047325, 2.25094005), abs=1e-5)
    assert fit.p_value(2) == pytest.approx(9.93141933e-07, rel=1e-3)
    assert fit.p_value(3) == pytest.approx(4.39330003e-01, rel=1e-5)


def test_of_a_two_by_two_table_it_adds_half_a_run_to_each_cell() -> None:
    fit = FirthFit([[1, 0], [1, 1]], [0, 5], [5, 5])
    assert fit.coefficients[0] == pytest.approx(math.log(0.5 / 5.5), abs=1e-5)
    assert fit.coefficients[1] == pytest.approx(2 * math.log(5.5 / 0.5), abs=1e-5)


def test_the_profile_is_what_a_general_optimiser_finds() -> None:
    design = np.array([[1, a, b, a * b] for a in (-0.5, 0.5) for b in (-0.5, 0.5)])
    successes, trials = np.array([0, 3, 7, 2]), np.array([8, 7, 8, 9])

    def height(beta: np.ndarray) -> float:
        at = design @ beta
        chances = 1 / (1 + np.exp(-at))
        information = design.T @ np.diag(trials * chances * (1 - chances)) @ design
        likelihood = successes @ at - trials @ np.log1p(np.exp(at))
        return float(likelihood + 0.5 * np.linalg.slogdet(information)[1])

    def excess(value: float) -> float:
        held = minimize(
            lambda rest: -height(np.insert(rest, 3, value)), np.zeros(3), tol=1e-12, method="BFGS"
        )
        return float(2 * (best + held.fun) - chi2.ppf(0.95, 1))

    best = -float(minimize(lambda beta: -height(beta), np.zeros(4), tol=1e-12).fun)
    fit = FirthFit(design, successes.tolist(), trials.tolist())
    low, high = fit.interval(3)
    assert fit.log_likelihood == pytest.approx(best, abs=1e-8)
    assert low == pytest.approx(brentq(excess, low - 1, fit.coefficients[3]), abs=1e-4)
    assert high == pytest.approx(brentq(excess, fit.coefficients[3], high + 1), abs=1e-4)


def test_one_run_many_times_is_many_runs_once() -> None:
    grouped = FirthFit([[1, 0], [1, 1]], [2, 4], [6, 5])
    rows = [[1, 0]] * 6 + [[1, 1]] * 5
    single = FirthFit(rows, [1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0], [1] * 11)
    assert grouped.coefficients == pytest.approx(single.coefficients, abs=1e-6)
    assert grouped.interval(1) == pytest.approx(single.interval(1), abs=1e-5)


@pytest.mark.parametrize(
    ("design", "trials"),
    [([[1, 0, 0], [1, 1, 1]], [3, 3]), ([[1, 0], [1, 1]], [3, 0]), ([[1, 0], [1, 1]], [0, 0])],
)
def test_what_cannot_be_told_apart_is_refused(design: list[list[float]], trials: list[int]) -> None:
    with pytest.raises(ValueError, match="not independent"):
        FirthFit(design, [0] * len(trials), trials)


def test_where_nothing_differs_the_test_says_so_as_often_as_it_should() -> None:
    """At one look, with few runs and rates near the end of the scale: 5 % of 400, give or take."""
    dice = np.random.default_rng(3)
    design = [[1, a, b] for a in (-0.5, 0.5) for b in (-0.5, 0.5)]
    wrong = 0
    for _ in range(400):
        fit = FirthFit(design, dice.binomial(8, 0.2, size=4).tolist(), [8] * 4)
        wrong += fit.p_value(1) < 0.05
    assert wrong / 400 < 0.05 + 2 * math.sqrt(0.05 * 0.95 / 400)
