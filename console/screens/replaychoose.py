"""Choose another recording, the likeliest first: of the same task and config, then the newest."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from console.panes.footer import Hints
from console.safe import clean_line
from console.screens.dialog import Dialog
from engine.errors import DrifttyError
from sessions.library import Library
from sessions.summary import Summary

MOST = 200
"""Sessions offered; any other is compared from the command line."""


class ChooseRecording(Dialog[str | None]):
    """A list of sessions; gives the id of the chosen one."""

    def __init__(self, beside: str) -> None:
        """`beside`: the session that is looked at, which is not offered; empty where there is none."""
        super().__init__()
        self._beside = beside

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog tall"):
            yield Label(Text("Put beside it", "bold"), classes="heading")
            yield OptionList(id="recordings")
        yield Hints()

    def on_mount(self) -> None:
        """Read which there are."""
        self.query_one(OptionList).focus()
        self.run_worker(self._read(), exit_on_error=True)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        self.dismiss(event.option.id)

    def action_accept(self) -> None:
        """The one the cursor is on."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.dismiss(listed.get_option_at_index(listed.highlighted).id)

    async def _read(self) -> None:
        listed = self.query_one(OptionList)
        try:
            async with Library.open() as library:
                here = await library.find(self._beside) if self._beside else None
                found = await library.sessions(limit=MOST + 1)
        except DrifttyError as error:
            listed.add_option(Option(Text(f"✗ {clean_line(str(error))}"), disabled=True))
            return
        others = [one for one in found if here is None or one.id != here.id]
        if here is not None:
            others.sort(key=lambda one: (one.task != here.task, one.config != here.config))
        listed.add_options([Option(_prompt(one), id=one.id) for one in others])
        if others:
            listed.highlighted = 0
        else:
            listed.add_option(Option(Text("There is no other recording."), disabled=True))


def _prompt(one: Summary) -> Text:
    drift = f" @{one.drift_turn}" if one.drift_turn else ""
    text = Text(f"{one.id}  ", no_wrap=True, overflow="ellipsis")
    text.append(f"{one.outcome + drift:<14}", "bold")
    text.append(f"{one.turns:>3} turns  {clean_line(one.config)}  {clean_line(one.task)}")
    return text
