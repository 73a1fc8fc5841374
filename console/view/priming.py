"""What primes the model: the seed's elements and the scrollback, with the seam between seed and life.

While nothing runs it shows a config's rendered turns and, once a tokenizer could count them, their
payload; while a session runs it shows that session's scrollback and the last payload sent.
"""

from collections.abc import Callable, Sequence

from console.view.inspected import texts_of
from console.view.inspectmatters import small
from console.view.line import Line, Piece, line
from engine.events import (
    AnyEvent,
    PromptSent,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
)
from engine.figures import number
from engine.influence import Influence
from engine.lint.finding import Subject
from engine.run import Channel, Config
from engine.scrollback import Payload, Span, Turn


class PrimingView:
    """One scrollback, seed and life, and how many of its tokens are where."""

    def __init__(self) -> None:
        self.version = 0
        self.config: Config | None = None
        self.available: tuple[str, ...] = ()
        """The elements the seed has, in canonical order."""
        self.seeded: tuple[Turn, ...] = ()
        self.live: list[Turn] = []
        self.running = False
        self.planning = True
        """Whether it shows what would be sent, not what a session has sent."""
        self.tokens: int | None = None
        """Of the whole prompt; none while nothing could count them."""
        self.cached = 0
        self.seam = 0
        """How many leading tokens are the seed's."""
        self.window = 0
        self._spans: tuple[Span, ...] = ()
        self._counts: tuple[tuple[Span, ...], dict[int, tuple[int, int]]] = ((), {})
        self._counted: Payload | None = None
        self._channel: Channel = "cooked"
        self._matters: dict[int, tuple[str, str]] = {}
        """By seed turn, one cell and its style: how much it matters, once that was asked."""
        self._matters_of = ""
        """The session it was asked of."""
        self._drawn: dict[tuple[int, int, bool], tuple[Turn, list[Line]]] = {}

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted(spec=spec, session=session):
                if session != self._matters_of:  # a recording that is played again is still itself
                    self._matters = {}
                self._matters_of = session
                self._show(spec.config)
                self._channel = spec.channel
                self.live, self.running, self.planning = [], True, False
            case ScrollbackSeeded(turns=turns):
                self.seeded = turns
            case ScrollbackGrew(added=added):
                self.live.append(added)
            case ScrollbackShortened(turns=turns):
                self.live = list(turns)
            case PromptSent():
                self.tokens = event.kept + len(event.ids)
                self.cached, self.seam, self.window = event.cached, event.seam, event.window
                self._spans = event.spans
            case RunEnded():
                self.running = False
            case _:
                return
        self.version += 1

    def preview(
        self,
        config: Config,
        available: tuple[str, ...],
        first: Turn | None,
        channel: Channel = "cooked",
    ) -> None:
        """Show what a config would prime with, and the first live turn it would get."""
        self._matters = {}
        self._show(config)
        self.available, self._channel = available, channel
        self.live = [first] if first else []
        self.running, self.planning = False, True
        self.version += 1

    def counted(self, payload: Payload) -> None:
        """Take in the payload of what `preview` shows."""
        self.tokens, self.cached, self.seam = len(payload.ids), payload.cached, payload.seam
        self.window, self._spans = payload.window, payload.spans
        self._counted = payload
        self.version += 1

    def matter(self, found: Sequence[Influence]) -> None:
        """Show beside each seed turn how much it matters."""
        self._matters = {one.turn: small(one) for one in found}
        self._drawn.clear()
        self.version += 1

    @property
    def plan(self) -> Payload | None:
        """The payload of what would be sent; none while something was, or nothing counted it."""
        return self._counted if self.planning else None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The whole scrollback."""
        return (*self.seeded, *self.live)

    def tokens_of(self, turn: int) -> int:
        """How many tokens of the last payload are a turn's content; 0 where it is not in it."""
        return self._placed.get(turn, (0, 0))[0]

    def is_cached(self, turn: int) -> bool:
        """Whether all of a turn's tokens already had their KV."""
        stop = self._placed.get(turn, (0, 0))[1]
        return 0 < stop <= self.cached

    @property
    def _placed(self) -> dict[int, tuple[int, int]]:
        """By turn, how many tokens of the last payload are its, and where the last of them ends."""
        if self._counts[0] is not self._spans:
            placed: dict[int, tuple[int, int]] = {}
            for span in self._spans:
                tokens, stop = placed.get(span.turn, (0, 0))
                placed[span.turn] = (tokens + span.stop - span.start, max(stop, span.stop))
            self._counts = (self._spans, placed)
        return self._counts[1]

    def lines(self) -> list[Line]:
        """The scrollback as lines, the seam among them; unchanged turns give the same objects."""
        lines: list[Line] = []
        for index, turn in enumerate(self.turns):
            if index == len(self.seeded):
                lines.append(self._seam_line())
            lines.extend(self._turn_lines(index, turn))
        if self.live or not self.turns:
            return lines
        return [*lines, self._seam_line()]

    def planned(self, exists: Callable[[str], bool] | None) -> Subject | None:
        """What would be sent, as the rules look at it; none before a config was shown.

        `exists`: whether the sandbox has a command of that name.
        """
        if self.config is None:
            return None
        counted = self._counted
        return Subject(
            turns=self.turns,
            seed_turns=len(self.seeded),
            prompt=self.config.prompt,
            channel=self._channel,
            payload=counted,
            texts=texts_of(counted.ids, dict(counted.names)) if counted else (),
            exists=exists,
        )

    def _show(self, config: Config) -> None:
        self.config, self.seeded = config, config.turns
        self.tokens, self.cached, self.seam, self._spans = None, 0, 0, ()
        self._counted = None
        self._drawn.clear()

    def _seam_line(self) -> Line:
        counted = f"{self.seam} tok, " if self.tokens is not None else ""
        return line(
            ("╌╌ ", "seam"), (f"↑ seed ({counted}{number(len(self.seeded), 'turn')})", "seam-label"),
            (" ╌╌ ", "seam"), ("↓ live ", "seam-label"), filler="╌",
        )  # fmt: skip

    def _turn_lines(self, index: int, turn: Turn) -> list[Line]:
        cached = self.is_cached(index)
        key = (index, self.tokens_of(index), cached)
        known = self._drawn.get(key)
        if known is None or known[0] is not turn:
            bar = self._matters.get(index) if index < len(self.seeded) else None
            known = self._drawn[key] = (turn, _turn_lines(turn, cached, bar))
        return known[1]


def speaker(turn: Turn) -> str:
    """Who a turn's words are from, to the model."""
    if turn.origin == "person":
        return "person"
    return {"system": "system", "user": "shell", "assistant": "model"}[turn.role]


def _turn_lines(turn: Turn, cached: bool, bar: tuple[str, str] | None = None) -> list[Line]:
    who = speaker(turn)
    mark = "▌" if cached else " "
    style = who if turn.origin != "seed" else f"{who}-seed"
    lines = []
    for row, text in enumerate(turn.text.split("\n") or [""]):
        label = f"{who:<7}" if row == 0 else " " * 7
        gutter = Piece(mark, "cached")
        said = [gutter, Piece(label, f"{who}-label")]
        if bar is not None:
            cell, weight = bar if row == 0 else (" ", "faint")
            said.append(Piece(f"{cell} ", weight))
        indent = 8 if bar is None else 10
        lines.append(Line((*said, Piece(text, style)), indent, gutter))
    return lines
