"""What is known of an experiment that runs here: what is kept of it, its tally, its progress."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import msgspec

from console.experimentsnapshot import ExperimentSnapshot, State
from console.progress import Progress
from engine.drift.tally import RunResult, Tally
from engine.experiment import Cell, Experiment
from engine.model.supervisor import WorkerStatus
from sessions.kept import Kept, KeptRun, Stretch


class Ledger:
    """A fold over results as they are kept."""

    def __init__(self, kept: Kept) -> None:
        """Takes in what was there before this process."""
        self.kept = kept
        self.tally = Tally.of(kept.experiment)
        for result in kept.settled:
            self.tally.feed(result)
        self.progress = Progress()
        self._settled_before = len(kept.settled)
        self._set_out_at = 0.0
        self._found = {cell_of(run.result): run.result for run in kept.runs}
        self._told: ExperimentSnapshot | None = None

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to, broken ones too; none while it is not over and kept."""
        return self._found.get(cell)

    def results_of(self, arms: Collection[int]) -> list[RunResult]:
        """What cells of these arms came to, broken ones too."""
        return [each for each in self._found.values() if each.config in arms]

    def raised(self, experiment: Experiment) -> None:
        """There are more cells."""
        self.kept = msgspec.structs.replace(self.kept, experiment=experiment)

    def set_out(self, stretch: Stretch) -> None:
        """What comes is made in this stretch."""
        self.kept = msgspec.structs.replace(self.kept, stretches=(*self.kept.stretches, stretch))
        self._set_out_at = self.progress.clock.seconds

    def count(self, batch: Sequence[KeptRun]) -> None:
        """Results are durable: from here on they count."""
        for kept in batch:
            self._found[cell_of(kept.result)] = kept.result
            self.tally.feed(kept.result)
            self.progress.kept(kept.result)
        *before, last = self.kept.stretches
        stand = [kept.result for kept in batch if kept.result.counts]
        last = msgspec.structs.replace(
            last,
            runs=last.runs + len(stand),
            tokens=last.tokens + sum(result.tokens for result in stand),
            seconds=self.progress.clock.seconds - self._set_out_at,
        )
        self.kept = msgspec.structs.replace(self.kept, stretches=(*before, last))

    def look(
        self,
        state: State,
        worker: WorkerStatus,
        *,
        at_once: int,
        to_come: Mapping[int, int],
        dropped: frozenset[int],
    ) -> ExperimentSnapshot:
        """How it stands; cheap where no result came since the last look.

        `to_come`: cells of each arm that are not begun.
        """
        experiment, progress, told = self.kept.experiment, self.progress, self._told
        planned = experiment.n * len(experiment.configs) * len(experiment.tasks)
        known = told if told is not None and told.version == self.tally.version else None
        seconds = progress.clock.seconds
        left = Counter(dict(to_come))
        left.update(cell.config for cell in progress.under_way)
        self._told = ExperimentSnapshot(
            experiment=experiment.id,
            state=state,
            worker=worker,
            version=self.tally.version,
            configs=known.configs if known else self.tally.all_configs,
            pairs=known.pairs if known else self.tally.pairs(),
            planned=min(planned, self.kept.placement.budget or planned),
            finished=self._settled_before + progress.finished,
            broken=progress.broken,
            dropped=dropped,
            under_way=tuple(progress.under_way.values()),
            at_once=at_once,
            seconds=seconds,
            seconds_left=progress.seconds_left(left, at_once),
            tokens_per_second=progress.tokens / seconds if seconds else None,
            repeated=progress.repeated,
            mixture=self.kept.mixture,
        )
        return self._told


def cell_of(result: RunResult) -> Cell:
    """The cell that a result is of."""
    return Cell(result.config, result.task, result.replicate)
