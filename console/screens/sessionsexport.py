"""The dialog that writes a session to a file: in which form, where, and masked or not."""

from pathlib import Path
from typing import cast

import msgspec
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Grid, Horizontal, Vertical
from textual.widgets import Button, Checkbox, Input, Label, Select, Static

from console.exporting import FORMATS, PICTURES, SUFFIXES, WORDS, Format, Request
from console.panes.footer import Hints
from console.screens.dialog import Dialog
from engine.figures import duration
from sessions.summary import Summary


class Wanted(msgspec.Struct, frozen=True):
    """What a person asked for."""

    request: Request
    path: str
    over: bool
    """Whether a file that is there may be written over."""


class ExportDialog(Dialog[Wanted | None]):
    """Format, file, and whether secrets are masked."""

    def __init__(self, session: Summary, at: int | None = None) -> None:
        """`at`: the moment that a picture is of, nanoseconds since the session's start; by default
        the end of the turn in which it drifted, or its end."""
        super().__init__()
        self._session, self._at = session, at
        self._first: Format = "jsonl" if at is None else "png"

    def compose(self) -> ComposeResult:
        """The fields over the buttons."""
        with Vertical(classes="dialog"):
            yield Label(Text(f"Export session {self._session.id}", "bold"), classes="heading")
            with Grid(id="export-what"):
                yield Label("format", classes="field")
                yield Select(
                    [(form, form) for form in FORMATS],
                    value=self._first,
                    allow_blank=False,
                    id="export-format",
                    compact=True,
                )
                yield Label("", classes="field")
                yield Static(id="export-words", classes="hint")
                yield Label("file", classes="field")
                yield Input(self._file(self._first), id="export-path", compact=True)
                yield Label("", classes="field")
                yield Checkbox("mask keys, tokens and passwords", True, id="export-redact",
                               compact=True)  # fmt: skip
                yield Label("", classes="field")
                yield Checkbox("write over a file of that name", False, id="export-over",
                               compact=True)  # fmt: skip
            with Horizontal(classes="buttons"):
                yield Button("Write ⏎", id="write", variant="success", compact=True)
                yield Button("Cancel", id="cancel", compact=True)
        yield Hints()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Say what the format is for, and end the file's name accordingly."""
        form = cast(Format, event.value)
        words = WORDS[form] if form not in PICTURES else f"a picture of {self._moment()}"
        self.query_one("#export-words", Static).update(Text(words))
        path = self.query_one("#export-path", Input)
        if Path(path.value).stem == Path(self._file(form)).stem:
            path.value = str(Path(path.value).with_suffix(f".{SUFFIXES[form]}"))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter writes."""
        self.action_accept()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Write, or leave it."""
        if event.button.id == "write":
            self.action_accept()
        else:
            self.action_close()

    def action_accept(self) -> None:
        """Write it."""
        path = self.query_one("#export-path", Input).value.strip()
        if not path:
            self.query_one("#export-words", Static).update(Text("✗ A file needs a name."))
            return
        form = cast(Format, self.query_one("#export-format", Select).value)
        self.dismiss(
            Wanted(
                Request(
                    form=form,
                    redact=self.query_one("#export-redact", Checkbox).value,
                    turn=self._session.drift_turn if self._at is None else None,
                    at=self._at,
                ),
                path,
                self.query_one("#export-over", Checkbox).value,
            )
        )

    def _moment(self) -> str:
        if self._at is not None:
            return f"the moment you look at, after {duration(self._at)}"
        turn = self._session.drift_turn
        return f"the end of turn {turn}, where it drifted" if turn else "its end"

    def _file(self, form: Format) -> str:
        return f"{self._session.id}.{SUFFIXES[form]}"
