"""What a person does to an experiment while they watch it: pause, add, stop, open, report."""

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from rich.text import Text

from console.experimenting import Experimenting
from console.panes.experimentlayout import BOARD_PANES
from console.panes.experimentpanes import RunsPane
from console.safe import clean_line
from console.screens.dialog import Ask, Confirm
from engine.errors import DrifttyError
from engine.experiment import Cell

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.experiment import ExperimentScreen

FOREIGN = frozenset({"restore", "search", "hit"})
"""Actions on panes that this screen has not."""
CONTROLS = ("experiment.pause", "experiment.more", "experiment.drop", "experiment.stop")
"""Keys for whoever runs the experiment; left out of the footer where that is another process."""


class Conducts:
    """Actions of the Experiment screen; the laboratory does what they ask."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense now; keys of others are neither shown nor taken."""
        if action in FOREIGN:
            return False
        if self._elsewhere:
            return True  # they say why they do nothing
        if action in ("stop", "drop"):
            return self._conducted is not None
        if action == "pause":
            return self._conducted is not None or self._missing
        return True

    def shorts(self) -> dict[str, str]:
        """What the footer says of keys whose meaning changes."""
        screen = cast("ExperimentScreen", self)
        words = {}
        if self._elsewhere:
            return dict.fromkeys(CONTROLS, "")
        if self._conducted is None:
            words["experiment.pause"] = "go on"
        elif screen.board.now.state == "paused":
            words["experiment.pause"] = "resume"
        if screen.board.chosen in screen.board.now.dropped:
            words["experiment.drop"] = "take back"
        return words

    def action_pause(self) -> None:
        """Pause, resume, or go on with what is missing."""
        screen, conducted = cast("ExperimentScreen", self), self._conducted
        if self._only_watched():
            return
        if conducted is None:
            self._do(self._go_on())
            return
        if conducted.snapshot.state == "paused":
            conducted.resume()
        else:
            conducted.pause()
            self._app.notify(
                "No more runs are begun; those under way go on to their end.",
                title="Paused", timeout=4,
            )  # fmt: skip
        screen.look()
        screen.refresh_bindings()

    def action_more(self) -> None:
        """Ask for how many runs, and raise them."""
        if not self._only_watched():
            self._do(self._more())

    def action_drop(self) -> None:
        """No more runs of the chosen config, or some again."""
        screen, conducted = cast("ExperimentScreen", self), self._conducted
        if self._only_watched() or conducted is None:
            return
        config = screen.board.chosen
        name = screen.board.marks[config].name
        if config in conducted.snapshot.dropped:
            conducted.take_back(config)
            self._app.notify(f"{name} gets its runs again.", timeout=4, markup=False)
        else:
            conducted.drop(config)
            self._app.notify(
                f"No more runs of {name} are begun; d takes it back.", timeout=6, markup=False
            )
        screen.look()
        screen.refresh_bindings()

    def action_stop(self) -> None:
        """Stop, after asking."""
        if not self._only_watched():
            self._do(self._stop())

    def action_report(self) -> None:
        """Write the report."""
        screen = cast("ExperimentScreen", self)
        self._app.experiments.report(screen.board.experiment.id)

    def action_show(self, number: int) -> None:
        """Go to a pane by its number."""
        cast("ExperimentScreen", self).show_pane(BOARD_PANES[number - 1])

    def action_back(self) -> None:
        """All panes again; else back, while the experiment goes on."""
        screen = cast("ExperimentScreen", self)
        if screen.maximised:
            screen.maximise(None)
        else:
            screen.dismiss(None)

    def on_runs_pane_opened(self, event: RunsPane.Opened) -> None:
        """Open a run's recording, at its drift where it drifted."""
        screen = cast("ExperimentScreen", self)
        result, running = screen.board.result(event.cell), screen.board.running(event.cell)
        if running is not None:
            self._app.open_recording(running.session)
        elif result is not None:
            self._app.open_recording(result.session, turn=result.drift_turn, drift=True)
        else:
            self._app.notify(_why_not(event.cell), timeout=4, markup=False)

    async def _go_on(self, n: int | None = None) -> None:
        screen = cast("ExperimentScreen", self)
        laboratory = self._app.experiments.laboratory
        try:
            await laboratory.go_on(screen.board.experiment.id, n)
        except DrifttyError as error:
            self._app.complain(error)
            return
        if laboratory.running is not None and screen.is_attached:
            screen.watch_another(laboratory.running)

    async def _more(self) -> None:
        screen = cast("ExperimentScreen", self)
        experiment = screen.board.experiment
        said = await self._app.push_screen_wait(
            Ask(
                "More runs",
                f"Runs of each config on each task: {experiment.n} so far. The first ones stay.",
                str(experiment.n * 2),
            )
        )
        if said is None:
            return
        if not said.isdecimal() or int(said) <= experiment.n:
            self._app.complain(
                DrifttyError(f"“{clean_line(said)}” is not a number above {experiment.n}.")
            )
            return
        conducted = self._conducted
        if conducted is None:
            await self._go_on(int(said))
            return
        try:
            await conducted.add_runs(int(said))
        except DrifttyError as error:
            self._app.complain(error)
        screen.look()

    async def _stop(self) -> None:
        screen = cast("ExperimentScreen", self)
        now = screen.board.now
        question = Text(
            f"Stop the experiment? {now.finished:,} finished runs stay, {len(now.under_way)} under "
            "way are ended and do not count; it can go on later."
        )
        if await self._app.push_screen_wait(Confirm(question, "Stop it", "Let it run")):
            await self._app.experiments.laboratory.stop()
            screen.look()
            screen.refresh_bindings()

    def _only_watched(self) -> bool:
        """Whether another process runs the experiment; a person who wants to steer it is told so."""
        process = self._elsewhere
        if process:
            self._app.notify(
                f"Process {process} runs this experiment, and here it is only watched. Pause, stop or "
                "change it there; once that process has ended, it can go on here.",
                title="Run elsewhere", timeout=8,
            )  # fmt: skip
        return bool(process)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        cast("ExperimentScreen", self).run_worker(work, group="experiment")

    @property
    def _conducted(self) -> Experimenting | None:
        """The experiment, while it is the one that is under way here."""
        screen = cast("ExperimentScreen", self)
        running = self._app.experiments.laboratory.running
        return running if running is screen.watched else None

    @property
    def _elsewhere(self) -> int:
        """The process that runs it, where that is another one."""
        return cast("ExperimentScreen", self).board.now.elsewhere

    @property
    def _missing(self) -> bool:
        now = cast("ExperimentScreen", self).board.now
        return now.finished - now.broken < now.planned

    @property
    def _app(self) -> "DrifttyApp":
        return cast("DrifttyApp", cast("ExperimentScreen", self).app)


def _why_not(cell: Cell) -> str:
    return f"Run {cell.replicate + 1} has not begun: there is no recording yet."
