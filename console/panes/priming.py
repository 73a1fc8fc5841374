"""The PRIMING pane: the seed's elements as switches, and the scrollback that they make."""

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.keymap import bindings
from console.panes.look import look_of
from console.panes.strips import on, strip_of
from console.panes.text import TextPane
from console.view.line import Line, Piece, line
from console.view.lint import LintView
from console.view.payload import PayloadView
from console.view.priming import PrimingView

ON, OFF = "▣", "▢"
GAP = 2


class Toggled(Message):
    """A person wants an element switched."""

    def __init__(self, element: str) -> None:
        super().__init__()
        self.element = element


class ElementSwitches(Widget):
    """One switch an element, in as many rows as the width needs."""

    def __init__(self, view: PrimingView) -> None:
        super().__init__(id="elements")
        self._view = view
        self.cursor = 0
        """Which switch the keys are on."""
        self.active = False
        """Whether the pane below has the focus, and so the keys."""

    def rows_for(self, width: int) -> int:
        """How many rows the switches need in so many cells."""
        return max((row for _, row, _ in self._places(width)), default=0) + 1

    def render_line(self, y: int) -> Strip:
        """One row of switches."""
        pieces: list[tuple[str, str]] = []
        used = 0
        for number, (x, row, element) in enumerate(self._places(self.size.width)):
            if row != y:
                continue
            style = "toggle-on" if self.is_on(element) else "toggle-off"
            if self.active and number == self.cursor:
                style = "toggle-cursor"
            pieces += [(" " * (x - used), "text"), (self._text(element), style)]
            used = x + cell_len(self._text(element))
        if not pieces and y == 0:
            pieces = [("This seed has nothing to switch.", "note")]
        return on(strip_of(look_of(self), *pieces), self.size.width, self.rich_style)

    def is_on(self, element: str) -> bool:
        """Whether the config in view has an element."""
        return self._view.config is not None and element in self._view.config.elements

    def element(self, number: int) -> str | None:
        """The element of a switch, counted from 0."""
        shown = self._view.available
        return shown[number] if 0 <= number < len(shown) else None

    def on_click(self, event: events.Click) -> None:
        """Switch what was clicked."""
        for number, (x, row, element) in enumerate(self._places(self.size.width)):
            if row == event.y and x <= event.x < x + cell_len(self._text(element)):
                self.cursor = number
                self.post_message(Toggled(element))

    def _text(self, element: str) -> str:
        return f"{ON if self.is_on(element) else OFF} {element}"

    def _places(self, width: int) -> list[tuple[int, int, str]]:
        """Column, row and element of each switch."""
        places = []
        x = row = 0
        for element in self._view.available:
            cells = cell_len(self._text(element))
            if x and x + cells > width:
                x, row = 0, row + 1
            places.append((x, row, element))
            x += cells + GAP
        return places


class PrimingPane(TextPane):
    """Seed turns and live turns as one scrollback, the seam between them, cached turns marked."""

    NAME = "PRIMING"
    BINDINGS = bindings("priming")
    HELP = """\
What the model sees: the seed's turns, then the live ones, with the seam between them.

- `▣` an element of the seed that is on, `▢` one that is off; ←/→ and Enter, its number, or a click
- `▌` at the left: the turn's KV was cached at the last completion and was not computed again
- `▁`…`█` beside a seed turn, once F3 m asked: how much less likely a command is without it; `▽`: more
  likely without it; `·`: no difference
- the title counts the prompt's tokens and how many of them were cached
- `▲` how many things are wrong with the payload, and the worst; F3 shows them
"""

    def __init__(
        self, view: PrimingView, switches: ElementSwitches, lint: LintView | None = None
    ) -> None:
        """`lint`: what is wrong with what it shows; without it, with the scrollback alone."""
        super().__init__(id="priming")
        self._view = view
        self._lint = lint or LintView(view, PayloadView())
        self._switches = switches
        self._seen = -1

    def sync(self) -> None:
        """Take in what changed."""
        if self._view.version == self._seen:
            return
        self._seen = self._view.version
        self._switches.refresh()
        self.subtitle = counts(self._view, self._lint)
        self.show(self._view.lines() or [_nothing()])

    def mark(self) -> None:
        """Mark the name where something is wrong with the payload, also while others are in front."""
        badge = "▲ " if _wrong(self._lint) else ""
        if badge != self.badge:
            self.badge = badge
            self.post_message(self.Retitled())

    def action_element(self, step: int) -> None:
        """Go to another switch."""
        count = max(1, len(self._view.available))
        self._switches.cursor = (self._switches.cursor + step) % count
        self._switches.refresh()

    def action_switch(self, number: int | None = None) -> None:
        """Switch an element: the one the cursor is on, or that of a number from 1."""
        if number is not None:
            self._switches.cursor = number - 1
        element = self._switches.element(self._switches.cursor)
        if element is not None:
            self.post_message(Toggled(element))

    def on_focus(self) -> None:
        """Show the cursor on the switches."""
        self._switches.active = True
        self._switches.refresh()

    def on_blur(self) -> None:
        """Hide it."""
        self._switches.active = False
        self._switches.refresh()


def counts(view: PrimingView, lint: LintView) -> tuple[Piece, ...]:
    """What stands in the title, what matters most first: where there is no room, the end goes."""
    wrong = _wrong(lint)
    if view.tokens is None:
        return (*wrong, Piece("tokens not counted yet", "subtitle"))
    room = f"/{view.window:,}" if view.window else ""
    return (
        *wrong,
        Piece(f"{view.tokens:,}{room} tok", "heading"),
        Piece(f" · {view.cached:,} cached", "subtitle"),
    )


def _wrong(lint: LintView) -> tuple[Piece, ...]:
    """How many things are wrong with the payload, and the worst of them."""
    told = [each for each in lint.findings if each.severity != "note"]
    if not told:
        return ()
    style = "bad" if told[0].severity == "error" else "warn"
    return Piece(f"▲ {len(told)} {told[0].rule}", style), Piece(" · ", "subtitle")


def _nothing() -> Line:
    return line(("An empty scrollback: the model sees the task and nothing before it.", "note"))
