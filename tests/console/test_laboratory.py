"""Experiments of the console: begun, run behind the screens, gone on with, stopped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from console.experimenting import Experimenting
from console.laboratory import Laboratory
from engine.errors import DrifttyError, ModelError, StoreError
from engine.model.script import Script
from sessions.experiments import Experiments
from sessions.kept import Kept, Placement
from sessions.recorder import Recorder
from tests.console.replicated import HANGING, WELL, experimenting, planned


class Bench:
    """Opens experiments over a script, one run at a time, and remembers what was told."""

    def __init__(self, script: Script = WELL, refusal: DrifttyError | None = None) -> None:
        self.script, self.refusal = script, refusal
        self.complaints: list[DrifttyError] = []
        self.changes: list[str] = []
        self.laboratory = Laboratory(
            self.open,
            complain=self.complaints.append,
            changed=lambda: self.changes.append(self.laboratory.at_work),
        )

    @asynccontextmanager
    async def open(self, kept: Kept) -> AsyncIterator[Experimenting]:
        if self.refusal:
            raise self.refusal
        async with Recorder.open() as recorder:
            yield experimenting(kept, recorder, self.script)
        Experiments().leave(kept.experiment.id)

    @property
    def standing(self) -> tuple[str, bool]:
        """Which experiment is at work, and whether it can be watched."""
        return self.laboratory.at_work, self.laboratory.running is not None

    async def ended(self) -> None:
        task = self.laboratory._task
        assert task is not None
        await task
        await asyncio.sleep(0)  # what it calls when it is over comes after it


async def test_a_begun_experiment_runs_to_its_end_and_is_kept() -> None:
    bench = Bench()
    experiment = planned(n=2)
    await bench.laboratory.begin(experiment, Placement())
    assert bench.standing == (experiment.id, True)
    await bench.ended()
    assert bench.standing == ("", False)
    assert bench.changes == [experiment.id, ""]
    shelved = await bench.laboratory.shelved(experiment.id)
    assert shelved.snapshot.finished == 8
    assert [each.runs for each in await bench.laboratory.outlines()] == [8]
    assert not bench.complaints


async def test_one_experiment_at_a_time() -> None:
    bench = Bench(HANGING)
    first = planned()
    await bench.laboratory.begin(first, Placement())
    with pytest.raises(DrifttyError, match=f"{first.id} is under way"):
        await bench.laboratory.begin(planned(), Placement())
    assert len(Experiments().outlines()) == 1
    await bench.laboratory.stop()
    assert bench.laboratory.at_work == ""


async def test_a_stopped_one_goes_on_with_what_is_missing_and_with_more_runs() -> None:
    bench = Bench(HANGING)
    experiment = planned(n=2)
    await bench.laboratory.begin(experiment, Placement())
    await bench.laboratory.stop()
    assert (await bench.laboratory.shelved(experiment.id)).snapshot.state == "stopped"
    bench.script = WELL
    await bench.laboratory.go_on(experiment.id, 3)
    await bench.ended()
    assert (await bench.laboratory.shelved(experiment.id)).snapshot.finished == 12


async def test_why_it_could_not_be_opened_is_told() -> None:
    refusal = ModelError("There is no such model.")
    bench = Bench(refusal=refusal)
    await bench.laboratory.begin(planned(), Placement())
    assert bench.complaints == [refusal]
    assert bench.laboratory.running is None
    assert bench.laboratory.at_work == ""


async def test_why_it_ended_before_its_end_is_told() -> None:
    bench = Bench(Script(completions=(), load_fails="There is no such model."))
    await bench.laboratory.begin(planned(), Placement())
    await bench.ended()
    assert "no such model" in str(bench.complaints[0])


async def test_what_is_not_there_cannot_go_on() -> None:
    bench = Bench()
    with pytest.raises(StoreError):
        await bench.laboratory.go_on("6zzz")
    await bench.laboratory.stop()
