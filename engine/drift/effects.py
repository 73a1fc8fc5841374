"""Which element is the lever: main effects and two-way interactions on one axis, task by task.

A logistic model of the runs: each task its own level, each element on or off, and pairs of elements.
Main effects are read from the model without interactions, interactions from the model with all of
them; effects of three and more elements are taken to be none. The fit is Firth's (see
`engine.drift.firth`), so an element that never or always works gets a finite effect and an interval.

Each effect is given twice. As log-odds, with the bounds of the profile penalised likelihood; and as a
difference in probability over the runs' own mixture of tasks and elements, with bounds by the delta
method. The penalty adds about half a success and half a failure to each group, which is what makes a
plain interval for a difference hold near 0 and 1 (A. Agresti, B. Caffo, "Simple and effective
confidence intervals for proportions and differences of proportions", American Statistician 54, 2000).
What is `told` rests on the likelihood.

The intervals and p-values are for *one* look. Watched, and stopped when they please, they promise
nothing; while runs come in, look at `engine.drift.lever`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations, product
from statistics import NormalDist
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from engine.drift.aliasing import Combination, aliasing, code, levels
from engine.drift.firth import FirthFit
from engine.drift.interval import ALPHA
from engine.drift.result import Axis
from engine.drift.tallies import signed
from engine.drift.tally import Tally

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]

FIXED_LOOK = (
    "These intervals hold for one look, decided on before the first run; they may not be watched "
    "until they please."
)
FEW = 5
"""Runs: with fewer in any group that an effect compares, nothing is said of it but that."""


class Counts(msgspec.Struct, frozen=True):
    """One config on one task."""

    elements: frozenset[str]
    """Those that are on."""
    task: int
    successes: int
    trials: int


class Effect(msgspec.Struct, frozen=True, kw_only=True):
    """What an element, or two together, do to a rate."""

    elements: Combination
    axis: Axis
    log_odds: float | None = None
    """With it against without, and of two elements, by how much the one's log-odds grow by the
    other; none where the design cannot tell."""
    log_odds_low: float | None = None
    log_odds_high: float | None = None
    difference: float | None = None
    """The same in probability."""
    low: float | None = None
    high: float | None = None
    p: float | None = None
    """Of the penalised likelihood ratio test, before any correction."""
    told: bool = False
    """Whether it differs from none, corrected (Holm) over the effects of its kind on this axis."""
    partners: tuple[Combination, ...] = ()
    """Effects that the design cannot tell it from: what is given is that of all together."""
    why: str
    """In words: what may be concluded, or why nothing can be."""

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        document: dict[str, object] = msgspec.to_builtins(self)
        return {**document, "look": "fixed"}


def counts_of(
    tally: Tally, elements: Sequence[Collection[str] | None], axis: Axis = "clean"
) -> tuple[Counts, ...]:
    """The runs of a tally that count, by config and task.

    `elements`: those that are on in each config; none for a config that is not of the factorial.
    """
    found = []
    for config, on in enumerate(elements):
        if on is None:
            continue
        seen: Counter[tuple[int, bool]] = Counter()
        for result in tally.counted(config):
            went = result.on(axis)
            if went is not None:
                seen[result.task, went] += 1
        for task in range(tally.tasks):
            good, bad = seen[task, True], seen[task, False]
            if good + bad:
                found.append(Counts(frozenset(on), task, good, good + bad))
    return tuple(found)


def effects(
    counts: Iterable[Counts], axis: Axis = "clean", *, alpha: float = ALPHA
) -> tuple[Effect, ...]:
    """The effects of every element that is on in some runs and off in others, and of each pair.

    Main effects first, then interactions. An effect takes a few hundredths of a second: ask when a
    person looks, and not on the thread that draws.
    """
    cells = [each for each in counts if each.trials]
    rows = [each.elements for each in cells]
    names = sorted(set().union(*rows).difference(frozenset.intersection(*rows))) if rows else []
    mains: list[Combination] = [(name,) for name in names]
    twos: list[Combination] = list(combinations(names, 2))
    if not mains:
        return ()
    apart = aliasing(levels([each.task for each in cells]), rows, [*mains, *twos])
    successes, trials = (sum(each.successes for each in cells), sum(each.trials for each in cells))
    if successes in (0, trials):
        seen = "Every run" if successes else "No run"
        why = f"{seen} {_WENT[axis]}: there is no difference to look for"
        return tuple(Effect(elements=term, axis=axis, why=why) for term in (*mains, *twos))
    first = _Model(cells, [term for term in mains if term in apart.kept])
    second = _Model(cells, list(apart.kept)) if twos else first
    return (
        *_tell(first, mains, apart.partners, axis, alpha),
        *_tell(second, twos, apart.partners, axis, alpha),
    )


class _Model:
    """A fit of some terms to the counts."""

    def __init__(self, cells: Sequence[Counts], terms: Sequence[Combination]) -> None:
        self.cells = cells
        self.terms = terms
        self._levels = levels([each.task for each in cells])
        self._weights = [each.trials for each in cells]
        design = self._design([each.elements for each in cells])
        self.fit = FirthFit(design, [each.successes for each in cells], self._weights)

    def column(self, term: Combination) -> int:
        """Where a term stands in the design."""
        return len(self._levels[0]) + self.terms.index(term)

    def difference(self, term: Combination, alpha: float) -> tuple[float, float, float]:
        """What a term does to the probability over the runs' mixture, with its bounds."""
        import numpy as np

        beta = np.asarray(self.fit.coefficients)
        weights = np.asarray(self._weights) / sum(self._weights)
        total, gradient = 0.0, np.zeros(len(beta))
        for switches in product((True, False), repeat=len(term)):
            on = {name for name, switch in zip(term, switches, strict=True) if switch}
            design = self._design([each.elements.difference(term) | on for each in self.cells])
            chances = 1 / (1 + np.exp(-(design @ beta)))
            signed_weights = (-1) ** switches.count(False) * weights
            total += float(signed_weights @ chances)
            gradient += (signed_weights * chances * (1 - chances)) @ design
        spread = math.sqrt(float(gradient @ self.fit.covariance @ gradient))
        reach = NormalDist().inv_cdf(1 - alpha / 2) * spread
        most = float(2 ** (len(term) - 1))
        return total, max(total - reach, -most), min(total + reach, most)

    def _design(self, rows: Sequence[frozenset[str]]) -> Floats:
        import numpy as np

        return np.asarray(
            [
                [*level, *(code(on, term) for term in self.terms)]
                for level, on in zip(self._levels, rows, strict=True)
            ]
        )

    def fewest(self, term: Combination) -> int:
        """Runs in the smallest of the groups that a term compares."""
        seen: Counter[tuple[bool, ...]] = Counter()
        for cell in self.cells:
            seen[tuple(name in cell.elements for name in term)] += cell.trials
        return min(seen[each] for each in product((True, False), repeat=len(term)))


def _tell(
    model: _Model,
    wanted: Sequence[Combination],
    partners: dict[Combination, tuple[Combination, ...]],
    axis: Axis,
    alpha: float,
) -> list[Effect]:
    found: dict[Combination, Effect] = {}
    for term in wanted:
        if term not in model.terms:
            found[term] = Effect(
                elements=term, axis=axis, partners=partners[term], why=_untold(partners[term])
            )
            continue
        fewest = model.fewest(term)
        if fewest < FEW:
            why = f"only {fewest} runs in one of the groups to compare; at least {FEW} are needed"
            found[term] = Effect(elements=term, axis=axis, partners=partners[term], why=why)
            continue
        found[term] = _measure(model, term, partners[term], axis, alpha)
    sure = _holm({term: each.p for term, each in found.items() if each.p is not None}, alpha)
    return [
        msgspec.structs.replace(
            each, told=term in sure, why=each.why or _words(each, told=term in sure)
        )
        for term, each in found.items()
    ]


def _measure(
    model: _Model,
    term: Combination,
    partners: tuple[Combination, ...],
    axis: Axis,
    alpha: float,
) -> Effect:
    column = model.column(term)
    log_odds_low, log_odds_high = model.fit.interval(column, alpha)
    difference, low, high = model.difference(term, alpha)
    return Effect(
        elements=term,
        axis=axis,
        log_odds=model.fit.coefficients[column],
        log_odds_low=log_odds_low,
        log_odds_high=log_odds_high,
        difference=difference,
        low=low,
        high=high,
        p=model.fit.p_value(column),
        partners=partners,
        why="",
    )


def _holm(p_values: dict[Combination, float], alpha: float) -> set[Combination]:
    """Which are rejected, with a chance of at most alpha that any wrongly is (S. Holm, 1979)."""
    rejected: set[Combination] = set()
    for rank, term in enumerate(sorted(p_values, key=p_values.__getitem__)):
        if p_values[term] > alpha / (len(p_values) - rank):
            break
        rejected.add(term)
    return rejected


_WENT = {"clean": "was clean", "operated": "operated", "exited": "exited", "done": "got it done"}


def _untold(partners: Sequence[Combination]) -> str:
    if not partners:
        return "it does not vary apart from the tasks: the design cannot tell"
    return f"the design cannot tell it from {_listed(partners)}"


def _words(effect: Effect, *, told: bool) -> str:
    assert effect.difference is not None
    assert effect.low is not None
    assert effect.high is not None
    span = f"{signed(effect.difference)} [{signed(effect.low)}, {signed(effect.high)}]"
    also = f"; it may as well be {_listed(effect.partners)}" if effect.partners else ""
    if not told:
        return f"not told from none: {span}{also}"
    if len(effect.elements) == 2:
        does = "each does more" if effect.difference > 0 else "each does less"
        return f"{does} where the other is on: {span}{also}"
    return f"{'raises' if effect.difference > 0 else 'lowers'} the rate: {span}{also}"


def _listed(terms: Sequence[Combination]) -> str:
    return " or ".join("×".join(term) for term in terms)
