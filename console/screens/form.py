"""Dialogs of many fields, which are taken together or not at all."""

from typing import TypeVar

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from console.safe import clean_line
from console.screens.dialog import Dialog
from engine.errors import DrifttyError

T = TypeVar("T")


class Form(Dialog[T | None]):
    """Fields over a button that takes them; where something is wrong with them it says what."""

    def read(self) -> T:
        """What was entered. Raises `DrifttyError` or `ValueError` with a sentence for the person."""
        raise NotImplementedError

    def ending(self, take: str) -> ComposeResult:
        """The place for what is wrong, over the buttons; `take`: what the first one does, in a word."""
        yield Static(id="form-error")
        with Horizontal(classes="buttons"):
            yield Button(f"{take} ⏎", id="take", variant="success", compact=True)
            yield Button("Cancel", id="cancel", compact=True)

    def entered(self) -> dict[str, str]:
        """What stands in every line to be typed into, by its id."""
        return {entry.id: entry.value.strip() for entry in self.query(Input) if entry.id}

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter in any field takes them."""
        self.action_accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Take them, or leave it."""
        if event.button.id == "take":
            self.action_accept()
        else:
            self.action_close()

    def action_accept(self) -> None:
        """Take what was entered, or say what is wrong."""
        try:
            read = self.read()
        except (DrifttyError, ValueError) as error:
            self.query_one("#form-error", Static).update(Text(f"✗ {clean_line(str(error))}"))
        else:
            self.dismiss(read)
