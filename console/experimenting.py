"""An experiment under way: model, recorder, runs and tally, brought together.

Without a screen: the command line draws its snapshots, and so may any other. A result is told only
when it is kept: first all of its recording is durable, then its cell, and then it counts.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias

import msgspec

from engine.drift.racing import FixedPlan, RacePlan
from engine.drift.tallies import ConfigTally, PairTally
from engine.drift.tally import RunResult, Tally, result_of
from engine.errors import DrifttyError, ModelError
from engine.events import AnyEvent, TokensSampled, TurnStarted
from engine.experiment import Cell, Experiment
from engine.model.protocol import Model
from engine.model.supervisor import WorkerStatus
from engine.replicate import Journal, Replicator, Result
from engine.run import RunSpec
from engine.shell.observation import Shell
from sessions.experiments import Kept, KeptRun

FAULTS_IN_A_ROW = 8
"""So many broken cells, one after the other, are the machine's fault, and more would break."""

State: TypeAlias = Literal["loading", "running", "paused", "ending", "over", "stopped"]
"""`ending`: the runs under way are being ended; `over`: the plan has no more; `stopped`: it has."""


class Recording(Journal, Protocol):
    """What an experiment needs of the store for its sessions."""

    async def flush(self) -> None:
        """Return when everything recorded so far would survive a power cut."""
        ...


class Results(Protocol):
    """What an experiment needs of the store for its results."""

    def add(self, experiment: str, runs: Sequence[KeptRun]) -> None:
        """Keep what cells came to; durable on return. Waits for the disk."""
        ...

    def take_up(self, typed: str, n: int | None = None) -> Kept:
        """Raise an experiment's replicates to `n`."""
        ...


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
    pairs: tuple[PairTally, ...]
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
    """At the speed so far; none before the first result."""
    tokens_per_second: float | None
    """Sampled in all runs of this process together."""


class Experimenting:
    """The running side of one experiment."""

    def __init__(
        self,
        kept: Kept,
        model: Model,
        recording: Recording,
        results: Results,
        *,
        make_shell: Callable[[RunSpec], Shell],
        make_session: Callable[[], str],
        at_once: Callable[[WorkerStatus], int],
        status: WorkerStatus,
    ) -> None:
        """`at_once` is asked when the model is ready; `status` is the model's as it stands.

        Starts nothing.
        """
        self.kept = kept
        self.tally = Tally.of(kept.experiment)
        """Takes in every result when it is kept."""
        for result in kept.settled:
            self.tally.feed(result)
        self._settled_before = len(kept.settled)
        self._found = {_cell_of(run.result): run.result for run in kept.runs}
        self._model = model
        self._recording = recording
        self._results = results
        self._make_shell = make_shell
        self._make_session = make_session
        self._places = at_once
        self._status = status
        self.plan = _plan(kept, self.tally)
        """What is run next."""
        self._progress = _Progress()
        self._at_once = 0
        self._state: State = "loading"
        self._waiting: list[KeptRun] = []
        self._arrived = asyncio.Event()
        self._no_more = False
        self._replicator: Replicator | None = None
        self._running: asyncio.Task[None] | None = None
        self._broke: DrifttyError | None = None
        self._pausing = False
        self._dropped: set[int] = set()

    @property
    def experiment(self) -> Experiment:
        """What is run."""
        return self.kept.experiment

    @property
    def snapshot(self) -> ExperimentSnapshot:
        """How it stands now."""
        experiment, progress = self.experiment, self._progress
        planned = experiment.n * len(experiment.configs) * len(experiment.tasks)
        finished = self._settled_before + progress.finished
        seconds = progress.clock.seconds
        left = None
        if progress.finished:
            left = (planned - finished) * seconds / progress.finished
        return ExperimentSnapshot(
            experiment=experiment.id,
            state=self._state,
            worker=self._status,
            version=self.tally.version,
            configs=self.tally.all_configs,
            pairs=self.tally.pairs(),
            planned=planned,
            finished=finished,
            broken=progress.broken,
            dropped=frozenset(self._dropped),
            under_way=tuple(progress.under_way.values()),
            at_once=self._at_once,
            seconds=seconds,
            seconds_left=left,
            tokens_per_second=progress.tokens / seconds if seconds else None,
        )

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to, broken ones too; none while it is not over and kept."""
        return self._found.get(cell)

    def worker(self, status: WorkerStatus) -> None:
        """The model's process changed its state; one that is given up ends the experiment."""
        self._status = status
        if status.state == "failed" and self._state != "loading":
            self._break(ModelError(status.why))

    def pause(self) -> None:
        """Begin no more runs; those under way go on to their end."""
        self._pausing = True
        self._progress.clock.stop()
        if self._replicator is not None and self._state == "running":
            self._replicator.pause()
            self._state = "paused"

    def resume(self) -> None:
        """Begin runs again."""
        self._pausing = False
        if self._replicator is not None and self._state == "paused":
            self._replicator.resume()
            self._progress.clock.go()
            self._state = "running"

    def drop(self, config: int) -> None:
        """Begin no more runs of a config, for as long as this process runs the experiment."""
        self.plan.drop(config)
        self._dropped.add(config)

    def take_back(self, config: int) -> None:
        """Begin runs of a dropped config again; where `run` has returned, run again."""
        self.plan.take_back(config)
        self._dropped.discard(config)

    async def add_runs(self, n: int) -> None:
        """Raise the runs of each config on each task to `n`; where `run` has returned, run again.

        Raises `StoreError` where `n` is less than it was, or cannot be kept.
        """
        raised = await asyncio.to_thread(self._results.take_up, self.experiment.id, n)
        self.kept = msgspec.structs.replace(self.kept, experiment=raised.experiment)
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
        one run after the other breaks.
        """
        self._no_more, self._broke, self._state = False, None, "loading"
        keeping = asyncio.create_task(self._keep(), name="results")
        self._running = asyncio.create_task(self._replicate(), name="runs")
        # Where nothing can be kept any more, nothing needs to be run.
        keeping.add_done_callback(lambda _: self.stop())
        try:
            await asyncio.wait([self._running])
        finally:
            self._running.cancel()
            await asyncio.wait([self._running])
            self._no_more = True
            self._arrived.set()
            await asyncio.wait([keeping])
            self._progress.clock.stop()
            self._progress.under_way.clear()
            cancelled = self._running.cancelled()
            self._state = "stopped" if cancelled else "over"
        keeping.result()
        if self._broke is not None:
            raise self._broke
        if not cancelled:
            self._running.result()

    async def _replicate(self) -> None:
        await self._model.ready()
        self._at_once = self._places(self._status)
        self._replicator = Replicator(
            self.experiment,
            self._model,
            self._recording,
            make_shell=self._make_shell,
            make_session=self._make_session,
            on_begun=self._progress.begun,
            on_event=self._progress.event,
            on_result=self._finished,
            at_once=self._at_once,
        )
        self._state = "running"
        self._progress.clock.go()
        if self._pausing:
            self.pause()
        try:
            await self._replicator.run(self.plan)
        except BaseExceptionGroup as group:
            told = _told(group)
            if told is group:
                raise
            raise told from group

    async def _keep(self) -> None:
        """Keep results as they come, and only then count them."""
        while self._waiting or not self._no_more:
            if not self._waiting:
                self._arrived.clear()
                await self._arrived.wait()
                continue
            batch, self._waiting = self._waiting, []
            await self._recording.flush()
            await asyncio.to_thread(self._results.add, self.experiment.id, batch)
            for kept in batch:
                self._found[_cell_of(kept.result)] = kept.result
                self.tally.feed(kept.result)
                self._progress.kept(kept.result)

    def _break(self, error: DrifttyError) -> None:
        self._broke = self._broke or error
        self.stop()

    def _finished(self, result: Result) -> None:
        found = result_of(result.cell, result.ended, tokens=result.tokens, took=result.took)
        self._waiting.append(KeptRun(found, result.tries))
        self._arrived.set()
        if self._progress.ended(found) >= FAULTS_IN_A_ROW:
            self._break(
                DrifttyError(
                    f"{FAULTS_IN_A_ROW} runs broke one after the other, the last with: "
                    f"{found.fault} `driftty doctor` says what works on this machine."
                )
            )


class _Progress:
    """What this process did of the experiment."""

    def __init__(self) -> None:
        self.clock = _Clock()
        self.under_way: dict[Cell, UnderWay] = {}
        self.finished = 0
        self.broken = 0
        self.tokens = 0
        self._in_a_row = 0

    def begun(self, cell: Cell, session: str) -> None:
        """A try of a cell began."""
        self.under_way[cell] = UnderWay(cell, session, 0)

    def event(self, cell: Cell, event: AnyEvent) -> None:
        """A run went on."""
        if isinstance(event, TokensSampled):
            self.tokens += len(event.ids)
        elif isinstance(event, TurnStarted):
            self.under_way[cell] = UnderWay(cell, self.under_way[cell].session, event.turn)

    def ended(self, result: RunResult) -> int:
        """A cell is over, and not kept yet; returns how many broke since the last that did not."""
        self.under_way.pop(_cell_of(result), None)
        self._in_a_row = self._in_a_row + 1 if result.outcome == "fault" else 0
        return self._in_a_row

    def kept(self, result: RunResult) -> None:
        """A cell is over and kept."""
        self.finished += 1
        self.broken += result.outcome == "fault"


class _Clock:
    """Seconds in which runs were begun."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    def go(self) -> None:
        self._since = time.monotonic() if self._since is None else self._since

    def stop(self) -> None:
        self._before, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)


def _plan(kept: Kept, tally: Tally) -> FixedPlan | RacePlan:
    done = {_cell_of(each) for each in kept.settled}
    planned = kept.experiment
    if kept.placement.until_decided:
        return RacePlan(tally, n=planned.n, done=done)
    return FixedPlan(configs=len(planned.configs), tasks=len(planned.tasks), n=planned.n, done=done)


def _cell_of(result: RunResult) -> Cell:
    return Cell(result.config, result.task, result.replicate)


def _told(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Of what broke in several runs at once, what a person is told; all of it where it is a bug."""
    expected, bugs = group.split(DrifttyError)
    if expected is None or bugs is not None:
        return group
    error: BaseException = expected
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
