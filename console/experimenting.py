"""An experiment under way: models, recorder, runs and tally, brought together.

Without a screen: the command line draws its snapshots, and so may any other. A result is told only
when it is kept: first all of its recording is durable, then its cell, and then it counts.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeAlias

from console.dropping import Dropping
from console.experimentsnapshot import ExperimentSnapshot, State, UnderWay
from console.ledger import Ledger, cell_of
from console.models import Models
from console.outset import see_it_is_the_same, setting_out, wanted_of
from console.resultkeeping import Recording, ResultKeeping, Results
from engine.drift.racing import FixedPlan, RacePlan
from engine.drift.tally import RunResult, Tally, result_of
from engine.errors import DrifttyError, ModelError
from engine.experiment import Cell, Experiment
from engine.model.protocol import Model
from engine.model.supervisor import WorkerStatus
from engine.replicate import Replicator, Result
from engine.run import RunSpec
from engine.shell.observation import Shell
from sessions.kept import Kept, KeptRun

__all__ = [
    "ExperimentSnapshot",
    "Experimenting",
    "Recording",
    "Results",
    "State",
    "UnderWay",
    "plan_of",
]

FAULTS_IN_A_ROW = 8
"""So many broken cells, one after the other, are the machine's fault, and more would break."""

Afterwards: TypeAlias = Callable[[Model, Sequence[RunResult]], Awaitable[None]]
"""What is done with a model and the results of its runs when there is no more for it to run."""


class Experimenting:
    """The running side of one experiment."""

    def __init__(
        self,
        kept: Kept,
        models: Models,
        recording: Recording,
        results: Results,
        *,
        make_shell: Callable[[RunSpec], Shell],
        make_session: Callable[[], str],
        at_once: Callable[[WorkerStatus], int],
        anyway: bool = False,
        afterwards: Afterwards | None = None,
    ) -> None:
        """`at_once` is asked when a model is ready. `afterwards` gets a model when it has no more to
        run, with the results that are kept of it. `anyway`: go on also on something else than what
        the first runs were made on, and keep that it was so.

        Starts nothing.
        """
        self._ledger = Ledger(kept)
        self._models = models
        self._results = results
        self._make_shell = make_shell
        self._make_session = make_session
        self._places = at_once
        self._anyway = anyway
        self._afterwards = afterwards
        self._status = WorkerStatus(state="starting", since=0)
        self.plan = plan_of(kept, self.tally)
        """What is run next."""
        self._dropping = Dropping(
            self.plan,
            kept.dropped,
            keep=lambda arms: results.drop(kept.experiment.id, arms),
            on_error=self._break,
        )
        self._keeping = ResultKeeping(
            kept.experiment.id,
            recording,
            results,
            seconds=lambda: self._ledger.progress.clock.seconds,
            on_kept=self._ledger.count,
        )
        self._at_once = 0
        self._state: State = "over" if self._wanted() is None else "loading"
        self._replicator: Replicator | None = None
        self._running: asyncio.Task[None] | None = None
        self._broke: DrifttyError | None = None
        self._pausing = False

    @property
    def kept(self) -> Kept:
        """The experiment as it was taken up, with what was raised and where it ran since."""
        return self._ledger.kept

    @property
    def experiment(self) -> Experiment:
        """What is run."""
        return self.kept.experiment

    @property
    def tally(self) -> Tally:
        """Takes in every result when it is kept."""
        return self._ledger.tally

    @property
    def snapshot(self) -> ExperimentSnapshot:
        """How it stands now; cheap where no result came since the last."""
        return self._ledger.look(
            self._state,
            self._status,
            at_once=self._at_once,
            to_come=self.plan.left_by_config,
            dropped=self._dropping.arms,
        )

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to, broken ones too; none while it is not over and kept."""
        return self._ledger.result(cell)

    def worker(self, status: WorkerStatus) -> None:
        """The model's process changed its state; one that is given up ends the experiment."""
        self._status = status
        if status.state == "failed" and self._state != "loading":
            self._break(ModelError(status.why))

    def pause(self) -> None:
        """Begin no more runs; those under way go on to their end."""
        self._pausing = True
        self._ledger.progress.clock.stop()
        if self._replicator is not None and self._state == "running":
            self._replicator.pause()
            self._state = "paused"

    def resume(self) -> None:
        """Begin runs again."""
        self._pausing = False
        if self._replicator is not None and self._state == "paused":
            self._replicator.resume()
            self._ledger.progress.clock.go()
            self._state = "running"

    def drop(self, config: int) -> None:
        """Begin no more runs of a config, until it is taken back; that is kept."""
        self._dropping.drop(config)

    def take_back(self, config: int) -> None:
        """Begin runs of a dropped config again; where `run` has returned, run again."""
        self._dropping.take_back(config)

    async def add_runs(self, n: int) -> None:
        """Raise the runs of each config on each task to `n`; where `run` has returned, run again.

        Raises `StoreError` where `n` is less than it was, or cannot be kept.
        """
        raised = await asyncio.to_thread(self._results.take_up, self.experiment.id, n)
        self._ledger.raised(raised.experiment)
        self.plan.raise_to(n)

    def stop(self) -> None:
        """End the runs under way; what was finished stays, and `run` returns."""
        if self._running is not None:
            self._running.cancel()
            if self._state not in ("over", "stopped"):
                self._state = "ending"

    async def run(self) -> None:
        """Run what is missing, until there is no more or it is stopped; all that finished is kept.

        Raises `ModelError` where the model cannot be loaded or is given up, `ShellError` where no
        shell can be had, `StoreError` where results can no longer be kept, and `DrifttyError` where
        one run after the other breaks, or where what it was run on is not to be had.
        """
        self._broke, self._state = None, "over" if self._wanted() is None else "loading"
        keeping = asyncio.create_task(self._keeping.run(), name="results")
        self._running = asyncio.create_task(self._replicate(), name="runs")
        # Where nothing can be kept any more, nothing needs to be run.
        keeping.add_done_callback(lambda _: self.stop())
        try:
            await asyncio.wait([self._running])
        finally:
            self._running.cancel()
            await asyncio.wait([self._running])
            self._keeping.close()
            await asyncio.wait([keeping])
            await self._dropping.kept()
            self._ledger.progress.clock.stop()
            self._ledger.progress.under_way.clear()
            cancelled = self._running.cancelled()
            broke = cancelled or self._running.exception() is not None
            self._state = "stopped" if broke else "over"
        keeping.result()
        if self._broke is not None:
            raise self._broke
        if not cancelled:
            self._running.result()

    async def _replicate(self) -> None:
        """One model after the other, for as long as any has cells to run."""
        while (wanted := self._wanted()) is not None:
            await self._on(wanted)

    def _wanted(self) -> str | None:
        """A model that has cells to run."""
        experiment = self.experiment
        wanted = (model for model in experiment.models if self.plan.wants(experiment.arms(model)))
        return next(wanted, None)

    async def _on(self, name: str) -> None:
        """Run the cells of one model."""
        self._state = "loading"
        arms, progress = self.experiment.arms(name), self._ledger.progress
        progress.clock.stop()
        pinned = None if self._anyway else wanted_of(self.kept, name)
        async with self._models.use(name, pinned, self.worker) as model:
            await model.ready()
            self._at_once = self._places(self._status)
            stretch = setting_out(name, model.provenance, self._at_once)
            if not self._anyway:
                see_it_is_the_same(self.kept, stretch)
            await self._keeping.set_out(stretch)
            self._ledger.set_out(stretch)
            self.plan.focus(arms)
            self._replicator = Replicator(
                self.experiment,
                model,
                self._keeping,
                make_shell=self._make_shell,
                make_session=self._make_session,
                on_begun=progress.begun,
                on_event=progress.event,
                on_result=self._finished,
                at_once=self._at_once,
            )
            self._state = "running"
            progress.clock.go()
            if self._pausing:
                self.pause()
            try:
                await self._replicator.run(self.plan)
            except BaseExceptionGroup as group:
                told = _told(group)
                if told is group:
                    raise
                raise told from group
            if self._afterwards is not None:
                await self._keeping.all_kept()
                await self._afterwards(model, self._ledger.results_of(arms))

    def _break(self, error: DrifttyError) -> None:
        self._broke = self._broke or error
        self.stop()

    def _finished(self, result: Result) -> None:
        found = result_of(
            result.cell,
            result.ended,
            tokens=result.tokens,
            took=result.took,
            margins=result.margins,
        )
        self._keeping.put(KeptRun(found, result.tries))
        if self._ledger.progress.ended(found) >= FAULTS_IN_A_ROW:
            self._break(
                DrifttyError(
                    f"{FAULTS_IN_A_ROW} runs broke one after the other, the last with: "
                    f"{found.fault} `driftty doctor` says what works on this machine."
                )
            )


def plan_of(kept: Kept, tally: Tally, done: Collection[Cell] | None = None) -> FixedPlan | RacePlan:
    """What is run next of an experiment; `done`: cells with a result that stands, by default those
    that were kept of it.
    """
    done = {cell_of(each) for each in kept.settled} if done is None else done
    planned = kept.experiment
    if kept.placement.until_decided:
        return RacePlan(tally, n=planned.n, budget=kept.placement.budget or None, done=done)
    return FixedPlan(configs=len(planned.configs), tasks=len(planned.tasks), n=planned.n, done=done)


def _told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what broke in several runs at once, what a person is told; all of it where it is a bug."""
    expected, bugs = group.split(DrifttyError)
    if expected is None or bugs is not None:
        return group
    error: BaseException = expected
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
