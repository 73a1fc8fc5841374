"""Before the first result, an estimate says what it rests on, or that nothing is known."""

import asyncio

import msgspec
import pytest

from console.estimate import estimate, estimate_rest
from engine.experiment import Experiment, cells, cross
from sessions.costs import Cost, Costs, costs_of
from sessions.experiments import Experiments, Placement, Stretch
from sessions.recorder import Recorder
from tests.console.replicated import begun, experimenting, planned
from tests.sessions.madeexperiments import make_experiment, make_kept


def stretch(runs: int, tokens: int, seconds: float, at_once: int = 8) -> Stretch:
    return Stretch(
        model="m",
        weights="",
        device="cpu",
        dtype="float32",
        version="0.1.0",
        began="",
        at_once=at_once,
        runs=runs,
        tokens=tokens,
        seconds=seconds,
    )


def experiment(n: int = 10) -> Experiment:
    made = make_experiment(n=n)
    return msgspec.structs.replace(made, template=msgspec.structs.replace(made.template, model="m"))


def test_where_nothing_was_run_it_says_so() -> None:
    told = estimate(experiment(), Costs)
    assert (told.runs, told.seconds) == (40, None)
    assert told.sentence == (
        "not known for 40 runs: m was not run here before; the first results will tell"
    )


def test_earlier_experiments_give_the_speed_the_latest_first() -> None:
    costs = Costs("m", (stretch(30, 1200, 12.0), stretch(1000, 1000, 1e6)))
    told = estimate(experiment(), lambda model: costs)
    assert told.seconds == pytest.approx(40 * 40 / 100)
    assert told.sentence == (
        "about 0:16 for 40 runs, at 100 tok/s and 40 tokens a run, as the last 30 runs of m here "
        "(8 at once, shells included)"
    )


def test_a_config_that_takes_more_tokens_takes_longer() -> None:
    planned = experiment()
    configs = {
        planned.configs[0].hash: Cost(50, 400.0, 9.0),
        planned.configs[1].hash: Cost(2, 1.0, 1),
    }
    costs = Costs("m", (stretch(30, 1200, 12.0),), configs)
    told = estimate(planned, lambda model: costs)
    assert told.seconds == pytest.approx((20 * 400 + 20 * 40) / 100)


def test_runs_by_themselves_bound_it_and_few_are_named_as_such() -> None:
    told = estimate(experiment(), lambda model: Costs("m", alone=Cost(2, 50.0, 3.0)))
    assert (told.seconds, told.at_most) == (120.0, True)
    assert "one after the other, as the last 2 runs of m here" in told.sentence
    few = estimate(experiment(), lambda model: Costs("m", (stretch(2, 80, 1.0),)))
    assert few.basis.endswith("few to go by")


def test_several_models_are_added_up_and_one_that_is_unknown_is_named() -> None:
    plain = experiment()
    configs, conditions = cross(plain.configs, (), ("m", "other"))
    both = msgspec.structs.replace(plain, configs=configs, conditions=conditions)
    known = {"m": Costs("m", (stretch(40, 4000, 10.0),)), "other": Costs("other")}
    assert "other was not run here" in estimate(both, known.__getitem__).sentence
    known["other"] = Costs("other", (stretch(40, 4000, 100.0),))
    assert estimate(both, known.__getitem__).seconds == pytest.approx(10.0 + 100.0)


def test_of_a_kept_experiment_only_what_is_missing_counts() -> None:
    experiments, made = Experiments(), experiment(n=2)
    experiments.begin(made, Placement(until_decided=True))
    experiments.add(made.id, [make_kept(cell) for cell in list(cells(made))[:3]])
    experiments.drop(made.id, {1})
    told = estimate_rest(
        experiments.read("last"), lambda model: Costs("m", (stretch(40, 4000, 40),))
    )
    assert told.runs == 2
    assert told.sentence.startswith("at most about 0:02 for 2 runs")


def test_what_was_run_is_known_after() -> None:
    """Of the model, by config, and with the time it took many at once."""

    async def run() -> None:
        async with Recorder.open() as recorder:
            await experimenting(begun(planned(n=2)), recorder).run()

    assert costs_of("demo") == Costs("demo")
    asyncio.run(run())
    costs = costs_of("demo")
    (one,) = costs.stretches
    assert (one.runs, one.at_once, one.model) == (8, 4, "demo")
    assert one.seconds > 0
    assert {cost.runs for cost in costs.configs.values()} == {4}
    assert all(cost.tokens > 0 for cost in costs.configs.values())
    assert costs.alone is None
    told = estimate(planned(n=5))
    assert told.seconds is not None
    assert told.runs == 20
