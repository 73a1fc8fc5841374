"""The console: wires driver, view, screens, theme and keys together, and nothing else."""

import asyncio
import contextvars
import signal
import sys
import time
from collections.abc import Callable, Iterable

from msgspec.structs import replace
from rich.text import Text
from textual.app import App, SystemCommand
from textual.css.query import NoMatches
from textual.screen import Screen
from textual.worker import WorkerFailed

from console import appearance
from console.commands import commands
from console.crash import report
from console.desk import Desk
from console.experimentdesk import ExperimentDesk
from console.experimenthost import open_experiment
from console.hangup import HangupDriver
from console.inspecting import Inspecting
from console.keymap import bindings
from console.laboratory import Opening
from console.ownkeys import read_keymap
from console.panes.standing import stands
from console.pump import Pump
from console.replay import OpenAt
from console.rerundesk import RerunDesk
from console.retaining import retain
from console.safe import clean
from console.screens.against import AgainstScreen
from console.screens.lines import LinesScreen
from console.screens.operate import Operate
from console.screens.payload import PayloadScreen
from console.screens.replay import ReplayScreen
from console.settings import read_settings, read_theme, write_settings
from console.view.driver import Driver
from console.view.state import ViewState
from console.view.worker import WorkerView
from engine.errors import DrifttyError, SettingsError
from engine.events import AnyEvent, Paused, Resumed, RunEnded, SessionStarted
from engine.figures import number
from engine.model.supervisor import WorkerStatus
from engine.run import RunSpec
from engine.seeds.library import SeedLibrary
from engine.shell.commands import in_sandbox
from engine.tasks.library import TaskLibrary
from sessions.kept import Placement


class DrifttyApp(App[int]):
    """The console over one driver. Its result is the exit status."""

    TITLE = "driftty"
    CSS_PATH = "../themes/driftty.tcss"
    BINDINGS = bindings("app")
    COMMAND_PALETTE_BINDING = "ctrl+p"
    ENABLE_COMMAND_PALETTE = True

    def __init__(
        self,
        driver: Driver,
        seeds: SeedLibrary,
        tasks: TaskLibrary,
        defaults: RunSpec,
        *,
        opened: ReplayScreen | AgainstScreen | None = None,
        opening: Opening = open_experiment,
        placement: Placement | None = None,
    ) -> None:
        """`defaults`: the run that is planned when the console opens. `opened`: a recording to open
        it on, with nothing behind it. `opening`: how experiments get their model and recorder;
        `placement`: where new ones run.
        """
        self._opened = opened
        self._wrong: list[SettingsError] = []
        self._broken = False
        self.looks, wrong = appearance.appearances()
        self._wrong += wrong
        self.look = self.looks[appearance.DEFAULT]
        super().__init__(driver_class=HangupDriver)
        self.driver = driver
        self.view = ViewState()
        self.view.lint.exists = in_sandbox
        self.worker = WorkerView()
        self.operate = Operate(self.view, self.worker)
        self.desk = Desk(self, defaults, seeds, tasks)
        self.experiments = ExperimentDesk(self, seeds, tasks, opening, placement or Placement())
        self.reruns = RerunDesk(self, seeds)
        self.inspecting = Inspecting(self)
        self.pump: Pump[AnyEvent] = Pump(self._fold, self._draw, self.later, time.monotonic)
        for look in self.looks.values():
            self.register_theme(look.textual_theme())
        self._dress()
        self._read_keys()

    def get_default_screen(self) -> Screen[None]:
        """The Operate screen is where one is, but for a console opened on a recording."""
        return self._opened or self.operate

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette has the console's own commands and no others."""
        return commands(self, screen)

    def on_mount(self) -> None:
        """Follow the driver and the signals, and show what is planned."""
        self._context_of_app = contextvars.copy_context()
        self.driver.subscribe(self.pump.put)
        self.reruns.follow()
        self.driver.on_worker(self._hear)
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(one, self.leave, 128 + one)
        for error in self._wrong:
            self.complain(error)
        if self._opened is None:
            self.call_after_refresh(self.desk.show_plan)
        self.run_worker(retain(self), group="retention")

    async def on_unmount(self) -> None:
        """However the console goes, what is under way is closed."""
        await self.experiments.close()
        await self.driver.stop()

    def wear(self, name: str, *, keep: bool = True) -> None:
        """Change the theme now, and `keep` it for the next time."""
        self.look = self.looks[name]
        self.theme = name
        for screen in self.screen_stack if self.is_running else ():
            restyle = getattr(screen, "restyle", None)
            if restyle is not None and stands(screen):
                self.call_after_refresh(restyle)
        if keep:
            try:
                write_settings(replace(read_settings(), theme=name))
            except SettingsError as error:
                self.complain(error)

    def leave(self, status: int) -> None:
        """Close the console; the session under way ends as stopped."""
        self.exit(status, return_code=status)

    def open_sessions(self) -> None:
        """Show the recorded sessions; where they are on the screen already, nothing."""
        from console.screens.sessions import SessionsScreen

        if not isinstance(self.screen, SessionsScreen):
            self.push_screen(SessionsScreen())

    def action_sessions(self) -> None:
        """The recorded sessions."""
        self.open_sessions()

    def open_experiments(self) -> None:
        """Show the experiments there are."""
        self.experiments.list()

    def open_experiment(self, id: str) -> None:  # noqa: A002  # what the other rooms call it
        """Show one experiment, under way or not."""
        self.experiments.watch(id)

    def action_experiments(self) -> None:
        """The experiments."""
        self.open_experiments()

    def open_recording(self, session: str, *, turn: int | None = None, drift: bool = False) -> None:
        """Play a recorded session, from its start or where a turn begins, over what is on screen;
        `drift`: from where that turn drifts.
        """
        self.push_screen(ReplayScreen(session, OpenAt(turn, drift)))

    def fork(self, session: str, turn: int | None = None) -> None:
        """Ask how to fork a recording, at a turn or where it drifted, and go on from there."""
        self.reruns.fork(session, turn)

    def verify(self, session: str) -> None:
        """Run a recording again on a screen of its own, and compare every token."""
        self.reruns.verify(session)

    def open_comparison(self, left: str, right: str) -> None:
        """Show two recorded sessions side by side, aligned by turn."""
        self.push_screen(AgainstScreen(left, right))

    def close_recording(self) -> None:
        """Go back to where the recording was opened; leave where there is nothing behind it."""
        if self.screen is self._opened:
            self.leave(0)
        else:
            self.pop_screen()

    def complain(self, error: DrifttyError) -> None:
        """Show what a person can act on."""
        self.notify(clean(str(error)), severity="error", timeout=12, markup=False)

    def copied(self, text: str) -> None:
        """Put a text on the clipboard and say so."""
        self.copy_to_clipboard(text)
        self.notify(f"{number(len(text), 'character')} copied", timeout=2, markup=False)

    def action_help(self) -> None:
        """Help for the focused pane."""
        if not isinstance(self.screen, LinesScreen):
            self.desk.help()

    async def action_quit(self) -> None:
        """Leave, asking first while a run is under way."""
        self.desk.quit()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While a person types into the shell, every key but the one that leaves is the shell's."""
        if action in ("help", "quit", "command_palette", "experiments", "sessions"):
            return not self.operate.typing
        return True

    def _fold(self, event: AnyEvent) -> None:
        self.view.apply(event)
        if isinstance(event, SessionStarted | RunEnded | Paused | Resumed):
            self.operate.refresh_bindings()

    def _draw(self) -> None:
        if not self.is_running:
            return  # it is closing: its screens go before the last frame is due
        began = time.perf_counter_ns()
        if stands(self.operate):
            self.operate.sync()
        if isinstance(self.screen, LinesScreen | PayloadScreen):
            self.screen.sync()
        self.driver.drew(time.perf_counter_ns() - began)

    def later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
        """Have something called by the app in `seconds`, late rather than never."""
        # Not a timer of Textual's: one that is begun late by its whole interval, which a busy machine
        # does to a millisecond, is skipped, and with the frame it was for, every later one. And whoever
        # tells an event may be a task that began before the app, which Textual finds by the context.
        loop, context = asyncio.get_running_loop(), self._context_of_app
        return loop.call_later(seconds, self.call_next, call, context=context)

    def _hear(self, status: WorkerStatus) -> None:
        self.worker.hear(status)
        if self._opened is None and self.view.priming.tokens is None:
            self.desk.count()
        self.pump.wake()

    def _dress(self) -> None:
        try:
            theme = read_theme(self.looks)
        except SettingsError as error:
            self._wrong.append(error)
            theme = appearance.DEFAULT
        self.wear(theme, keep=False)

    def _read_keys(self) -> None:
        try:
            own = read_keymap()
        except SettingsError as error:
            self._wrong.append(error)
            return
        self._wrong += own.wrong
        self.set_keymap(own.keys)

    def _handle_exception(self, error: Exception) -> None:
        """Break, but not over a screen that was asked for just before the console closed.

        Textual mounts nothing any more once it closes, and tells such a screen that it is mounted all
        the same: what it looks for among its widgets is not there, whichever screen it is.
        """
        cause = error.error if isinstance(error, WorkerFailed) else error
        if not (self._exit and isinstance(cause, NoMatches)):
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Replace Textual's page of traceback by a sentence; the rest is in a file."""
        if self._broken:
            return  # what breaks while it closes follows from what broke first
        self._broken = True
        error = sys.exc_info()[1] or self._exception
        self._return_value = 1
        self.panic(Text(report(error)))
