"""What a person says to a run: start, pause, step, decide, inject, stop, and with which dice."""

from typing import TYPE_CHECKING, cast

from console.panes.bars import CommandInput
from console.panes.priming import Toggled
from console.panes.shell import ShellPane
from console.safe import clean_line

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.operate import Operate

RUNNING_ONLY = frozenset({"step", "stop", "inject"})
PROPOSED_ONLY = frozenset({"approve", "edit", "veto"})


class Steers:
    """Actions of the Operate screen on the run; the app's session does what they ask."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense now; keys of others are neither shown nor taken."""
        screen = cast("Operate", self)
        if screen.query(ShellPane) and screen.query_one(ShellPane).typing:
            return action == "leave"
        if action in PROPOSED_ONLY:
            return screen.view.proposal.command is not None
        if action in RUNNING_ONLY:
            return self._app.driver.running
        if action == "pause":
            return self._app.driver.running
        if action == "again":
            return not self._app.driver.running
        return True

    def shorts(self) -> dict[str, str]:
        """What the footer says of keys whose meaning changes."""
        return {"run.pause": "resume"} if self._app.driver.paused else {}

    @property
    def _app(self) -> "DrifttyApp":
        return cast("DrifttyApp", cast("Operate", self).app)

    def action_new_run(self) -> None:
        """Ask for a run and start it."""
        self._app.desk.new_run()

    def action_again(self) -> None:
        """Start the planned run, with the next rng where this one ran already."""
        self._app.desk.again()

    def action_repeat(self) -> None:
        """Start the same run once more, with the same dice."""
        self._app.desk.repeat()

    def action_pause(self) -> None:
        """Pause, or go on."""
        driver = self._app.driver
        if driver.paused:
            driver.resume()
        else:
            driver.pause()

    def action_step(self) -> None:
        """One turn."""
        self._app.driver.step()

    def action_mode(self) -> None:
        """The next mode."""
        self._app.desk.next_mode()

    def action_stop(self) -> None:
        """End the run."""
        self._app.desk.stop()

    def action_inject(self) -> None:
        """Say something to the operator."""
        self._app.desk.inject()

    def action_warmer(self, tenths: int) -> None:
        """Another temperature."""
        self._app.desk.warm(tenths)

    def action_approve(self) -> None:
        """Run the proposed command as it is."""
        self._app.driver.approve()

    def action_edit(self) -> None:
        """Go to the proposed command."""
        cast("Operate", self).query_one(CommandInput).focus()

    def action_veto(self) -> None:
        """Refuse it."""
        self._app.driver.veto()

    def on_command_input_decided(self, event: CommandInput.Decided) -> None:
        """A person's word on the proposed command."""
        proposed = cast("Operate", self).view.proposal.command
        if event.command is None:
            self._app.driver.veto()
        elif proposed is not None and event.command == clean_line(proposed):
            self._app.driver.approve()
        else:
            self._app.driver.approve(event.command)

    def on_shell_pane_typed(self, event: ShellPane.Typed) -> None:
        """A person's keys into the shell."""
        self._app.driver.type(event.data)

    def fit_shell(self, columns: int, rows: int) -> None:
        """Give the shell's terminal another size, if it has not got it."""
        terminal = cast("Operate", self).view.shell.terminal
        if terminal is not None and terminal.size != (columns, rows):
            self._app.driver.resize(columns, rows)

    def on_toggled(self, event: Toggled) -> None:
        """Switch an element of the seed."""
        self._app.desk.toggle(event.element)

    def action_seeds(self) -> None:
        """Choose a seed."""
        self._app.desk.seeds()

    def action_payload(self) -> None:
        """The exact prompt."""
        self._app.desk.payload()
