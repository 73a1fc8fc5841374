"""What all dialogs are: a box over the screen that is accepted or closed."""

from typing import TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Label, Static

from console.keymap import bindings
from console.panes.footer import Hints

T = TypeVar("T")


class Dialog(ModalScreen[T]):
    """A modal box. Subclasses compose their body and say what accepting and closing give."""

    BINDINGS = bindings("dialog")

    def action_accept(self) -> None:
        """Take what was entered."""
        raise NotImplementedError

    def action_close(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)


class Confirm(Dialog[bool]):
    """A question with two answers; the safe one has the focus."""

    def __init__(self, question: Text, yes: str, no: str = "Cancel") -> None:
        """`question` may hold untrusted text that went through `clean`."""
        super().__init__()
        self._question, self._yes, self._no = question, yes, no

    def compose(self) -> ComposeResult:
        """The question over its answers."""
        with Vertical(classes="dialog small"):
            yield Label(self._question, classes="question")
            with Horizontal(classes="buttons"):
                yield Button(self._no, id="no", compact=True)
                yield Button(self._yes, id="yes", variant="warning", compact=True)
        yield Hints()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the answers."""
        self.dismiss(event.button.id == "yes")

    def action_accept(self) -> None:
        """Yes."""
        self.dismiss(True)

    def action_close(self) -> None:
        """No."""
        self.dismiss(False)


class Ask(Dialog[str | None]):
    """One line of text."""

    def __init__(self, title: str, hint: str, value: str = "") -> None:
        """`title` and `hint` are the program's own words."""
        super().__init__()
        self._heading, self._hint, self._value = title, hint, value

    def compose(self) -> ComposeResult:
        """The line, under what it is for."""
        with Vertical(classes="dialog small"):
            yield Label(Text(self._heading, "bold"), classes="heading")
            yield Input(self._value, id="answer")
            yield Static(Text(self._hint), classes="hint")
        yield Hints()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter accepts."""
        self.action_accept()

    def action_accept(self) -> None:
        """Take the line; an empty one is none."""
        self.dismiss(self.query_one(Input).value.strip() or None)


def number_of(text: str, what: str, least: float, most: float) -> float:
    """The number that was typed into a field; `what` the field is called.

    Raises `ValueError`, with a sentence for the person, where it is none or out of its bounds.
    """
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise ValueError(f"{what} must be a number from {least:g} to {most:g}.")
    return number


def whole_of(text: str, what: str, least: int, most: int) -> int:
    """The whole number that was typed into a field; as `number_of`, but exact at any size."""
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise ValueError(f"{what} must be a whole number from {least} to {most}.")
    return number
