"""The Payload screen: what the model was sent, token by token, and what can be said about it."""

from collections.abc import AsyncIterator, Callable
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
from console.screens.dialog import Dialog
from console.screens.payloadasking import Asks
from console.screens.payloadbeside import PutsBeside
from console.screens.payloadlooking import Looks
from console.screens.payloadtelling import TABS, Tab, Tells, tab_words
from console.view.inspectfacts import summary
from console.view.inspectlint import place_of
from console.view.payload import PayloadView
from console.view.priming import PrimingView
from engine.errors import DrifttyError
from engine.events import AnyEvent

if TYPE_CHECKING:
    from console.app import DrifttyApp

Reading = Callable[[], AsyncIterator[AnyEvent]]


class PayloadScreen(Asks, Looks, PutsBeside, Dialog[None]):
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
        priming: PrimingView | None = None,
        planned: bool = False,
    ) -> None:
        """`turn`: whose prompt to show first, else the last; `reading`: a recording's events, to be
        folded into `view` first; `exists`: whether the sandbox has a command;
        `priming`: where it is to be shown how much each turn matters; `planned`: that nothing was
        sent yet."""
        super().__init__()
        self.view = view
        self.tells = Tells(inspecting, exists)
        self.index = -1
        """Of the prompt in view; -1 follows the newest."""
        self.tab: Tab = "payload"
        self._turn, self._reading = turn, reading
        self.inspecting, self.priming, self._planned = inspecting, priming, planned
        self._seen: object = None
        self.work: Worker[None] | None = None
        """What the model is asked just now."""

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
        words = f"planned, not sent yet · {words}" if self._planned else words
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
        self._score_if_shown()

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

    def action_other(self, by: int) -> None:
        """Compare with the prompt before, or after, the one compared with now."""
        self.tells.move_other(by)
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
        self.refresh_bindings()
        self.call_after_refresh(self.sync)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """There is somewhere to go to where findings are told."""
        return self.tab == "lint" if action == "jump" else True

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
