"""The operator's terminal, as the bytes that came from it make it."""

from engine.events import (
    AnyEvent,
    CommandFinished,
    RunEnded,
    SessionStarted,
    ShellNudged,
    ShellResized,
    ShellStarted,
    ShellState,
    ShellWrote,
)
from engine.shell.terminal import Terminal


class ShellView:
    """One terminal a session: what it shows, its size, and how the last command stands."""

    def __init__(self) -> None:
        self.version = 0
        self.terminal: Terminal | None = None
        """None before the first session."""
        self.live = False
        """Whether somebody reads what is typed."""
        self.state: ShellState = "done"
        self.sandbox = ""
        self.detail = ""

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case ShellWrote(data=data):
                if self.terminal is not None:
                    self.terminal.feed(data)
            case SessionStarted(spec=spec):
                self.terminal = Terminal(spec.columns, spec.rows)
                self.live, self.state, self.sandbox, self.detail = True, "done", "", ""
            case ShellStarted():
                self.sandbox, self.detail = event.sandbox, event.detail
                self._resize(event.columns, event.rows)
            case ShellResized(columns=columns, rows=rows):
                self._resize(columns, rows)
            case ShellNudged(state=state) | CommandFinished(state=state):
                self.state = state
            case RunEnded():
                self.live = False
            case _:
                return
        self.version += 1

    def _resize(self, columns: int, rows: int) -> None:
        if self.terminal is not None:
            self.terminal.resize(columns, rows)
