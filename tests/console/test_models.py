"""An experiment runs on the model that the console has loaded, beside the run that a person watches."""

import asyncio

import pytest
from msgspec.structs import replace

from console.cli.options import ModelChoice
from console.host import open_console
from console.live import Live
from console.models import SharedModel, again
from console.outset import wanted_of
from engine.errors import DrifttyError
from engine.experiment import cells
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerStatus
from sessions.experiments import Experiments, Placement
from sessions.ids import new_id
from sessions.recorder import Recorder
from tests.console.replicated import WELL, AnsweringShell, Scripts, begun, experimenting, planned
from tests.sessions.madeexperiments import make_kept, make_stretch

CHOICE = ModelChoice("demo", "auto", "auto", 2)
PINNED = make_stretch(model="demo", device="cuda:0 (a card)", dtype="bfloat16", runs=1)


class Console:
    """A live side over a script, and a shared model of it."""

    def __init__(self, recorder: Recorder) -> None:
        self.model = ScriptedModel(WELL, pace=0, on_status=self._told)
        self.others = Scripts(WELL)
        self.live = Live(
            self.model,
            recorder,
            AnsweringShell,
            new_id,
            status=self.model.status,
            attended=False,
        )
        self.shared = SharedModel(self.model, CHOICE, self.live.on_worker, self.others)

    def _told(self, status: WorkerStatus) -> None:
        self.live.worker(status)


async def test_a_run_and_an_experiment_share_one_model_which_stays() -> None:
    experiment = planned(n=3)
    async with Recorder.open() as recorder:
        console = Console(recorder)
        running = experimenting(begun(experiment), recorder, models=console.shared)
        task = asyncio.create_task(running.run())
        await console.live.start(experiment.template)
        ended = await console.live.wait()
        await task
        assert console.model.status.state == "ready"
        assert ended.outcome == "clean"
        await console.model.aclose()
    assert running.snapshot.worker.state == "ready"
    assert (running.snapshot.state, running.snapshot.finished) == ("over", 12)
    assert console.others.used == []


async def test_another_model_is_loaded_beside_it() -> None:
    experiment = planned(n=1, model="another")
    async with Recorder.open() as recorder:
        console = Console(recorder)
        running = experimenting(begun(experiment), recorder, models=console.shared)
        await running.run()
        await console.model.aclose()
    assert [model for model, _ in console.others.used] == ["another"]


async def test_what_was_begun_on_something_else_is_not_run_on_the_loaded_model() -> None:
    async with Recorder.open() as recorder:
        console = Console(recorder)
        assert console.shared.serves("demo", PINNED)
        await console.model.ready()
        assert not console.shared.serves("demo", PINNED)
        assert console.shared.serves("demo", None)
        await console.model.aclose()


def test_a_model_is_had_again_on_what_its_first_runs_were_made_on() -> None:
    assert again(CHOICE, "demo", PINNED) == ModelChoice("demo", "cuda:0", "bfloat16", 2)
    asked = ModelChoice("demo", "cpu", "float32", 2)
    assert again(asked, "other", None) == ModelChoice("other", "cpu", "float32", 2)
    partly = replace(PINNED, device="")
    assert again(asked, "demo", partly) == ModelChoice("demo", "cpu", "bfloat16", 2)


async def test_what_was_asked_for_is_had_in_the_console_too() -> None:
    """Also before there are runs that would say on what."""
    experiment, experiments = planned(n=1), Experiments()
    experiments.begin(experiment, Placement(dtype="float16"))
    kept = experiments.read("last")
    wanted = wanted_of(kept, "demo")
    assert wanted is not None
    assert (wanted.device, wanted.dtype) == ("", "float16")
    assert wanted_of(begun(planned(n=1)), "demo") is None
    async with Recorder.open() as recorder:
        console = Console(recorder)
        await console.model.ready()
        await experimenting(kept, recorder, models=console.shared).run()
        await console.model.aclose()
    assert console.others.used == [("demo", wanted)]


@pytest.mark.shell
async def test_the_console_opens_experiments_and_leaves_them_to_others_after() -> None:
    experiment = planned(n=1)
    kept = begun(experiment)
    async with (
        open_console(CHOICE, demo=True) as hosted,
        hosted.experiments(kept, at_once=4) as running,
    ):
        assert hosted.experiments.state == f"experiment {experiment.id}, loading: 0 of 4 runs"
        await running.run()
    assert hosted.experiments.state == ""
    assert running.snapshot.finished == 4
    after = Experiments().read("last")
    assert after.process == 0
    assert not list(after.missing())


async def test_an_experiment_goes_on_elsewhere_only_where_a_person_says_so() -> None:
    experiment, experiments = planned(n=1), Experiments()
    experiments.begin(experiment, Placement())
    first = PINNED
    cell = next(cells(experiment))
    experiments.add(experiment.id, [make_kept(cell)], experiments.set_out(experiment.id, first), 1)
    async with Recorder.open() as recorder:
        moved = experimenting(experiments.read("last"), recorder)
        with pytest.raises(DrifttyError, match=r"dtype bfloat16, now .*--anyway"):
            await moved.run()
        assert moved.snapshot.finished == 1
        assert experiments.read("last").mixture == ()
        anyway = experimenting(experiments.read("last"), recorder, anyway=True)
        await anyway.run()
    assert anyway.snapshot.finished == 4
    assert any("dtype bfloat16" in words for words in anyway.snapshot.mixture)
    assert experiments.read("last").mixture == anyway.snapshot.mixture


async def test_an_experiment_that_is_complete_loads_no_model() -> None:
    scripts = Scripts(WELL)
    async with Recorder.open() as recorder:
        await experimenting(begun(planned(n=1)), recorder).run()
        complete = experimenting(Experiments().take_up("last"), recorder, models=scripts)
        await complete.run()
    assert (complete.snapshot.state, complete.snapshot.finished, scripts.used) == ("over", 4, [])
