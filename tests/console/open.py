"""Opens the console on a scripted driver."""

import asyncio
from typing import Any

from textual.pilot import Pilot
from textual.screen import Screen

from console.app import DrifttyApp
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from tests.console.scripted import ScriptedDriver


def spec(
    config: str = "false-memories+history+prompt",
    task: str = "find the kernel version, save it in kernel.txt",
) -> RunSpec:
    """A run to plan."""
    return RunSpec(config=parse_config(config, SeedLibrary()), task=Task(text=task), turns=8)


def console(driver: ScriptedDriver | None = None, planned: RunSpec | None = None) -> DrifttyApp:
    """The app, not yet running."""
    return DrifttyApp(driver or ScriptedDriver(), SeedLibrary(), TaskLibrary(), planned or spec())


async def settled(pilot: Pilot[int]) -> None:
    """Wait until every event is folded and drawn, every worker but a waiting dialog is done, and the
    screen on top has its layout."""
    app = pilot.app
    assert isinstance(app, DrifttyApp)
    while True:
        await pilot.pause()
        idle = app.pump.idle and not any(worker.group == "count" for worker in app.workers)
        laid = not app.screen_stack or app.screen._compositor.size == app.size
        if idle and laid:
            break
        await asyncio.sleep(0.005)
    await pilot.pause()


def screen_text(app: DrifttyApp) -> str:
    """What is on the terminal, one row a line."""
    width, height = app.size
    rows = app.screen._compositor.render_strips(app.size)
    assert len(rows) == height
    return "\n".join(strip.text.ljust(width) for strip in rows)


def shown(app: DrifttyApp) -> str:
    """What is on the terminal; nothing while a screen is only being laid out."""
    laid = len(app.screen._compositor.render_strips(app.size)) == app.size.height
    return screen_text(app) if laid else ""


def shows(app: DrifttyApp, screen: type[Screen[Any]]) -> bool:
    """Whether a screen of a kind is on top."""
    return isinstance(app.screen, screen)
