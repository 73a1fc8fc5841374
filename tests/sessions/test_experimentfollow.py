"""An experiment followed in the store: what is new is told, and each result once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from engine.errors import StoreError
from engine.experiment import Cell, Experiment, cells, run_seed, spec_of
from sessions.experimentfollow import Following
from sessions.experiments import Experiments
from sessions.kept import Placement
from sessions.process import ProcessIdentity
from sessions.recorder import Recorder
from tests.sessions.made import begin, end, token
from tests.sessions.madeexperiments import make_experiment, make_kept, make_stretch

STRETCH = make_stretch()


class Runner:
    """What the process that runs an experiment does to the store."""

    def __init__(self, planned: Experiment, recorder: Recorder) -> None:
        self.planned, self.recorder = planned, recorder
        self.experiments = Experiments()
        self.experiments.begin(planned, Placement())
        self.stretch = self.experiments.set_out(planned.id, STRETCH)

    async def begins(self, cell: Cell, session: str) -> None:
        """A run begins."""
        started = begin(session, spec_of(self.planned, cell))
        self.recorder.record(session, replace(started, experiment=self.planned.id))
        self.recorder.record(session, token(2))
        await self.recorder.flush()

    async def ends(self, cell: Cell, session: str, outcome: str = "clean") -> None:
        """A run ends, and is kept."""
        self.recorder.record(session, end(session))
        await self.recorder.flush()
        result = make_kept(cell, outcome, session=session)
        self.experiments.add(self.planned.id, [result], self.stretch, 2.0)


@asynccontextmanager
async def running(n: int = 2) -> AsyncIterator[Runner]:
    """An experiment that has just been begun."""
    async with Recorder.open() as recorder:
        yield Runner(make_experiment(n=n), recorder)


async def test_runs_under_way_are_told_with_their_seeds_until_they_are_kept() -> None:
    async with running() as runner:
        following = Following(runner.planned.id)
        assert following.look().under_way == ()
        first, second = list(cells(runner.planned))[:2]
        await runner.begins(first, "s1")
        await runner.begins(second, "s2")
        told = following.look()
        assert [each.session for each in told.under_way] == ["s1", "s2"]
        assert [each.rng for each in told.under_way] == [
            run_seed(runner.planned, cell) for cell in (first, second)
        ]
        assert told.runs == ()
        await runner.ends(first, "s1")
        told = following.look()
        assert [kept.result.session for kept in told.runs] == ["s1"]
        assert [each.session for each in told.under_way] == ["s2"]
        assert told.stretches[0].runs == 1
        assert following.look().runs == ()


async def test_what_was_known_before_is_not_told_again() -> None:
    async with running() as runner:
        first, second = list(cells(runner.planned))[:2]
        await runner.begins(first, "s1")
        await runner.ends(first, "s1")
        following = Following(runner.planned.id, known=["s1"])
        assert following.look().runs == ()
        await runner.begins(second, "s2")
        await runner.ends(second, "s2", "drift")
        assert [kept.result.outcome for kept in following.look().runs] == ["drift"]


async def test_a_cell_that_is_tried_again_is_told_with_its_second_recording() -> None:
    async with running() as runner:
        following = Following(runner.planned.id)
        first = next(cells(runner.planned))
        await runner.begins(first, "s1")
        await runner.ends(first, "s1", "fault")
        assert [kept.result.outcome for kept in following.look().runs] == ["fault"]
        await runner.begins(first, "s2")
        await runner.ends(first, "s2")
        told = following.look().runs
        assert [(kept.result.session, kept.tries) for kept in told] == [("s2", 2)]


async def test_more_runs_dropped_arms_and_the_process_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with running() as runner:
        following = Following(runner.planned.id)
        assert following.look().process
        runner.experiments.take_up(runner.planned.id, n=5)
        runner.experiments.drop(runner.planned.id, {1})
        told = following.look()
        assert (told.n, set(told.dropped)) == (5, {1})
        await runner.begins(next(cells(runner.planned)), "s1")
        with monkeypatch.context() as patched:
            patched.setattr(ProcessIdentity, "alive", False)
            told = following.look()
        assert told.process == 0
        assert told.under_way == ()
        runner.experiments.leave(runner.planned.id)
        assert following.look().process == 0


async def test_one_that_is_not_there_any_more_is_said_in_a_sentence() -> None:
    async with running():
        with pytest.raises(StoreError, match="Experiment 6ahz is no longer in"):
            Following("6ahz").look()
