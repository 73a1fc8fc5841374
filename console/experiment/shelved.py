"""An experiment as it lies in the store, and as it grows there while another process runs it."""

import asyncio
import os

from msgspec.structs import replace

from console.experimenting import plan_of
from console.experimentsnapshot import ExperimentSnapshot, State, UnderWay
from console.progress import Progress
from engine.drift.racing import FixedPlan, RacePlan
from engine.drift.result import RunResult
from engine.drift.tally import Tally
from engine.experiment import Cell, cells, run_seed
from engine.model.supervisor import WorkerStatus
from sessions.experimentfollow import Following, News
from sessions.kept import Kept, KeptRun


class Shelved:
    """An experiment that this process does not run."""

    def __init__(self, kept: Kept, following: Following | None = None) -> None:
        """`following`: what `catch_up` asks; none for one that does not grow.

        Takes a while for thousands of runs: not for the thread that draws.
        """
        self.kept = kept
        self.tally = Tally.of(kept.experiment)
        self._following = following
        self._found: dict[Cell, RunResult] = {}
        self._broken = 0
        self._again = False
        """Whether a cell that broke has come to something else since it was counted."""
        self._progress = Progress()
        self._under_way: tuple[UnderWay, ...] = ()
        self._of_seed: dict[int, Cell] = {}
        """The cells of the plan by their runs' seeds, as far as they were asked for."""
        for run in kept.runs:
            self._take(run)
        self.plan = self._planned()
        """What would be run next."""
        self.snapshot = self._look()

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to."""
        return self._found.get(cell)

    async def catch_up(self) -> None:
        """Take in what another process did since the last time. Raises `StoreError`."""
        if self._following is not None:
            self.take(*await asyncio.to_thread(self._ask, self._following))

    def take(self, news: News, under_way: tuple[UnderWay, ...]) -> None:
        """Take in what came, and the runs that go on."""
        before = (self.kept.experiment.n, self.kept.dropped)
        self.kept = replace(
            self.kept,
            experiment=replace(self.kept.experiment, n=news.n),
            dropped=news.dropped,
            stretches=news.stretches,
            process=news.process,
        )
        self._under_way = under_way
        for run in news.runs:
            self._take(run)
        if self._again:
            self._count_again()
        if news.runs or before != (news.n, news.dropped):
            self.plan = self._planned()
        self.snapshot = self._look(self.snapshot)

    def _ask(self, following: Following) -> tuple[News, tuple[UnderWay, ...]]:
        news = following.look()
        if any(each.rng not in self._of_seed for each in news.under_way):
            experiment = replace(self.kept.experiment, n=news.n)
            self._of_seed = {run_seed(experiment, cell): cell for cell in cells(experiment)}
        return news, tuple(
            UnderWay(self._of_seed[each.rng], each.session, each.turn)
            for each in news.under_way
            if each.rng in self._of_seed
        )

    def _take(self, run: KeptRun) -> None:
        result = run.result
        cell = Cell(result.config, result.task, result.replicate)
        before = self._found.get(cell)
        self._broken -= before is not None and before.outcome == "fault"
        self._broken += result.outcome == "fault"
        self._found[cell] = result
        self._progress.kept(result)
        self._again |= not self.tally.feed(result)

    def _count_again(self) -> None:
        """A cell that broke has been run again: a tally takes in one result of each."""
        tally = Tally.of(self.kept.experiment)
        for result in self._found.values():
            tally.feed(result)
        tally.version += self.tally.version
        self.tally, self._again = tally, False

    def _planned(self) -> FixedPlan | RacePlan:
        settled = {cell for cell, result in self._found.items() if result.counts}
        plan = plan_of(self.kept, self.tally, settled)
        for arm in self.kept.dropped:
            plan.drop(arm)
        return plan

    def _look(self, before: ExperimentSnapshot | None = None) -> ExperimentSnapshot:
        """How it stands; cheap where no result came since `before`."""
        experiment, process = self.kept.experiment, self.kept.process
        known = before if before is not None and before.version == self.tally.version else None
        planned = experiment.n * len(experiment.configs) * len(experiment.tasks)
        elsewhere = process if process != os.getpid() else 0
        last = self.kept.stretches[-1] if self.kept.stretches else None
        at_once = last.at_once if last is not None and elsewhere else 0
        return ExperimentSnapshot(
            experiment=experiment.id,
            state=self._state(elsewhere, planned),
            elsewhere=elsewhere,
            worker=WorkerStatus(state="closed", since=0),
            version=self.tally.version,
            configs=known.configs if known else self.tally.all_configs,
            pairs=known.pairs if known else self.tally.pairs(),
            planned=min(planned, self.kept.placement.budget or planned),
            finished=len(self._found),
            broken=self._broken,
            dropped=self.kept.dropped,
            under_way=self._under_way,
            at_once=at_once,
            seconds=sum(stretch.seconds for stretch in self.kept.stretches),
            seconds_left=self._progress.seconds_left(self.plan.left_by_config, at_once)
            if at_once
            else None,
            tokens_per_second=last.tokens / last.seconds if last and last.seconds else None,
            mixture=self.kept.mixture,
        )

    def _state(self, elsewhere: int, planned: int) -> State:
        if elsewhere:
            return "running"
        over = len(self._found) >= planned or not self.plan.left_by_config
        return "over" if over else "stopped"
