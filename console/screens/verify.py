"""The screen on which a recording is run again: how far it is, and then what was found."""

from typing import TYPE_CHECKING

from textual.widgets import Static

from console.keymap import bindings
from console.screens.lines import LinesScreen
from console.view.line import Line, line
from console.view.rerun import verification
from engine.rerun.finding import Verification

if TYPE_CHECKING:
    from console.rerundesk import RerunDesk


class Rerun:
    """What a re-run has come to so far, as lines."""

    def __init__(self, session: str) -> None:
        self.session = session
        self.doing = "loading the model"
        """What is being done; empty when it is over."""
        self.wrong = ""
        """Why it could not be done, as a sentence."""
        self.found: Verification | None = None
        self.baseline = ""
        """What is known of the session as a baseline."""

    def progress(self, what: str, done: int, of: int) -> None:
        """So much is done."""
        self.doing = f"{what} {done} of {of}" if of else what

    def summary(self) -> str:
        """In a line."""
        state = self.doing or ("it could not be done" if self.wrong else "done")
        return " · ".join(
            part for part in (f"session {self.session}", self.baseline, state) if part
        )

    def lines(self) -> list[Line]:
        """All that is known."""
        if self.wrong:
            return [line(("✗ ", "bad"), self.wrong, indent=2)]
        if self.found is None:
            words = (
                "The model generates every completion again from what it was shown then, with the "
                "same dice, and every token is compared. The recording stays as it is."
            )
            return [line((words, "note"))]
        return list(verification(self.found))


class VerifyScreen(LinesScreen):
    """A re-run, its verdict, and what may be done about it."""

    BINDINGS = bindings("verify")

    def __init__(self, desk: "RerunDesk", rerun: Rerun) -> None:
        super().__init__("Verify", rerun.summary, rerun.lines, "full")
        self._desk, self._rerun = desk, rerun

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What makes sense: nothing while it goes on, and a baseline only where it is identical."""
        if action == "live":
            return not self._rerun.doing
        if action == "baseline":
            found = self._rerun.found
            return not self._rerun.doing and found is not None and found.verdict == "identical"
        return True

    def sync(self) -> None:
        """Draw what changed; there may be nothing to draw on yet, or no more."""
        if self.query(Static):
            super().sync()
        self.refresh_bindings()

    def action_live(self) -> None:
        """Once more, with a real shell."""
        self._desk.again(self._rerun, live=True)

    def action_baseline(self) -> None:
        """Tag the session as a baseline."""
        self._desk.hold(self._rerun)

    def on_unmount(self) -> None:
        """Whoever closes it wants no more of it."""
        self._desk.leave()
