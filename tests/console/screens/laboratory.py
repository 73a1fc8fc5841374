"""The Experiment screen in tests: a console whose experiments a script runs, and what it shows."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from textual.pilot import Pilot

from console.app import DrifttyApp
from console.experimenting import Experimenting, ExperimentSnapshot
from console.screens.experiment import ExperimentScreen
from engine.model.script import Script
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from sessions.experiments import Experiments
from sessions.kept import Kept, Placement
from sessions.recorder import Recorder
from tests.console.open import settled, shows, spec
from tests.console.replicated import WELL, AnsweringShell, experimenting, planned
from tests.console.scripted import ScriptedDriver


def laboratory(script: Script = WELL) -> DrifttyApp:
    """The console; its experiments are run by a script, four runs at a time."""

    @asynccontextmanager
    async def opening(made: Kept) -> AsyncIterator[Experimenting]:
        async with Recorder.open() as recorder:
            yield experimenting(made, recorder, script, shell=AnsweringShell)
        Experiments().leave(made.experiment.id)

    return DrifttyApp(
        ScriptedDriver(), SeedLibrary(), TaskLibrary(), spec("operator"), opening=opening
    )


async def until(pilot: Pilot[int], holds: Callable[[], object]) -> None:
    """Wait until something holds, letting the app go on meanwhile."""
    while not holds():
        await pilot.pause()
        await asyncio.sleep(0.01)
    await settled(pilot)


async def watching(pilot: Pilot[int], n: int = 3) -> ExperimentScreen:
    """Begin an experiment and open it."""
    app = app_of(pilot)
    await settled(pilot)
    begun = planned(n=n)
    await app.experiments.laboratory.begin(begun, Placement())
    app.open_experiment(begun.id)
    await until(pilot, lambda: shows(app, ExperimentScreen))
    return screen_of(pilot)


def app_of(pilot: Pilot[int]) -> DrifttyApp:
    assert isinstance(pilot.app, DrifttyApp)
    return pilot.app


def screen_of(pilot: Pilot[int]) -> ExperimentScreen:
    screen = pilot.app.screen
    assert isinstance(screen, ExperimentScreen)
    return screen


def now(pilot: Pilot[int]) -> ExperimentSnapshot:
    return screen_of(pilot).board.watched.snapshot


def under_way(pilot: Pilot[int]) -> Callable[[], bool]:
    """Whether the screen shows runs that hang in their first turn."""
    return lambda: (
        len(screen_of(pilot).board.now.under_way) == 4
        and all(each.turn == 1 for each in screen_of(pilot).board.now.under_way)
    )
