"""The exact prompt of the last completion, id by id, and where each stretch of it came from."""

from console.view.line import Line, line
from engine.events import (
    AnyEvent,
    PromptSent,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
)
from engine.figures import number
from engine.scrollback import Span, Turn

LABELS = {
    "skeleton": "template",
    "seed": "seed",
    "shell": "shell",
    "operator": "operator",
    "person": "person",
}

SHOWN_IDS = 24
"""Of one span; the rest is counted."""


class PayloadView:
    """The last payload of the current session; ids are put together from what each prompt adds."""

    def __init__(self) -> None:
        self.version = 0
        self.ids: tuple[int, ...] = ()
        self.spans: tuple[Span, ...] = ()
        self.turns: list[Turn] = []
        self._seeded = 0
        self.seam = 0
        self.cached = 0
        self.window = 0
        self.turn = 0

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted():
                self.ids, self.spans, self.turns = (), (), []
                self.seam = self.cached = self.window = self.turn = 0
            case ScrollbackSeeded(turns=turns):
                self.turns, self._seeded = list(turns), len(turns)
            case ScrollbackGrew(added=added):
                self.turns.append(added)
            case ScrollbackShortened(turns=turns):
                self.turns[self._seeded :] = turns
            case PromptSent():
                self.ids = self.ids[: event.kept] + event.ids
                self.spans, self.seam, self.cached = event.spans, event.seam, event.cached
                self.window, self.turn = event.window, event.turn
            case _:
                return
        self.version += 1

    def summary(self) -> str:
        """How big the payload is and how much of it was there before."""
        if not self.ids:
            return "nothing sent yet"
        room = f" of {self.window:,}" if self.window else ""
        return (
            f"turn {self.turn} · {number(len(self.ids), 'token')}{room} · "
            f"{self.seam:,} seed · {self.cached:,} cached"
        )

    def lines(self) -> list[Line]:
        """One block a span: its place, its origin, its ids, and the text of the turn it carries."""
        lines: list[Line] = []
        for span in self.spans:
            lines.extend(self._span_lines(span))
        return lines

    def _span_lines(self, span: Span) -> list[Line]:
        ids = self.ids[span.start : span.stop]
        mark = "▌" if span.stop <= self.cached else " "
        shown = " ".join(str(token) for token in ids[:SHOWN_IDS])
        more = f" … {len(ids) - SHOWN_IDS} more" if len(ids) > SHOWN_IDS else ""
        style = f"origin-{span.origin}"
        lines = [
            line(
                (mark, "cached"),
                (f"{span.start:>5}–{span.stop:<5} ", "faint"),
                (f" {LABELS[span.origin]:<8} ", f"{style}-label"),
                (f" {shown}{more}", "faint"),
                indent=13,
            )
        ]
        if span.origin != "skeleton" and 0 <= span.turn < len(self.turns):
            lines.extend(
                line((mark, "cached"), " " * 12, (text, style), indent=13)
                for text in self.turns[span.turn].text.split("\n")
            )
        return lines
