"""A picture of one moment of a session: what the shell showed, and what the operator wrote."""

from collections.abc import Iterator

from textual.strip import Strip

from console import appearance
from console.appearance import Appearance
from console.panes.strips import wrap
from console.panes.terminal import terminal_strip
from console.svg import svg
from console.view.line import Line, line
from console.view.sessionrow import GLYPHS
from console.view.shell import ShellView
from console.view.stderr import StderrView
from engine.errors import DrifttyError
from engine.events import (
    AnyEvent,
    RunEnded,
    SessionStarted,
    ShellResized,
    ShellStarted,
    TurnStarted,
)
from engine.figures import duration
from engine.shell.terminal import Terminal
from sessions.summary import Summary

WROTE_ROWS = 16
"""Of the operator's own words, at most."""
LEAST_ROWS = 8


class Moment:
    """Makes an SVG of a session at the end of a turn, at a time, or at its end; see `Exporter`."""

    def __init__(
        self,
        summary: Summary,
        *,
        turn: int | None = None,
        at: int | None = None,
        theme: str = appearance.DEFAULT,
    ) -> None:
        """`at`: nanoseconds since the session's start. Raises `DrifttyError` for no such moment."""
        if turn is not None and not 0 <= turn <= summary.turns:
            raise DrifttyError(
                f"Session {summary.id} has turns 1 to {summary.turns}; there is no turn {turn}."
            )
        if at is not None and not 0 <= at <= summary.took:
            raise DrifttyError(
                f"Session {summary.id} lasted {duration(summary.took)}; there is no moment after "
                f"{duration(at)}."
            )
        self._summary, self._turn, self._at = summary, turn, at
        self._look = _look(theme)
        self._shell, self._wrote = ShellView(), StderrView()
        self._told = 0
        self._turns = 0
        self._over = False
        self._ended = False

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """Fold what came before the moment."""
        self._over = self._over or self._is_after(event)
        if self._over:
            return
        self._told = event.at
        if isinstance(event, TurnStarted):
            self._turns = event.turn
        self._ended = isinstance(event, RunEnded)
        self._shell.apply(event)
        self._wrote.apply(event)
        yield from ()

    def close(self) -> Iterator[str]:
        """The picture."""
        terminal = self._shell.terminal
        width = terminal.size[0] if terminal is not None else 80
        head, foot = self._words()
        rows = [
            *self._drawn(head, width),
            *self._drawn(line(("── ", "rule"), ("SHELL ", "rule-label"), filler="─"), width),
            *(self._screen(terminal) if terminal is not None else []),
            *self._drawn(line(("── ", "rule"), ("STDERR ", "rule-label"), filler="─"), width),
            *self._wrote_rows(width),
            *self._drawn(line(("", "rule"), filler="─"), width),
            *self._drawn(foot, width),
        ]
        terminal_colors = self._look.terminal
        yield from svg(
            rows,
            width,
            terminal_colors.foreground,
            terminal_colors.background,
            f"Session {self._summary.id}: {foot.text}",
        )

    def _is_after(self, event: AnyEvent) -> bool:
        if isinstance(event, SessionStarted | ShellStarted | ShellResized):
            return False
        if self._at is not None and event.at > self._at:
            return True
        return self._turn is not None and isinstance(event, TurnStarted) and event.turn > self._turn

    def _words(self) -> tuple[Line, Line]:
        summary = self._summary
        head = line(
            ("driftty  ", "brand"),
            (summary.config, "heading"),
            (f" · {summary.model} · {summary.task}", "text"),
        )
        turn = f"turn {self._turns} of {summary.turns}"
        ended = f" · {GLYPHS[summary.outcome]} {summary.outcome}" if self._ended else ""
        foot = line(
            (f"{turn} · after {duration(self._told)}{ended} · session {summary.id}", "note")
        )
        return head, foot

    def _screen(self, terminal: Terminal) -> list[Strip]:
        """The lines of the terminal's screen, without the empty ones at its foot."""
        total, rows = terminal.total, terminal.size[1]
        lines = [terminal.line(number) for number in range(total - rows, total)]
        used = max((at for at, one in enumerate(lines, 1) if one.runs), default=0)
        return [terminal_strip(one, self._look.terminal) for one in lines[: max(LEAST_ROWS, used)]]

    def _wrote_rows(self, width: int) -> list[Strip]:
        rows = [strip for one in self._wrote.lines() for strip in self._drawn(one, width)]
        return rows[-WROTE_ROWS:]

    def _drawn(self, said: Line, width: int) -> list[Strip]:
        return [row.strip(self._look, width) for row in wrap(said, width)]


def _look(theme: str) -> Appearance:
    looks, _ = appearance.appearances()
    return looks.get(theme, looks[appearance.DEFAULT])
