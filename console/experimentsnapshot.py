"""An experiment at one moment, as whoever draws it gets it."""

from typing import Literal, TypeAlias

import msgspec

from engine.drift.tallies import ConfigTally, PairTally
from engine.experiment import Cell
from engine.model.supervisor import WorkerStatus

State: TypeAlias = Literal["loading", "running", "paused", "ending", "over", "stopped"]
"""`ending`: the runs under way are being ended; `over`: the plan has no more; `stopped`: it has."""


class UnderWay(msgspec.Struct, frozen=True):
    """A run that goes on."""

    cell: Cell
    session: str
    turn: int
    """0 until its shell is up and its model is asked."""


class ExperimentSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """An experiment at one moment."""

    experiment: str
    state: State
    worker: WorkerStatus
    version: int
    """Grows with every result: where it is the same, the tally is."""
    configs: tuple[ConfigTally, ...]
    """Of each arm; the same object for as long as no result came."""
    pairs: tuple[PairTally, ...]
    """The same object for as long as no result came."""
    planned: int
    """Cells."""
    finished: int
    """Cells that are over, those that broke among them."""
    broken: int
    """Of the finished: ended in a fault, twice."""
    dropped: frozenset[int]
    """Configs that a person wants no more runs of, by their index."""
    under_way: tuple[UnderWay, ...]
    at_once: int
    """How many runs may go on together; 0 until the model is ready."""
    seconds: float
    """Since the first run of this process began, without pauses."""
    seconds_left: float | None
    """By how long runs of each config have taken; none before the first result. Where it may be
    decided before the plan is through, at most."""
    tokens_per_second: float | None
    """Sampled in all runs of this process together."""
    repeated: int = 0
    """Tries of this process that broke and were made again."""
    elsewhere: int = 0
    """The process that runs it, where that is another one; 0 where none does, or this one."""
    mixture: tuple[str, ...] = ()
    """What its runs did not have in common, in words: it was gone on with on something else."""
