"""What an experiment says, as numbers: everything that a report tells, folded from its results.

A pure function of what is kept; nothing here reads the store, and nothing here is words.
"""

from collections.abc import Iterator, Sequence

import msgspec

from console.factorial import AXES, elements_of
from console.report.recorded import design_of, names, seed_of
from engine.drift.design import Design
from engine.drift.effects import Effect, counts_of, effects
from engine.drift.evalue import e_bh
from engine.drift.lever import Levers
from engine.drift.margin import TurnMargin
from engine.drift.misjudging import Corrected
from engine.drift.result import Axis
from engine.drift.stratified import Block, Stratified, stratified
from engine.drift.survival import Incidence
from engine.drift.tallies import ConfigTally, PairTally
from engine.drift.tally import RunResult, Tally
from engine.experiment import Experiment
from engine.run import Config, Task
from sessions.experiments import Kept


class OnTask(msgspec.Struct, frozen=True):
    """What a config came to on one task; counts of the runs that count."""

    task: int
    n: int
    clean: int
    operated: int
    exited: int
    done: int
    checked: int

    def of(self, axis: Axis) -> tuple[int, int]:
        """Successes and trials on an axis."""
        match axis:
            case "clean":
                return self.clean, self.n
            case "operated":
                return self.operated, self.n
            case "exited":
                return self.exited, self.n
            case "done":
                return self.done, self.checked


class Arm(msgspec.Struct, frozen=True, kw_only=True):
    """One config with all that is known of it."""

    place: int
    """Among the experiment's configs."""
    config: Config
    name: str
    """What it is called here: short, and unlike every other's."""
    available: tuple[str, ...]
    """The elements that its seed has."""
    tally: ConfigTally
    corrected: tuple[Corrected, ...]
    tasks: tuple[OnTask, ...]
    incidence: tuple[Incidence, ...]
    margins: tuple[TurnMargin, ...]
    """Empty where no run recorded any."""


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Two configs on one axis."""

    tally: PairTally
    discovered: bool
    """Separated also where a share of wrong calls is bounded (e-BH) and not any wrong call."""
    within: Stratified | None
    """The difference of the rates, task by task, at one look."""

    @property
    def places(self) -> tuple[int, int]:
        """Of the two, among the experiment's configs."""
        assert self.tally.indices is not None
        return self.tally.indices


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    kept: Kept
    tally: Tally
    arms: tuple[Arm, ...]
    """In the order of the plan."""
    pairs: dict[Axis, tuple[Pair, ...]]
    design: Design | None
    """Of a factorial; none where the configs were named one by one."""
    elements: tuple[frozenset[str] | None, ...]
    """Of a factorial's configs; none for others."""
    levers: dict[Axis, tuple[tuple[str, PairTally], ...]]
    effects: dict[Axis, tuple[Effect, ...]]

    @property
    def experiment(self) -> Experiment:
        """What was asked."""
        return self.kept.experiment

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The blocks."""
        return self.kept.experiment.tasks

    @property
    def results(self) -> tuple[RunResult, ...]:
        """Every result, broken ones too, in planned order."""
        return tuple(run.result for run in self.kept.runs)

    @property
    def planned(self) -> int:
        """Cells of the plan."""
        return len(self.arms) * len(self.tasks) * self.experiment.n

    @property
    def settled(self) -> int:
        """Cells with a result that counts."""
        return sum(arm.tally.n for arm in self.arms)

    @property
    def ranked(self) -> tuple[Arm, ...]:
        """The arms, those that were clean most often first."""
        return tuple(
            sorted(
                self.arms,
                key=lambda arm: (
                    -(arm.tally.rate or 0.0),
                    -(arm.tally.operated_interval.rate or 0.0),
                    arm.place,
                ),
            )
        )


def findings(kept: Kept) -> Findings:
    """Everything that these results say.

    Takes seconds where there are many elements, and little whatever the number of runs.
    """
    experiment = kept.experiment
    tally = Tally.of(experiment)
    for run in kept.runs:
        tally.feed(run.result)
    called = names(experiment)
    arms = tuple(_arm(tally, place, experiment, called[place]) for place in range(len(called)))
    typed = kept.placement.factorial
    elements = elements_of(experiment, typed) if typed else (None,) * len(arms)
    return Findings(
        kept=kept,
        tally=tally,
        arms=arms,
        pairs={axis: _pairs(tally, arms, axis) for axis in AXES},
        design=design_of(experiment, typed) if typed else None,
        elements=elements,
        levers={axis: _levers(tally, elements, axis) for axis in AXES},
        effects={axis: effects(counts_of(tally, elements, axis), axis) for axis in AXES},
    )


def _arm(tally: Tally, place: int, experiment: Experiment, name: str) -> Arm:
    counted = tally.counted(place)
    config = experiment.configs[place]
    seed = seed_of(config)
    return Arm(
        place=place,
        config=config,
        name=name,
        available=seed.elements if seed is not None else config.elements,
        tally=tally.config(place),
        corrected=tally.corrected(place),
        tasks=tuple(_on_task(counted, task) for task in range(tally.tasks)),
        incidence=tally.survival(place),
        margins=tally.margins(place).by_turn,
    )


def _on_task(counted: Sequence[RunResult], task: int) -> OnTask:
    runs = [result for result in counted if result.task == task]
    return OnTask(
        task=task,
        n=len(runs),
        clean=sum(result.outcome == "clean" for result in runs),
        operated=sum(result.operated for result in runs),
        exited=sum(result.exited for result in runs),
        done=sum(bool(result.done) for result in runs),
        checked=sum(result.done is not None for result in runs),
    )


def _pairs(tally: Tally, arms: tuple[Arm, ...], axis: Axis) -> tuple[Pair, ...]:
    found = tally.pairs(axis)
    discovered = e_bh([each.e_value for each in found], tally.alpha)
    return tuple(
        Pair(tally=each, discovered=one, within=stratified(_blocks(arms, each, axis), tally.alpha))
        for each, one in zip(found, discovered, strict=True)
    )


def _blocks(arms: tuple[Arm, ...], pair: PairTally, axis: Axis) -> Iterator[Block]:
    assert pair.indices is not None
    a, b = (arms[place] for place in pair.indices)
    for one, other in zip(a.tasks, b.tasks, strict=True):
        yield Block(*one.of(axis), *other.of(axis))


def _levers(
    tally: Tally, elements: tuple[frozenset[str] | None, ...], axis: Axis
) -> tuple[tuple[str, PairTally], ...]:
    levers = Levers(tally, elements, axis)
    return tuple(zip(levers.elements, levers.standing(), strict=True))
