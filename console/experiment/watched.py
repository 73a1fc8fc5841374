"""An experiment to look at: one that is under way here, or one that lies in the store."""

from typing import Protocol

from console.experimentsnapshot import ExperimentSnapshot
from engine.drift.racing import FixedPlan, RacePlan
from engine.drift.result import RunResult
from engine.drift.tally import Tally
from engine.experiment import Cell
from sessions.kept import Kept


class Watched(Protocol):
    """What the screen needs of an experiment. `console.experimenting.Experimenting` is one, and
    `console.experiment.shelved.Shelved`.
    """

    @property
    def kept(self) -> Kept:
        """What was asked for; its replicates may be raised while it is watched."""
        ...

    @property
    def plan(self) -> FixedPlan | RacePlan:
        """What is run next; of a race, who is left in it."""
        ...

    @property
    def tally(self) -> Tally:
        """What may be counted, growing."""
        ...

    @property
    def snapshot(self) -> ExperimentSnapshot:
        """How it stands now."""
        ...

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to, broken ones too; none while it is not over."""
        ...
