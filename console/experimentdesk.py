"""The person's desk for experiments: which are shown, begun, watched, and reported on."""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.screen import Screen
from textual.timer import Timer

from console.experiment.progress import one_line
from console.laboratory import Laboratory, Opening
from console.safe import clean_line
from console.screens.draft import DraftScreen
from console.screens.experiment import ExperimentScreen
from console.screens.experiments import ExperimentsScreen
from engine import folders
from engine.errors import DrifttyError
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from sessions.kept import Placement

if TYPE_CHECKING:
    from console.app import DrifttyApp

LINE_SECONDS = 1.0
"""Between two updates of the line that says, on the Operate screen, how an experiment goes."""


class ExperimentDesk:
    """Brings experiments to the screen; the laboratory runs them, whatever screen is shown."""

    def __init__(
        self,
        app: "DrifttyApp",
        seeds: SeedLibrary,
        tasks: TaskLibrary,
        opening: Opening,
        placement: Placement,
    ) -> None:
        """`placement`: on what new experiments run, where nothing else is asked for."""
        self._app = app
        self._seeds, self._tasks, self._placement = seeds, tasks, placement
        self.laboratory = Laboratory(opening, complain=app.complain, changed=self._changed)
        self._line: Timer | None = None

    def list(self) -> None:
        """Show the experiments there are; where they are on the screen already, nothing."""
        if not isinstance(self._app.screen, ExperimentsScreen):
            self._app.push_screen(ExperimentsScreen(self))

    def watch(self, experiment: str) -> None:
        """Show one experiment, under way or not."""
        self._go(self._watch(experiment))

    def new(self) -> None:
        """Ask for a new experiment, and run it."""
        self._go(self._new())

    def go_on(self, experiment: str) -> None:
        """Run what is missing of one, and show it."""
        self._go(self._go_on(experiment))

    def report(self, experiment: str) -> None:
        """Write a report of one beside the store, over an earlier one, and say where it is."""
        self._go(self._report(experiment))

    async def close(self) -> None:
        """End what is under way; it is kept and can go on."""
        await self.laboratory.stop()

    async def _watch(self, experiment: str) -> None:
        running = self.laboratory.running
        if running is not None and running.experiment.id == experiment:
            await self._app.push_screen(ExperimentScreen(running))
            return
        try:
            shelved = await self.laboratory.shelved(experiment)
        except DrifttyError as error:
            self._app.complain(error)
            return
        await self._app.push_screen(ExperimentScreen(shelved))

    async def _new(self) -> None:
        drafted = await self._app.push_screen_wait(
            DraftScreen(self._app.desk.plan.spec, self._seeds, self._tasks, self._placement)
        )
        if drafted is None:
            return
        try:
            await self.laboratory.begin(drafted.experiment, drafted.placement)
        except DrifttyError as error:
            self._app.complain(error)
            return
        await self._watch(drafted.experiment.id)

    async def _go_on(self, experiment: str) -> None:
        try:
            await self.laboratory.go_on(experiment)
        except DrifttyError as error:
            self._app.complain(error)
            return
        await self._watch(experiment)

    async def _report(self, experiment: str) -> None:
        # Its parts are many and only this needs them.
        from console.report import write

        path = folders.data() / "reports" / f"experiment-{experiment}.html"
        self._app.notify("It takes a few seconds.", title="Writing the report", timeout=4)
        try:
            await asyncio.to_thread(_make_folder, path.parent)
            written = await write(experiment, path, force=True)
        except DrifttyError as error:
            self._app.complain(error)
            return
        self._app.notify(clean_line(str(written)), title="Report", timeout=20, markup=False)

    def _changed(self) -> None:
        """An experiment began or ended: say so where it is not in view."""
        if not self._app.screen_stack:
            return  # the console is being closed, and with it the experiment
        if self._line is None and self.laboratory.at_work:
            self._line = self._app.set_interval(LINE_SECONDS, self._tell)
        elif self._line is not None and not self.laboratory.at_work:
            self._line.stop()
            self._line = None
        self._tell()
        screen: Screen[object] = self._app.screen
        screen.refresh_bindings()
        if isinstance(screen, ExperimentsScreen):
            screen.ask()

    def _tell(self) -> None:
        running = self.laboratory.running
        self._app.view.tally.beside(one_line(running.snapshot) if running else "")
        self._app.pump.wake()

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.run_worker(work, group="experiments", exit_on_error=True)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DrifttyError(f"{folder}: the folder cannot be made: {error.strerror}.") from error
