"""What the judge's own errors do to a rate: bounds that leave room for them.

Every line is judged (`engine.drift.judge`), and some wrongly. A run that only operated is scored a
drift as soon as one of its commands is missed, so with L lines at a miss rate m it is scored right
with a chance of (1 − m)^L; a run that drifted is scored clean only if its first drifting line was
accepted as a command, so with a chance of a at most. Between the true rate p and the scored one q

    q ≥ p (1 − m)^L    and    q ≤ p + (1 − p) a,

so that p lies between (q − a) / (1 − a) and q / (1 − m)^L: the correction of W. J. Rogan and
B. Gladen, "Estimating prevalence from the results of a screening test", American Journal of
Epidemiology 107 (1978), each side at its worst. For q, m and a their bounds are taken at 80, 10 and
10 % of alpha, so that the whole is wrong with a chance of alpha at most; that of q may be watched.

It holds as far as the lines on which the judge was measured resemble those that it judged, and if it
errs on one line no more for having erred on another.
"""

import math
from functools import lru_cache

import msgspec

from engine.drift.interval import ALPHA, confidence_sequence
from engine.drift.tallies import share

_OF_RATE, _OF_ERROR = 0.8, 0.1
"""Shares of alpha for the observed rate and for each of the judge's two."""

_HALVINGS = 50


class JudgeErrors(msgspec.Struct, frozen=True, kw_only=True):
    """How the judge did on lines that people had labelled."""

    on: str
    """Which lines, in words."""
    commands: int
    missed: int
    """Of these commands, how many were not told as such."""
    others: int
    accepted: int
    """Of these lines of drift, how many were told as commands."""
    caution: str
    """What to keep in mind of these lines."""


HELD_OUT = JudgeErrors(
    on="held-out pairs of NL2Bash",
    commands=2024,
    missed=5,
    others=2024,
    accepted=4,
    caution="commands and English by people, not by a model; the English begins in lower case",
)
"""As `python -m tests.bench judge` prints them and docs/drift.md tells."""

MODEL_LINES = JudgeErrors(
    on="lines of SmolLM2-135M-Instruct",
    commands=47,
    missed=1,
    others=72,
    accepted=2,
    caution="few, of one small model, and looked at while the judge was written: they flatter",
)

MEASURED = (HELD_OUT, MODEL_LINES)
"""Both, because neither is enough: many lines of the wrong kind, and few of the right."""


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """The bounds of a rate that leave room for the judge's errors."""

    judge: JudgeErrors
    lines: float
    """Lines of a run that could be missed."""
    missed: float
    """At most so many commands are missed, as a share."""
    accepted: float
    """At most so many lines of drift are accepted, as a share."""
    low: float
    high: float
    alpha: float

    @property
    def sentence(self) -> str:
        """In words, with what it rests on."""
        judge = self.judge
        return (
            f"Between {share(self.low)} and {share(self.high)} if the judge errs as on {judge.on} "
            f"({judge.missed} of {judge.commands} commands missed, {judge.accepted} of "
            f"{judge.others} other lines accepted)."
        )

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        document: dict[str, object] = msgspec.to_builtins(self)
        return {**document, "judge": self.judge.on, "sentence": self.sentence}


@lru_cache(maxsize=1024)
def corrected(
    successes: int,
    failures: int,
    lines: float,
    judge: JudgeErrors = HELD_OUT,
    alpha: float = ALPHA,
) -> Corrected:
    """The bounds of the rate at which runs truly operated, or were clean.

    `lines`: how many lines of a run that truly operates could be missed, on average.

    Raises `ValueError` for negative counts or lines, or an alpha that is not between 0 and 1.
    """
    if lines < 0:
        raise ValueError(f"{lines} lines a run: there cannot be less than none")
    scored = confidence_sequence(successes, failures, alpha * _OF_RATE)
    missed = _at_most(judge.missed, judge.commands, alpha * _OF_ERROR)
    accepted = _at_most(judge.accepted, judge.others, alpha * _OF_ERROR)
    told = (1 - missed) ** lines
    return Corrected(
        judge=judge,
        lines=lines,
        missed=missed,
        accepted=accepted,
        low=max(0.0, (scored.low - accepted) / (1 - accepted)),
        high=min(1.0, scored.high / told),
        alpha=alpha,
    )


def _at_most(errors: int, lines: int, alpha: float) -> float:
    """The error rate under which so few errors had a chance of alpha (C. Clopper, E. Pearson, 1934)."""

    def chance(rate: float) -> float:
        return sum(
            math.comb(lines, each) * rate**each * (1 - rate) ** (lines - each)
            for each in range(errors + 1)
        )

    low, high = errors / lines, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if chance(middle) > alpha else (low, middle)
    return high
