"""Two recordings side by side: where their tokens part, and what each was asked with."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Label, Static

from console.keymap import Place, bindings
from console.panes.footer import Hints
from console.panes.pairs import PairsPane
from console.panes.standing import ended, stands
from console.prompts import prompts_of
from console.safe import clean_line
from console.screens.dialog import Dialog
from console.screens.lines import LinesScreen
from console.view.comparison import summary
from console.view.inspectdiff import difference_lines
from console.view.line import line
from console.view.payload import PayloadView
from engine.errors import DrifttyError
from sessions.playbackcompare import (
    COMPARED,
    Pair,
    compare,
    first_difference,
    told,
)
from sessions.playbackreader import Recording
from sessions.shipped import PREFIX, name_of
from sessions.summary import Summary


class AgainstScreen(Dialog[None]):
    """One session at the left, another at the right; it opens where they part."""

    BINDINGS = bindings("against")
    PLACE: Place = "against"

    def __init__(self, left: str, right: str) -> None:
        """Both are ids of sessions, or the beginnings of some."""
        super().__init__()
        self._ids = (left, right)
        self.pairs: list[Pair] = []
        self._found: list[Summary] = []
        self._prompts: list[PayloadView] = []

    def compose(self) -> ComposeResult:
        """What came of it over the two."""
        with Vertical(classes="dialog full"):
            yield Label(Text("Side by side", "bold"), classes="heading")
            yield Static(id="against-sides")
            yield Static(Text("Reading both recordings …"), classes="hint", id="against-words")
            yield PairsPane()
        yield Hints()

    def on_mount(self) -> None:
        """Read both."""
        self.query_one(PairsPane).focus()
        self.run_worker(self._read(), group="against", exit_on_error=True)

    async def on_unmount(self) -> None:
        """Close both recordings."""
        await ended(self)

    def restyle(self) -> None:
        """Draw everything in another theme."""
        self.query_one(PairsPane).restyle()

    def on_resize(self) -> None:
        """Say which side is shown where there is room for one."""
        self.call_after_refresh(self._name_sides)

    async def _read(self) -> None:
        try:
            found, sides = [], []
            for one in self._ids:
                async with Recording.open(one) as recording:
                    found.append(recording.summary)
                    sides.append(await told(recording.only(COMPARED)))
        except DrifttyError as error:
            self._say(f"✗ {error}")
            return
        if not stands(self):
            return
        self._found, self.pairs = found, compare(*sides)
        pane = self.query_one(PairsPane)
        pane.show(self.pairs)
        self._name_sides()
        self._say(f"{summary(self.pairs)}{_asked(*found)}")
        first = first_difference(self.pairs)
        if first is not None:
            self.call_after_refresh(pane.go, first.turn)

    def action_turn(self, by: int) -> None:
        """The next or the previous turn."""
        self._go([pair.turn for pair in self.pairs], by)

    def action_difference(self, by: int) -> None:
        """The next or the previous turn that differs."""
        self._go([pair.turn for pair in self.pairs if not pair.same], by)

    def action_side(self) -> None:
        """The other side, where there is room for one."""
        pane = self.query_one(PairsPane)
        pane.side = "right" if pane.side == "left" else "left"
        pane.refresh()
        self._name_sides()

    def action_payloads(self) -> None:
        """How the payloads of the turn in view differ."""
        if self.pairs:
            self.run_worker(
                self._compare_payloads(self.query_one(PairsPane).turn),
                group="against",
                exit_on_error=True,
            )

    async def _compare_payloads(self, turn: int) -> None:
        """Read both recordings' prompts, once, and show how those of a turn differ."""
        try:
            if not self._prompts:
                self._prompts = [await prompts_of(one) for one in self._ids]
        except DrifttyError as error:
            self._say(f"✗ {error}")
            return
        if not stands(self):
            return
        places = [view.index_of(turn) for view in self._prompts]
        left, right = (
            view.inspected(place) if place is not None else None
            for view, place in zip(self._prompts, places, strict=True)
        )
        if left is None or right is None:
            lines = [line(("Only one of them has this turn.", "note"))]
        else:
            lines = difference_lines(left, right)
        words = "− left only   + right only   ⇄ moved   ⟳ there twice   by place in the prompt"
        title = f"Payloads of turn {turn}"
        self.app.push_screen(LinesScreen(title, lambda: words, lambda: lines, "full"))

    def action_open(self) -> None:
        """Play the session that has the focus, from the turn in view."""
        pane = self.query_one(PairsPane)
        if self.pairs:
            side = self._found[0 if pane.side == "left" else 1]
            self.app.open_recording(side.id, turn=pane.turn)  # type: ignore[attr-defined]  # always in the console

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """The other side is there to be seen where there is room for both."""
        if action == "side" and self.query(PairsPane):
            return self.query_one(PairsPane).narrow
        return True

    def action_accept(self) -> None:
        """There is nothing to accept: close."""
        self.action_close()

    def action_close(self) -> None:
        """Back to where one came from."""
        self.app.close_recording()  # type: ignore[attr-defined]  # always in the console

    def _go(self, turns: list[int], by: int) -> None:
        pane = self.query_one(PairsPane)
        here = pane.turn
        ahead = [turn for turn in turns if (turn > here if by > 0 else turn < here)]
        if ahead:
            pane.go(ahead[0] if by > 0 else ahead[-1])

    def _say(self, words: str) -> None:
        if stands(self):
            self.query_one("#against-words", Static).update(Text(clean_line(words)))

    def _name_sides(self) -> None:
        if not self.pairs or not stands(self):
            return
        pane = self.query_one(PairsPane)
        left, right = (_words(one) for one in self._found)
        if pane.narrow:
            shown = left if pane.side == "left" else right
            words = f"{pane.side}: {shown}"
        else:
            half = (pane.width - 3) // 2
            words = f"{_cut(left, half):<{half}} │ {_cut(right, half)}"
        self.query_one("#against-sides", Static).update(Text(words, "bold", no_wrap=True))
        self.refresh_bindings()


def _words(found: Summary) -> str:
    outcome = f"{found.outcome} @{found.drift_turn}" if found.drift_turn else found.outcome
    name = name_of(found.id)
    which = f"{PREFIX}{name}" if name else found.id
    return clean_line(f"{which}  {outcome}  {found.task}  {found.config}")


def _cut(words: str, cells: int) -> str:
    return words if len(words) <= cells else f"{words[: cells - 1]}…"


def _asked(left: Summary, right: Summary) -> str:
    """In what they were asked otherwise, as a sentence; empty where in nothing a list tells."""
    fields = ("task", "config", "model")
    differ = [field for field in fields if getattr(left, field) != getattr(right, field)]
    return f" They differ in {', '.join(differ)}." if differ else ""
