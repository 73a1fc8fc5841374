"""What breaks under an experiment costs no result, is made again, and is counted in the open."""

import asyncio
import threading
from collections.abc import Sequence
from typing import ClassVar

import pytest

from console.experimenting import FAULTS_IN_A_ROW
from console.resultkeeping import UNKEPT
from engine.errors import DrifttyError, ModelError, ShellError, StoreError
from engine.model.script import Script, ScriptedCompletion
from engine.run import RunSpec
from engine.shell.observation import Observation
from sessions.experiments import Experiments, KeptRun
from sessions.library import Library
from sessions.recorder import Recorder
from tests.console.replicated import (
    BROKEN,
    AnsweringShell,
    begun,
    experimenting,
    planned,
    until,
)


async def test_cells_that_broke_are_kept_as_broken_and_run_again_when_it_goes_on() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=1)), recorder, BROKEN)
        await running.run()
        assert (running.snapshot.state, running.snapshot.broken) == ("over", 4)
        assert running.snapshot.configs[0].fault == 2
        assert running.snapshot.configs[0].n == 0
        kept = Experiments().take_up("last")
        assert [run.tries for run in kept.runs] == [2] * 4
        again = experimenting(kept, recorder)
        await again.run()
    after = Experiments().read("last")
    assert {run.result.outcome for run in after.runs} == {"clean"}
    assert [run.tries for run in after.runs] == [3] * 4
    assert again.snapshot.configs[0].n == 2


async def test_one_run_after_the_other_that_breaks_ends_it() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=50)), recorder, BROKEN)
        with pytest.raises(DrifttyError, match=r"runs broke one after the other.*It broke"):
            await running.run()
    assert FAULTS_IN_A_ROW <= running.snapshot.finished < 30
    assert running.snapshot.state == "stopped"


async def test_a_model_that_cannot_be_loaded_ends_it_before_the_first_run() -> None:
    script = Script(completions=(), load_fails="There is no such model.")
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned()), recorder, script)
        with pytest.raises(ModelError, match="no such model"):
            await running.run()
    assert Experiments().read("last").runs == ()


class FullDisk(Experiments):
    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        raise StoreError("The disk is full.")


async def test_results_that_cannot_be_kept_end_it_and_do_not_count() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=50)), recorder, results=FullDisk())
        with pytest.raises(StoreError, match="The disk is full"):
            await running.run()
    assert running.snapshot.finished == 0
    assert running.snapshot.configs[0].n == 0


class FullForNow(Experiments):
    def __init__(self) -> None:
        super().__init__()
        self.full = True

    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        if self.full:
            raise StoreError("The disk is full.")
        super().add(experiment, runs, stretch, seconds)


async def test_results_that_could_not_be_kept_are_kept_once_there_is_room() -> None:
    disk = FullForNow()
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=3)), recorder, results=disk)
        with pytest.raises(StoreError, match="The disk is full"):
            await running.run()
        disk.full = False
        await running.run()
        kept = Experiments().take_up("last")
        assert running.snapshot.finished == len(kept.runs) > 0
        await experimenting(kept, recorder).run()
    assert not list(Experiments().read("last").missing())


async def test_sessions_that_cannot_be_recorded_end_it_with_that_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(recorder: Recorder, session: str, event: object) -> None:
        raise StoreError("The disk is full.")

    async with Recorder.open() as recorder:
        monkeypatch.setattr(Recorder, "record", refuse)
        running = experimenting(begun(planned()), recorder)
        with pytest.raises(StoreError, match="The disk is full"):
            await running.run()


class DyingShell(AnsweringShell):
    """Dies of the first command of a cell's first try, as of a kill from outside."""

    tried: ClassVar[set[int]] = set()

    def __init__(self, spec: RunSpec) -> None:
        super().__init__(spec)
        self._dies = spec.rng not in self.tried
        self.tried.add(spec.rng)

    async def submit(self, command: str) -> Observation:
        if self._dies:
            raise ShellError("The shell was killed.")
        return await super().submit(command)


async def test_a_run_whose_shell_is_killed_is_made_again_and_that_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DyingShell, "tried", set())
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=1)), recorder, shell=DyingShell)
        await running.run()
    after = running.snapshot
    assert (after.finished, after.broken, after.repeated) == (4, 0, 4)
    runs = Experiments().read("last").runs
    assert [(run.result.outcome, run.tries) for run in runs] == [("clean", 2)] * 4


async def test_a_worker_that_is_killed_costs_no_run() -> None:
    lost = Script(
        completions=(
            ScriptedCompletion(text="hostname", gone_at=2),
            ScriptedCompletion(text="exit"),
        ),
        rows=8,
    )
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=2)), recorder, lost)
        await running.run()
    assert (running.snapshot.finished, running.snapshot.broken) == (8, 0)
    assert {run.result.outcome for run in Experiments().read("last").runs} == {"clean"}
    async with Library.open() as library:
        lost_in = [
            event
            for summary in await library.sessions()
            async for event in library.events(summary.id, only=("WorkerLost",))
        ]
    assert lost_in


class SlowDisk(Experiments):
    """Keeps nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.let = threading.Event()
        self.batches: list[int] = []

    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        self.let.wait()
        self.batches.append(len(runs))
        super().add(experiment, runs, stretch, seconds)


async def test_where_the_disk_does_not_keep_up_no_more_runs_are_begun() -> None:
    disk, begun_runs = SlowDisk(), list[int]()

    def shell(spec: RunSpec) -> AnsweringShell:
        begun_runs.append(spec.rng)
        return AnsweringShell(spec)

    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=100)), recorder, results=disk, shell=shell)
        task = asyncio.create_task(running.run())
        await until(running, lambda now: len(begun_runs) >= UNKEPT and not now.under_way)
        assert len(begun_runs) <= UNKEPT + running.snapshot.at_once
        assert running.snapshot.finished == 0
        disk.let.set()
        await task
    assert running.snapshot.finished == len(begun_runs) == 400
    assert max(disk.batches) <= UNKEPT + 4
