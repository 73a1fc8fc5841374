"""The Payload screen: what the model was sent, token by token, and what can be said about it."""

from collections.abc import AsyncIterator, Callable, Sequence
from typing import TYPE_CHECKING, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Static
from textual.worker import Worker

from console.inspecting import Inspecting
from console.keymap import Place
from console.panes.footer import Hints
from console.panes.payload import AboutPane, TokensPane
from console.panes.rows import RowsPane
from console.panes.standing import stands
from console.safe import clean_line
from console.screens.dialog import Ask, Dialog
from console.screens.payloadtelling import TABS, Tab, Tells, tab_words
from console.view import inspectcopy
from console.view.inspected import Inspected
from console.view.inspectfacts import summary
from console.view.inspectlint import place_of
from console.view.payload import PayloadView
from engine.errors import DrifttyError
from engine.events import AnyEvent
from engine.influence import Influence

if TYPE_CHECKING:
    from console.app import DrifttyApp

COPIES: dict[str, Callable[[Inspected], str]] = {
    "text": inspectcopy.as_text,
    "messages": inspectcopy.as_messages,
    "ids": inspectcopy.as_ids,
    "python": inspectcopy.as_python,
    "curl": inspectcopy.as_curl,
}

Reading = Callable[[], AsyncIterator[AnyEvent]]


class PayloadScreen(Dialog[None]):
    """One prompt of a session at a time, in four tabs; it follows the newest until one goes back."""

    PLACE: Place = "payload"

    def __init__(
        self,
        view: PayloadView,
        inspecting: Inspecting,
        *,
        turn: int | None = None,
        reading: Reading | None = None,
        exists: Callable[[str], bool] | None = None,
    ) -> None:
        """`turn`: whose prompt to show first, else the last; `reading`: a recording's events, to be
        folded into `view` first; `exists`: whether the sandbox has a command."""
        super().__init__()
        self.view = view
        self.tells = Tells(inspecting, exists)
        self.index = -1
        """Of the prompt in view; -1 follows the newest."""
        self.tab: Tab = "payload"
        self._turn, self._reading = turn, reading
        self._inspecting = inspecting
        self._seen: object = None
        self._work: Worker[None] | None = None

    def compose(self) -> ComposeResult:
        """Which prompt, the tabs, and one of two panes."""
        with Vertical(classes="dialog full payload"):
            yield Static(id="payload-tabs")
            yield Static(id="payload-summary", classes="hint")
            yield TokensPane()
            yield AboutPane()
        yield Hints()

    def on_mount(self) -> None:
        """Read what there is to read, then show it."""
        self.query_one(AboutPane).display = False
        self.query_one(TokensPane).focus()
        if self._reading is not None:
            self.run_worker(self._read(self._reading), group="payload-read", exit_on_error=True)
        else:
            self._begin()

    @property
    def place(self) -> int:
        """Which prompt is in view, among all, from 0; -1 where there is none."""
        count = len(self.view)
        return count - 1 if self.index < 0 else min(self.index, count - 1)

    @property
    def pane(self) -> RowsPane:
        """The pane in view."""
        return self.query_one(TokensPane if self.tab == "payload" else AboutPane)

    def sync(self) -> None:
        """Show what changed since the last frame."""
        if not stands(self):
            return
        seen = (self.view.version, self.place, self.tab, self.tells.version, self.pane.width)
        if seen == self._seen:
            return
        self._seen = seen
        shown = self.tells.look_at(self.view, self.place)
        self.query_one("#payload-tabs", Static).update(tab_words(self.tab, self.tells))
        words = summary(shown, self.place, len(self.view)) if shown else self._nothing()
        self.query_one("#payload-summary", Static).update(Text(clean_line(words), no_wrap=True))
        tokens = self.query_one(TokensPane)
        if self.tab == "payload":
            laid = (self.tells.prompt, self.tells.weights)
            if laid != self.tells.laid:
                self.tells.laid = laid
                tokens.show(shown, self.tells.facts, self.tells.notes)
        else:
            lines, top = self.tells.lines(self.tab)
            about = self.query_one(AboutPane)
            about.items = self.tab == "lint"
            about.tell(lines, top)

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for pane in self.query(RowsPane):
            pane.restyle()

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self.sync)

    def on_about_pane_moved(self, event: AboutPane.Moved) -> None:
        """Go to another finding."""
        self.tells.choose(event.by)
        self.sync()

    def action_turn(self, by: int) -> None:
        """The prompt before, or after."""
        count = len(self.view)
        if not count:
            return
        place = min(count - 1, max(0, self.place + by))
        self.index = -1 if place == count - 1 else place
        self.tells.against = None
        self._stop()
        self.query_one(TokensPane).highlight = range(0)
        self.sync()
        self._score_if_shown()

    def action_other(self, by: int) -> None:
        """Compare with the prompt before, or after, the one compared with now."""
        self.tells.move_other(by, self.place, len(self.view))
        self.action_tab("difference")

    def action_tab(self, name: str) -> None:
        """Another tab; `next` is the one after this."""
        names = list(TABS)
        self.tab = cast(
            Tab, names[(names.index(self.tab) + 1) % len(names)] if name == "next" else name
        )
        self.query_one(TokensPane).display = self.tab == "payload"
        self.query_one(AboutPane).display = self.tab != "payload"
        self.pane.focus()
        self._score_if_shown()
        self.call_after_refresh(self.sync)

    def action_boundaries(self) -> None:
        """Show where each token begins, or no longer."""
        self._manner(boundaries=not self.query_one(TokensPane).manner.boundaries)

    def action_ids(self) -> None:
        """Show ids, or no longer."""
        self._manner(ids=not self.query_one(TokensPane).manner.ids)

    def action_matters(self) -> None:
        """Ask how much each seed turn matters; while it is asked, stop asking."""
        if self._work is not None and self._work.is_running:
            self._stop()
            self.notify("Stopped; what was found is not kept.", timeout=3)
            return
        shown = self.tells.shown
        if shown is None or self.tells.weights:
            return
        missing = self._inspecting.missing(shown.sent)
        if missing:
            self.notify(clean_line(f"It cannot be asked: {missing}."), timeout=6, markup=False)
        elif not shown.sent.seed_turns:
            self.notify("This prompt has no seed turns to weigh.", timeout=4)
        else:
            self._work = self.run_worker(
                self._weigh(shown), group="payload-ask", exit_on_error=True
            )

    def action_jump(self) -> None:
        """Go to what the chosen finding is about."""
        finding, shown = self.tells.chosen, self.tells.shown
        if self.tab != "lint" or finding is None or shown is None:
            return
        places = place_of(finding, shown)
        if not places:
            self.notify("It is about the payload as a whole.", timeout=3)
            return
        self.action_tab("payload")
        self.call_after_refresh(self.query_one(TokensPane).go, places)

    def action_copy_as(self, form: str) -> None:
        """Copy the prompt as something."""
        if self.tells.shown is not None:
            cast("DrifttyApp", self.app).copied(COPIES[form](self.tells.shown))

    def action_search(self) -> None:
        """Ask for a text and go to where it is."""
        self.app.push_screen(
            Ask("Search", "In this tab; ] and [ go on.", self.pane.found), self._find
        )

    def action_hit(self, by: int) -> None:
        """The next place of the search, or the previous."""
        self._find(self.pane.found or None, backwards=by < 0, again=True)

    def action_accept(self) -> None:
        """Enter goes to a finding; there is nothing else to accept."""
        self.action_jump()

    def action_close(self) -> None:
        """End a search; then back."""
        if self.pane.found:
            self.pane.search("")
        else:
            self._stop()
            self.dismiss(None)

    def _find(self, text: str | None, backwards: bool = False, again: bool = False) -> None:
        if text and not self.pane.search(text, backwards=backwards, again=again):
            self.notify("It is not here.", severity="warning", timeout=3)

    def _manner(self, **changed: bool) -> None:
        pane = self.query_one(TokensPane)
        pane.manner = pane.manner._replace(**changed)
        pane.restyle()

    def _nothing(self) -> str:
        return "Reading the recording …" if self._reading is not None else "nothing sent yet"

    async def _read(self, reading: Reading) -> None:
        try:
            async for event in reading():
                self.view.apply(event)
        except DrifttyError as error:
            cast("DrifttyApp", self.app).complain(error)
        self._reading = None
        self._begin()

    def _begin(self) -> None:
        found = self.view.index_of(self._turn) if self._turn is not None else None
        if found is not None and found != len(self.view) - 1:
            self.index = found
        self.call_after_refresh(self.sync)

    def _score_if_shown(self) -> None:
        """Ask the model about the completion once it is looked at, where it can be asked."""
        shown = self.tells.look_at(self.view, self.place)
        if self.tab != "completion" or shown is None or not shown.sent.wrote.ids:
            return
        if self._inspecting.scored(shown.sent) is None and not self._inspecting.missing(shown.sent):
            self._work = self.run_worker(
                self._score(shown), group="payload-ask", exit_on_error=True
            )

    async def _score(self, shown: Inspected) -> None:
        try:
            await self._inspecting.score(shown.sent)
        except DrifttyError as error:
            cast("DrifttyApp", self.app).complain(error)
        self.tells.version += 1
        self.sync()

    async def _weigh(self, shown: Inspected) -> None:
        found: list[Influence] = []
        try:
            async for one in self._inspecting.weigh(shown.sent):
                found.append(one)
                self._weighed(shown, found)
        except DrifttyError as error:
            cast("DrifttyApp", self.app).complain(error)
        self.tells.asking = ""
        self.tells.version += 1
        self.sync()

    def _weighed(self, shown: Inspected, found: Sequence[Influence]) -> None:
        self.tells.asking = f"weighing turn {len(found)} of {shown.sent.seed_turns} · m stops"
        self.tells.partly = tuple(found)
        self.tells.version += 1
        self.sync()

    def _stop(self) -> None:
        """Ask the model no further."""
        if self._work is not None and self._work.is_running:
            self._work.cancel()
        self._work, self.tells.asking, self.tells.partly = None, "", ()
        self.tells.version += 1
