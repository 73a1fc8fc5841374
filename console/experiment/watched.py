"""An experiment to look at: one that is under way, or one that lies in the store."""

from typing import Protocol

from console.experimenting import ExperimentSnapshot
from engine.drift.result import RunResult
from engine.drift.tally import Tally
from engine.experiment import Cell
from engine.model.supervisor import WorkerStatus
from sessions.experiments import Kept


class Watched(Protocol):
    """What the screen needs of an experiment. `console.experimenting.Experimenting` is one."""

    @property
    def kept(self) -> Kept:
        """What was asked for; its replicates may be raised while it is watched."""
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


class Shelved:
    """An experiment that nobody runs, as it lies in the store."""

    def __init__(self, kept: Kept) -> None:
        """Takes a while for thousands of runs: not for the thread that draws."""
        self.kept = kept
        self.tally = Tally.of(kept.experiment)
        self._found: dict[Cell, RunResult] = {}
        for run in kept.runs:
            result = run.result
            self._found[Cell(result.config, result.task, result.replicate)] = result
            if result.counts:
                self.tally.feed(result)
        self._broken = sum(result.outcome == "fault" for result in self._found.values())
        self.snapshot = self._look()

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to."""
        return self._found.get(cell)

    def _look(self) -> ExperimentSnapshot:
        experiment = self.kept.experiment
        planned = experiment.n * len(experiment.configs) * len(experiment.tasks)
        finished = len(self.kept.runs)
        return ExperimentSnapshot(
            experiment=experiment.id,
            state="over" if finished == planned else "stopped",
            worker=WorkerStatus(state="closed", since=0),
            version=self.tally.version,
            configs=self.tally.all_configs,
            pairs=self.tally.pairs(),
            planned=min(planned, self.kept.placement.budget or planned),
            finished=finished,
            broken=self._broken,
            dropped=self.kept.dropped,
            under_way=(),
            at_once=0,
            seconds=0.0,
            seconds_left=None,
            tokens_per_second=None,
            mixture=self.kept.mixture,
        )
