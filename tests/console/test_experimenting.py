"""An experiment is kept as it goes: stopped or killed, it goes on with what is missing."""

import asyncio
import signal
import subprocess
import sys

import msgspec
import pytest

from console.experimenthost import RUN_BYTES, places
from engine.errors import StoreError
from engine.experiment import Cell, cells, cross, run_seed
from sessions.experiments import Experiments
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from tests.console.replicated import (
    BROKEN,
    HANGING,
    WELL,
    Scripts,
    begun,
    experimenting,
    planned,
    until,
)


async def test_every_cell_is_run_kept_and_counted_and_its_recording_is_whole() -> None:
    experiment = planned(n=3)
    async with Recorder.open() as recorder:
        running = experimenting(begun(experiment), recorder)
        assert (running.snapshot.state, running.snapshot.planned) == ("loading", 12)
        assert running.snapshot.seconds_left is None
        await running.run()
    after = running.snapshot
    assert (after.state, after.finished, after.broken, after.under_way) == ("over", 12, 0, ())
    assert after.seconds_left == 0
    assert [(each.n, each.clean, each.waiting) for each in after.configs] == [(6, 6, 0)] * 2
    assert after.pairs[0].blocks == 6
    kept = Experiments().read("last")
    assert not list(kept.missing())
    async with Library.open() as library:
        for run in kept.runs:
            assert (await library.find(run.result.session)).outcome == run.result.outcome == "clean"
            assert await find_damage(library, run.result.session) == ""


def follow_child(lines: int) -> tuple[set[str], set[str], int]:
    """What a child began and was told is kept, and its end; killed after it kept so many, if any."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.console.experimenting_child", str(lines)],
        stdout=subprocess.PIPE,
    )
    assert child.stdout is not None
    told = []
    for line in child.stdout:
        told.append(line)
        lines -= line.startswith(b"kept")
        if lines == 0:
            child.kill()
    child.stdout.close()
    status = child.wait()
    words = [line.decode().split() for line in told if line.endswith(b"\n")]
    began = [rng for word, rng in words if word == "began"]
    kept = [rng for word, rng in words if word == "kept"]
    assert len(kept) == len(set(kept))
    return set(began), set(kept), status


def test_killed_at_any_time_no_kept_cell_is_run_again_and_none_is_missing() -> None:
    experiment = planned(n=12)
    begun(experiment)
    Experiments().leave(experiment.id)
    kept: set[str] = set()
    for lines in (5, 14):
        began, more, status = follow_child(lines)
        assert status == -signal.SIGKILL
        assert not began & kept
        assert not more & kept
        kept |= more
    began, more, status = follow_child(-1)
    assert status == 0
    assert not began & kept
    found = Experiments().read("last")
    assert not list(found.missing())
    assert len(found.runs) == 48
    assert kept | more <= {str(run_seed(experiment, cell)) for cell in cells(experiment)}

    async def outcomes() -> list[str]:
        async with Library.open() as library:
            return [(await library.find(run.result.session)).outcome for run in found.runs]

    assert set(asyncio.run(outcomes())) == {"clean"}


async def test_raised_it_goes_on_where_it_ended() -> None:
    experiment = planned(n=1)
    async with Recorder.open() as recorder:
        await experimenting(begun(experiment), recorder).run()
        before = Experiments().read("last").runs
        running = experimenting(Experiments().take_up("last", n=2), recorder)
        assert (running.snapshot.finished, running.snapshot.planned) == (4, 8)
        await running.run()
    after = Experiments().read("last").runs
    assert after[:4] == before
    assert len(after) == 8
    assert running.snapshot.configs[0].n == 4


async def test_runs_can_be_added_while_it_goes_on_and_when_it_is_over() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=2)), recorder)
        running.pause()
        task = asyncio.create_task(running.run())
        await until(running, lambda now: now.state == "paused")
        await running.add_runs(3)
        running.resume()
        await task
        assert (running.snapshot.finished, running.snapshot.planned) == (12, 12)
        await running.add_runs(4)
        await running.run()
        with pytest.raises(StoreError, match="not lowered"):
            await running.add_runs(1)
    assert (running.snapshot.state, running.snapshot.finished) == ("over", 16)
    assert not list(Experiments().read("last").missing())


async def test_a_dropped_config_gets_no_more_runs() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=5)), recorder)
        running.drop(1)
        await running.run()
    assert running.snapshot.dropped == {1}
    assert [each.n for each in running.snapshot.configs] == [10, 0]


async def test_what_was_dropped_stays_so_when_it_goes_on_until_it_is_taken_back() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=2)), recorder)
        running.drop(0)
        running.drop(1)
        running.take_back(0)
        await running.run()
        kept = Experiments().take_up("last")
        assert kept.dropped == {1}
        again = experimenting(kept, recorder)
        assert again.snapshot.dropped == {1}
        await again.run()
        assert [each.n for each in again.snapshot.configs] == [4, 0]
        again.take_back(1)
        await again.run()
        assert [each.n for each in again.snapshot.configs] == [4, 4]
    assert Experiments().read("last").dropped == frozenset()


async def test_models_take_turns_each_with_all_of_its_cells() -> None:
    plain = planned(n=2)
    configs, conditions = cross(plain.configs, (), ("one", "other"))
    both = msgspec.structs.replace(plain, configs=configs, conditions=conditions)
    scripts = Scripts(WELL)
    async with Recorder.open() as recorder:
        running = experimenting(begun(both), recorder, models=scripts)
        await running.run()
        assert [model for model, _ in scripts.used] == ["one", "other"]
        assert [each.n for each in running.snapshot.configs] == [4, 4, 4, 4]
        kept = Experiments().read("last")
        assert [(each.model, each.runs) for each in kept.stretches] == [("one", 8), ("other", 8)]
        told = running.kept.stretches
        assert [each.tokens for each in told] == [each.tokens for each in kept.stretches]
        assert sum(each.tokens for each in told) == sum(run.result.tokens for run in kept.runs) > 0
        assert all(each.seconds > 0 for each in (*told, *kept.stretches))
        async with Library.open() as library:
            asked = [(await library.find(run.result.session)).model for run in kept.runs]
        assert asked == ["one", "one", "other", "other"] * 4
        await running.add_runs(3)
        await running.run()
    assert [model for model, _ in scripts.used] == ["one", "other"] * 2
    assert scripts.used[2][1] == running.kept.pinned("one")
    assert running.snapshot.finished == 24


async def test_a_config_that_was_taken_back_gets_its_runs_after_all() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=5)), recorder)
        running.drop(1)
        await running.run()
        assert running.result(Cell(1, 0, 0)) is None
        running.take_back(1)
        await running.run()
    assert running.snapshot.dropped == frozenset()
    assert [each.n for each in running.snapshot.configs] == [10, 10]


async def test_what_a_cell_came_to_can_be_asked_broken_ones_too() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=1)), recorder, BROKEN)
        await running.run()
    broken = running.result(Cell(0, 0, 0))
    assert broken is not None
    assert broken.outcome == "fault"
    again = running.kept.experiment
    assert running.result(Cell(0, 0, again.n)) is None


async def test_stopped_it_keeps_what_finished_and_the_rest_is_missing() -> None:
    experiment = planned(n=50)
    async with Recorder.open() as recorder:
        running = experimenting(begun(experiment), recorder)
        task = asyncio.create_task(running.run())
        await until(running, lambda now: now.finished)
        running.stop()
        ending = running.snapshot
        await task
    assert ending.state == "ending"
    assert running.snapshot.state == "stopped"
    kept = Experiments().read("last")
    assert 0 < len(kept.runs) < 200
    assert len(kept.runs) == running.snapshot.finished
    assert len(list(kept.missing())) == 200 - len(kept.runs)


async def test_runs_under_way_that_never_end_can_be_stopped_and_do_not_count() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned()), recorder, HANGING)
        task = asyncio.create_task(running.run())
        await until(running, lambda now: [each.turn for each in now.under_way] == [1] * 4)
        running.stop()
        await task
    assert running.snapshot.under_way == ()
    assert Experiments().read("last").runs == ()


async def test_paused_nothing_new_begins_and_the_clock_stands() -> None:
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(n=10)), recorder, at_once=1)
        running.pause()
        task = asyncio.create_task(running.run())
        await until(running, lambda now: now.state == "paused" and not now.under_way)
        held = running.snapshot
        assert held.seconds == running.snapshot.seconds
        assert held.finished <= 1
        running.resume()
        await task
    assert running.snapshot.finished == 40


def test_how_many_runs_go_on_together_follows_from_rows_cores_and_memory() -> None:
    plenty = 1000 * RUN_BYTES
    assert places(rows=64, cores=8, memory=plenty) == 96
    assert places(rows=64, cores=2, memory=plenty) == 64
    assert places(rows=64, cores=8, memory=5 * RUN_BYTES) == 5
    assert places(rows=1, cores=1, memory=0) == 1
