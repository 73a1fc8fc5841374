"""Choose another recording, the likeliest first: of the same task and config, then the newest."""

import asyncio

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Label, OptionList, Static
from textual.widgets.option_list import Option

from console.panes.footer import Hints
from console.panes.standing import ended, stands
from console.safe import clean_line
from console.screens.dialog import Dialog
from console.view.sessionrow import GLYPHS
from engine.errors import DrifttyError
from engine.figures import config_name, number
from sessions import shipped
from sessions.library import Library
from sessions.summary import Summary

MOST = 200
"""Sessions offered; any other is compared from the command line."""
CONFIG_CELLS = 24


class ChooseRecording(Dialog[str | None]):
    """A list of sessions, narrowed by words; gives the id of the chosen one."""

    def __init__(self, beside: str) -> None:
        """`beside`: the session that is looked at, which is not offered; empty where there is none."""
        super().__init__()
        self._beside = beside
        self._offered: list[tuple[str, Text, str]] = []
        """Every session, how it is listed, and what it is found by, the likeliest first."""

    def compose(self) -> ComposeResult:
        """The words over the list."""
        with Vertical(classes="dialog tall"):
            yield Label(Text("Put beside it", "bold"), classes="heading")
            yield Input(id="recording-words", placeholder="words of a task, config, outcome or id",
                        compact=True)  # fmt: skip
            yield Static(
                Text("Of the same task and config first, then the newest."), classes="hint"
            )
            yield OptionList(id="recordings", compact=True)
        yield Hints()

    def on_mount(self) -> None:
        """Read which there are."""
        self.query_one(Input).focus()
        self.run_worker(self._read(), exit_on_error=True)

    async def on_unmount(self) -> None:
        """Close the library."""
        await ended(self)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """That one."""
        self.dismiss(event.option.id)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Offer those with all the words."""
        self._show(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The one the cursor is on."""
        self.action_accept()

    def on_key(self, event: events.Key) -> None:
        """Up and down go through the list while one types."""
        listed = self.query_one(OptionList)
        moves = {"up": listed.action_cursor_up, "down": listed.action_cursor_down}
        if event.key in moves and self.focused is not listed:
            moves[event.key]()
            event.stop()
            event.prevent_default()

    def action_accept(self) -> None:
        """The one the cursor is on."""
        listed = self.query_one(OptionList)
        if listed.highlighted is not None:
            self.dismiss(listed.get_option_at_index(listed.highlighted).id)

    async def _read(self) -> None:
        try:
            here = await _summary(self._beside) if self._beside else None
            async with Library.open() as library:
                found = await library.sessions(limit=MOST)
            async with Library.open(await asyncio.to_thread(shipped.store)) as library:
                found += await library.sessions()
        except DrifttyError as error:
            if not stands(self):
                return
            words = Text(f"✗ {clean_line(str(error))}")
            self.query_one(OptionList).add_option(Option(words, disabled=True))
            return
        if here is not None:
            found = [one for one in found if one.id != here.id]
            found.sort(key=lambda one: (one.task != here.task, one.config != here.config))
        self._offered = [(one.id, _prompt(one), _words(one)) for one in found]
        if stands(self):
            self._show(self.query_one(Input).value)

    def _show(self, words: str) -> None:
        listed = self.query_one(OptionList)
        wanted = words.casefold().split()
        shown = [
            Option(prompt, id=session)
            for session, prompt, words_of in self._offered
            if all(word in words_of for word in wanted)
        ]
        listed.clear_options()
        listed.add_options(shown)
        if shown:
            listed.highlighted = 0
        elif self._offered:
            listed.add_option(Option(Text("No recording has these words."), disabled=True))


async def _summary(session: str) -> Summary:
    async with Library.holding(session) as library:
        return await library.find(session)


def _words(one: Summary) -> str:
    name = shipped.name_of(one.id) or ""
    kinds = (one.id, name, one.outcome, one.drift_kind or "", one.config, one.task, one.model)
    return clean_line(" ".join((*kinds, *one.tags, one.note))).casefold()


def _prompt(one: Summary) -> Text:
    name = shipped.name_of(one.id)
    which = f"{shipped.PREFIX}{name}" if name else one.id
    drift = f" @{one.drift_turn}" if one.drift_turn else ""
    text = Text(f"{which:<18}  ", no_wrap=True, overflow="ellipsis")
    text.append(f"{GLYPHS[one.outcome]} {one.outcome + drift:<11}", "bold")
    config = config_name(clean_line(one.config), CONFIG_CELLS)
    text.append(f"{number(one.turns, 'turn'):>9}  {config:<{CONFIG_CELLS}}  {clean_line(one.task)}")
    return text
