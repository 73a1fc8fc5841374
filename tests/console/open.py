"""Opens the console on a scripted driver."""

from console.app import DrifttyApp
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from tests.console.scripted import ScriptedDriver


def spec(
    config: str = "false-memories", task: str = "find the kernel version, save it in kernel.txt"
) -> RunSpec:
    """A run to plan."""
    return RunSpec(config=parse_config(config, SeedLibrary()), task=Task(text=task), turns=8)


def console(driver: ScriptedDriver | None = None, planned: RunSpec | None = None) -> DrifttyApp:
    """The app, not yet running."""
    return DrifttyApp(driver or ScriptedDriver(), SeedLibrary(), TaskLibrary(), planned or spec())
