"""An experiment that is run until it is decided: who gets no more runs, and when it ends."""

import msgspec

from console.resultkeeping import UNKEPT
from engine.drift.racing import RacePlan
from engine.experiment import Cell, cross
from sessions.experiments import Experiments, Placement
from sessions.recorder import Recorder
from tests.console.replicated import (
    WELL,
    Scripts,
    experimenting,
    planned,
)
from tests.sessions.madeexperiments import make_kept


async def test_a_race_goes_from_model_to_model_until_it_is_decided_or_through() -> None:
    plain = planned(n=20)
    configs, conditions = cross(plain.configs[:1], (), ("one", "other"))
    raced = msgspec.structs.replace(
        plain, configs=configs, conditions=conditions, tasks=plain.tasks[:1]
    )
    Experiments().begin(raced, Placement(until_decided=True))
    scripts = Scripts(WELL)
    async with Recorder.open() as recorder:
        running = experimenting(Experiments().read("last"), recorder, models=scripts)
        await running.run()
    assert [model for model, _ in scripts.used] == ["one", "other"]
    assert [each.n for each in running.snapshot.configs] == [20, 20]
    assert isinstance(running.plan, RacePlan)
    assert not running.plan.standing.over


async def test_a_race_against_an_arm_that_is_beaten_already_runs_it_no_more() -> None:
    plain = planned(n=4 * UNKEPT)
    raced = msgspec.structs.replace(plain, tasks=plain.tasks[:1])
    Experiments().begin(raced, Placement(until_decided=True))
    # More than may wait to be kept: by then the other has been seen to be better.
    beaten = 2 * UNKEPT
    drifts = [make_kept(Cell(1, 0, at), "drift", session=f"d{at}") for at in range(beaten)]
    Experiments().add(raced.id, drifts)
    async with Recorder.open() as recorder:
        running = experimenting(Experiments().take_up("last"), recorder)
        await running.run()
    assert isinstance(running.plan, RacePlan)
    clean, drifted = running.snapshot.configs
    assert running.plan.standing.over
    assert (drifted.n, drifted.clean) == (beaten, 0)
    assert clean.n < 2 * UNKEPT
    assert running.plan.saved == 8 * UNKEPT - beaten - clean.n
    assert running.snapshot.seconds_left == 0


async def test_a_race_ends_at_its_budget_and_says_so_from_the_start() -> None:
    experiment = planned(n=50)
    experiments = Experiments()
    experiments.begin(experiment, Placement(until_decided=True, budget=10))
    async with Recorder.open() as recorder:
        running = experimenting(experiments.read(experiment.id), recorder)
        assert running.snapshot.planned == 10
        await running.run()
    assert (running.snapshot.state, running.snapshot.finished) == ("over", 10)
    assert len(experiments.read(experiment.id).runs) == 10
