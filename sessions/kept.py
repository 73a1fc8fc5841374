"""An experiment as it lies in the store: values, and what follows from them."""

from collections.abc import Iterator

import msgspec

from engine.drift.result import RunResult
from engine.experiment import Cell, Experiment, cells


class Placement(msgspec.Struct, frozen=True, kw_only=True):
    """How an experiment's runs were asked to be made, beyond what each run is."""

    device: str = "auto"
    dtype: str = "auto"
    threads: int = 0
    until_decided: bool = False
    """Whether the experiment may end before its plan, when all is decided."""
    budget: int = 0
    """At most so many runs in all where it may; 0 for no other limit than the plan's."""
    factorial: str = ""
    """The seed whose elements make the configs; empty where they were named one by one."""


class KeptRun(msgspec.Struct, frozen=True):
    """What a cell came to."""

    result: RunResult
    tries: int
    """How often it was tried over all; each but the last ended in a fault or was stopped."""


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A time in which one process ran cells of an experiment on one model, and on what.

    The first of a model says what is measured; a later one that differs makes the results a mixture.
    """

    model: str
    """As asked for."""
    weights: str
    """SHA-256 of the weight files, hex; empty where unknown."""
    device: str
    """As torch names it, with the hardware's name."""
    dtype: str
    version: str
    """Of driftty."""
    began: str
    """Wall-clock time, UTC, ISO 8601."""
    at_once: int
    """How many runs went on together, at most."""
    runs: int = 0
    """Cells that got a result in it that stands."""
    tokens: int = 0
    """Sampled in these runs."""
    seconds: float = 0.0
    """It took, without pauses and without the load of the model, until the last of these runs."""

    def differs(self, other: "Stretch") -> tuple[str, ...]:
        """What the two did not have in common, in words; what is unknown differs from nothing."""
        named = {
            "weights": (self.weights[:12], other.weights[:12]),
            "device": (self.device, other.device),
            "dtype": (self.dtype, other.dtype),
            "driftty": (self.version, other.version),
        }
        return tuple(
            f"{name} {one}, now {now}"
            for name, (one, now) in named.items()
            if one and now and one != now
        )


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment as it lies in the store."""

    experiment: Experiment
    began: str
    """Wall-clock time, UTC, ISO 8601."""
    placement: Placement
    runs: tuple[KeptRun, ...]
    """One for every cell that is over, in planned order."""
    dropped: frozenset[int] = frozenset()
    """Arms that a person wants no more runs of, by their index."""
    stretches: tuple[Stretch, ...] = ()
    """By whom and on what it was run, in order; none for experiments of an older driftty."""
    process: int = 0
    """The process that runs it now; 0 where none does."""

    @property
    def settled(self) -> tuple[RunResult, ...]:
        """The results that stand, in planned order; the others are still to be had."""
        return tuple(run.result for run in self.runs if run.result.counts)

    def missing(self) -> Iterator[Cell]:
        """The cells still to be run, in planned order: those that broke or were stopped as well."""
        settled = {Cell(each.config, each.task, each.replicate) for each in self.settled}
        return (cell for cell in cells(self.experiment) if cell not in settled)

    def pinned(self, model: str) -> Stretch | None:
        """What the first runs on a model were made with; none before any."""
        ran = (stretch for stretch in self.stretches if stretch.model == model and stretch.runs)
        return next(ran, None)

    @property
    def mixture(self) -> tuple[str, ...]:
        """What its runs did not have in common, in words; empty where they are of one kind."""
        found: list[str] = []
        for stretch in self.stretches:
            first = self.pinned(stretch.model)
            if first is not None and stretch.runs:
                found += first.differs(stretch)
        return tuple(dict.fromkeys(found))


class Outline(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment in a list."""

    id: str
    began: str
    configs: tuple[str, ...]
    """Names of its arms."""
    tasks: int
    n: int
    runs: int
    """How many cells have a result that stands."""
    clean: int = 0
    """Of these."""
    broken: int = 0
    """How many cells ended in a fault, or were stopped."""
    factorial: str = ""
    models: tuple[str, ...] = ()
    process: int = 0
    """The process that runs it now; 0 where none does."""

    @property
    def planned(self) -> int:
        """Cells."""
        return len(self.configs) * self.tasks * self.n
