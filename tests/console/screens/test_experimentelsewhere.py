"""An experiment that another process runs is watched here, and only watched."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from console.experiment.shelved import Shelved
from console.screens.experiment import ExperimentScreen
from console.screens.experiments import ExperimentsScreen
from console.screens.replay import ReplayScreen
from engine.experiment import Cell, Experiment, cells, spec_of
from sessions import experiments as kept_experiments
from sessions.experiments import Experiments, KeptRun, Placement
from sessions.process import ProcessIdentity
from sessions.recorder import Recorder
from tests.console.experiment.made import experiment, result
from tests.console.experiment.test_shelved import STRETCH
from tests.console.open import screen_text, settled, shows
from tests.console.screens.laboratory import laboratory, now, screen_of, until
from tests.sessions.made import begin, end

OTHER = ProcessIdentity(4711, "1", "boot")


class Elsewhere:
    """What another process does to the store; it is alive as long as this says so."""

    def __init__(self, planned: Experiment, monkeypatch: pytest.MonkeyPatch) -> None:
        self.planned = planned
        self.alive = True
        monkeypatch.setattr(
            ProcessIdentity, "alive", property(lambda one: self.alive or one.pid != OTHER.pid)
        )
        with monkeypatch.context() as patched:
            patched.setattr(kept_experiments, "this_process", lambda: OTHER)
            Experiments().begin(planned, Placement())
        self.stretch = Experiments().set_out(planned.id, STRETCH)

    async def begins(self, recorder: Recorder, cell: Cell, session: str) -> None:
        """A run begins."""
        started = begin(session, spec_of(self.planned, cell))
        recorder.record(session, replace(started, experiment=self.planned.id))
        await recorder.flush()

    async def ends(self, recorder: Recorder, cell: Cell, session: str) -> None:
        """It ends, and is kept."""
        recorder.record(session, end(session))
        await recorder.flush()
        came = replace(result(cell, "drift"), session=session)
        Experiments().add(self.planned.id, [KeptRun(came, 1)], self.stretch, 2.0)


async def test_it_is_shown_live_and_marked_and_its_keys_say_why_they_do_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app, planned = laboratory(), experiment(n=2)
    elsewhere = Elsewhere(planned, monkeypatch)
    first, second, *_ = cells(planned)
    async with (
        Recorder.open() as recorder,
        app.run_test(size=(120, 40), notifications=True) as pilot,
    ):
        await elsewhere.begins(recorder, first, "s1")
        await settled(pilot)
        app.open_experiments()
        await until(pilot, lambda: shows(app, ExperimentsScreen))
        await until(pilot, lambda: "● 0/4" in screen_text(app))
        assert "in process 4711" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await until(pilot, lambda: "● running in process 4711" in screen_text(app))
        assert "1 under way" in screen_text(app)
        footer = screen_text(app).splitlines()[-1]
        assert "pause" not in footer
        assert "report" in footer
        await pilot.press("space")
        await until(pilot, lambda: "Process 4711 runs this experiment" in screen_text(app))
        assert now(pilot).state == "running"
        await elsewhere.ends(recorder, first, "s1")
        await elsewhere.begins(recorder, second, "s2")
        await until(pilot, lambda: "1 of 4 runs" in screen_text(app))
        assert screen_of(pilot).board.result(first) is not None
        elsewhere.alive = False
        await until(pilot, lambda: "■ stopped" in screen_text(app))
        await until(pilot, lambda: "space go on" in screen_text(app).splitlines()[-1])


async def test_a_run_under_way_elsewhere_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    app, planned = laboratory(), experiment(n=2)
    elsewhere = Elsewhere(planned, monkeypatch)
    async with Recorder.open() as recorder, app.run_test(size=(120, 40)) as pilot:
        await elsewhere.begins(recorder, next(cells(planned)), "s1")
        await settled(pilot)
        app.open_experiment(planned.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        await until(pilot, lambda: "1 under way" in screen_text(app))
        await pilot.press("2", "enter")
        await until(pilot, lambda: shows(app, ReplayScreen))


async def test_a_store_that_cannot_be_read_any_more_is_said_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    app, planned = laboratory(), experiment(n=2)
    Elsewhere(planned, monkeypatch)
    async with app.run_test(size=(120, 40), notifications=True) as pilot:
        await settled(pilot)
        app.open_experiment(planned.id)
        await until(pilot, lambda: shows(app, ExperimentScreen))
        watched = screen_of(pilot).watched
        assert isinstance(watched, Shelved)
        assert watched._following is not None
        watched._following._path = tmp_path / "gone.db"
        await until(pilot, lambda: "No experiment is kept yet" in screen_text(app))
        assert screen_of(pilot).board.now.planned == 4
