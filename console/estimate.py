"""How long an experiment takes, before its first result: from what earlier runs took, and says so."""

from collections import Counter
from collections.abc import Callable, Iterable

import msgspec

from console.safe import clean_line
from console.tallytable import duration
from engine.experiment import Cell, Experiment, cells
from engine.figures import number
from sessions.costs import Cost, Costs, costs_of
from sessions.kept import Kept

ENOUGH = 20
"""Runs that a speed is taken from, the latest: a machine that got faster is not held to its past."""
FEW = 3
"""Runs of a config that say how many tokens it takes; with fewer, all configs' do."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """How long some runs will take."""

    runs: int
    seconds: float | None
    """None where it is not known. Without the load of the model."""
    at_most: bool = False
    """Whether it may well be less: the runs may be decided before, or go on together."""
    basis: str
    """What it rests on, or what is not known, in a clause."""

    @property
    def sentence(self) -> str:
        """In words: `about 12:30 for 320 runs, at …`."""
        if self.seconds is None:
            return f"not known for {number(self.runs, 'run')}: {self.basis}"
        much = "at most about" if self.at_most else "about"
        return f"{much} {duration(self.seconds)} for {number(self.runs, 'run')}, {self.basis}"


def estimate(
    experiment: Experiment,
    known: Callable[[str], Costs] = costs_of,
    *,
    left: Iterable[Cell] | None = None,
    until_decided: bool = False,
) -> Estimate:
    """How long an experiment takes, or what is `left` of it.

    `known` tells what is known of a model; it reads the store, so not on an event loop. Raises
    `StoreError` where that cannot be read.
    """
    asked = Counter(cell.config for cell in (cells(experiment) if left is None else left))
    runs = asked.total()
    seconds, bases, slower = 0.0, list[str](), False
    for model in experiment.models:
        arms = {arm: many for arm, many in asked.items() if experiment.model(arm) == model}
        if not arms:
            continue
        one = _of_model(experiment, arms, known(model))
        if one.seconds is None:
            return Estimate(runs=runs, seconds=None, basis=one.basis)
        seconds += one.seconds
        bases.append(one.basis)
        slower |= one.at_most
    return Estimate(
        runs=runs,
        seconds=seconds,
        at_most=slower or until_decided,
        basis="; ".join(bases) or "there is nothing to run",
    )


def estimate_rest(kept: Kept, known: Callable[[str], Costs] = costs_of) -> Estimate:
    """How long what is missing of a kept experiment takes; reads the store as `estimate` does."""
    left = (cell for cell in kept.missing() if cell.config not in kept.dropped)
    return estimate(kept.experiment, known, left=left, until_decided=kept.placement.until_decided)


def _of_model(experiment: Experiment, arms: dict[int, int], costs: Costs) -> Estimate:
    runs, tokens, seconds, widths = 0, 0, 0.0, list[int]()
    for stretch in costs.stretches:
        if runs >= ENOUGH:
            break
        runs, tokens = runs + stretch.runs, tokens + stretch.tokens
        seconds += stretch.seconds
        widths.append(stretch.at_once)
    name = clean_line(costs.model)
    if runs and tokens and seconds:
        average = Cost(runs, tokens / runs, seconds)
        wanted = sum(
            many * _cost(experiment, arm, costs, average).tokens for arm, many in arms.items()
        )
        together = f"{max(widths)} at once, " if max(widths) > 1 else ""
        return Estimate(
            runs=sum(arms.values()),
            seconds=wanted * seconds / tokens,
            basis=f"at {tokens / seconds:.0f} tok/s and {wanted / sum(arms.values()):.0f} tokens a "
            f"run, as the last {number(runs, 'run')} of {name} here ({together}shells included)"
            + ("" if runs >= ENOUGH else ": few to go by"),
        )
    if costs.alone is not None and costs.alone.seconds:
        wanted = sum(
            many * _cost(experiment, arm, costs, costs.alone).seconds for arm, many in arms.items()
        )
        return Estimate(
            runs=sum(arms.values()),
            seconds=wanted,
            at_most=True,
            basis=f"if they went one after the other, as the last {number(costs.alone.runs, 'run')} "
            f"of {name} here; together they are faster",
        )
    return Estimate(
        runs=sum(arms.values()),
        seconds=None,
        basis=f"{name} was not run here before; the first results will tell",
    )


def _cost(experiment: Experiment, arm: int, costs: Costs, otherwise: Cost) -> Cost:
    """What a run of an arm costs: as its config did, where there were enough of them."""
    known = costs.configs.get(experiment.configs[arm].hash)
    return known if known is not None and known.runs >= FEW else otherwise
