import numpy as np
import pytest
from scipy.stats import beta

from engine.drift.interval import confidence_sequence
from engine.drift.judge import judge
from engine.drift.misjudging import HELD_OUT, MODEL_LINES, JudgeErrors, corrected
from engine.drift.verdict import Context
from tests.bench.judge import PROMPT
from tests.engine.drift.corpus import lowered, pairs, shared_model_lines

PERFECT = JudgeErrors(
    on="all lines", commands=10**6, missed=0, others=10**6, accepted=0, caution=""
)


def test_a_judge_that_does_not_err_leaves_the_interval_nearly_alone() -> None:
    scored, room = confidence_sequence(14, 6, 0.04), corrected(14, 6, 5, PERFECT)
    assert room.low == pytest.approx(scored.low, abs=1e-4)
    assert room.high == pytest.approx(scored.high, abs=1e-4)


@pytest.mark.parametrize("measured", [HELD_OUT, MODEL_LINES])
@pytest.mark.parametrize(("successes", "failures"), [(0, 20), (14, 6), (20, 0), (0, 0)])
def test_the_bounds_only_ever_widen(measured: JudgeErrors, successes: int, failures: int) -> None:
    plain = confidence_sequence(successes, failures)
    room = corrected(successes, failures, 4, measured)
    assert 0 <= room.low <= plain.low
    assert plain.high <= room.high <= 1


def test_the_bounds_are_those_of_rogan_and_gladen_at_their_worst() -> None:
    scored, room = confidence_sequence(14, 6, 0.04), corrected(14, 6, 4, MODEL_LINES)
    accepted = beta.ppf(0.995, 3, 70)
    missed = beta.ppf(0.995, 2, 46)
    assert room.low == pytest.approx((scored.low - accepted) / (1 - accepted))
    assert room.high == min(1, scored.high / (1 - missed) ** 4)
    few = corrected(2, 18, 4, MODEL_LINES)
    assert few.high == pytest.approx(confidence_sequence(2, 18, 0.04).high / (1 - missed) ** 4)


def test_longer_runs_are_missed_more_often() -> None:
    highs = [corrected(5, 15, lines).high for lines in (0, 2, 8, 30)]
    assert highs == sorted(set(highs))
    assert len({corrected(5, 15, lines).low for lines in (0, 2, 8, 30)}) == 1


def test_the_judges_rates_are_bounded_as_clopper_and_pearson_do() -> None:
    room = corrected(10, 10, 4, HELD_OUT)
    assert room.missed == pytest.approx(beta.ppf(0.995, 6, 2019), rel=1e-6)
    assert room.accepted == pytest.approx(beta.ppf(0.995, 5, 2020), rel=1e-6)


def test_it_says_what_it_rests_on() -> None:
    assert corrected(14, 6, 4).sentence == (
        "Between .36 and .95 if the judge errs as on held-out pairs of NL2Bash (5 of 2024 commands "
        "missed, 4 of 2024 other lines accepted)."
    )


@pytest.mark.parametrize(("successes", "lines"), [(-1, 4), (1, -4)])
def test_what_makes_no_sense_is_refused(successes: int, lines: int) -> None:
    with pytest.raises(ValueError):
        corrected(successes, 3, lines)


def test_the_true_rate_lies_within_although_the_judge_errs() -> None:
    """Runs of four commands; the judge's rates are unknown and estimated from few lines, as ours."""
    dice = np.random.default_rng(3)
    missed, accepted, truth, lines, n = 0.03, 0.04, 0.6, 4, 150
    held = plain = 0
    for _ in range(400):
        clean = dice.random(n) < truth
        kept = dice.random((n, lines)).min(axis=1) > missed
        scored = np.where(clean, kept, dice.random(n) < accepted).sum()
        measured = JudgeErrors(
            on="",
            commands=300,
            missed=int(dice.binomial(300, missed)),
            others=300,
            accepted=int(dice.binomial(300, accepted)),
            caution="",
        )
        room = corrected(int(scored), n - int(scored), lines, measured)
        held += room.low <= truth <= room.high
        interval = confidence_sequence(int(scored), n - int(scored))
        plain += interval.low <= truth <= interval.high
    assert held / 400 >= 0.95
    assert plain < held


def test_the_rates_are_those_of_the_judge_as_it_is() -> None:
    held_out = [pair for pair in pairs() if pair.held_out]
    lines = shared_model_lines()
    if not held_out or not lines:
        pytest.skip(
            "measures on labelled lines that are not part of the repository (see corpus.py)"
        )
    assert len(held_out) == HELD_OUT.commands == HELD_OUT.others
    missed = sum(judge(pair.command).drift is not None for pair in held_out)
    accepted = sum(judge(lowered(pair.english)).drift is None for pair in held_out)
    assert (missed, accepted) == (HELD_OUT.missed, HELD_OUT.accepted)
    told = [
        (each.label, judge(each.line, Context(shown=each.after, prompt=PROMPT)).drift)
        for each in lines
    ]
    commands = [drift for label, drift in told if label == "command"]
    others = [drift for label, drift in told if label not in ("command", "comment", "reasoning")]
    assert (len(commands), len(others)) == (MODEL_LINES.commands, MODEL_LINES.others)
    assert sum(drift is not None for drift in commands) == MODEL_LINES.missed
    assert sum(drift is None for drift in others) == MODEL_LINES.accepted
