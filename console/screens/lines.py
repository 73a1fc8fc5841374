"""A full screen of lines to read: the payload, and help."""

from collections.abc import Callable

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label, Static

from console.panes.footer import Hints
from console.panes.text import TextPane
from console.screens.dialog import Dialog
from console.view.line import Line


class Reading(TextPane):
    """Lines that are asked for whenever the screen is drawn."""

    def __init__(self, lines: Callable[[], list[Line]]) -> None:
        super().__init__(id="reading")
        self.following = False
        self._ask = lines

    def sync(self) -> None:
        """Ask for the lines anew."""
        self.show(self._ask())


class LinesScreen(Dialog[None]):
    """A title, a summary, and lines to scroll through."""

    def __init__(
        self, title: str, summary: Callable[[], str], lines: Callable[[], list[Line]], size: str
    ) -> None:
        """`size`: the style class of the box, `full` or `tall`."""
        super().__init__()
        self._heading, self._summary, self._lines, self._box = title, summary, lines, size

    def compose(self) -> ComposeResult:
        """Title, summary, lines."""
        with Vertical(classes=f"dialog {self._box}"):
            yield Label(Text(self._heading, "bold"), classes="heading")
            yield Static(Text(self._summary()), classes="hint", id="lines-summary")
            yield Reading(self._lines)
        yield Hints()

    def on_mount(self) -> None:
        """Read from the top."""
        reading = self.query_one(Reading)
        reading.focus()
        self.call_after_refresh(reading.sync)

    def sync(self) -> None:
        """Take in what changed."""
        self.query_one("#lines-summary", Static).update(Text(self._summary()))
        self.query_one(Reading).sync()

    def action_accept(self) -> None:
        """There is nothing to accept: close."""
        self.dismiss(None)
