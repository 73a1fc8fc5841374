"""The SHELL pane: what the operator's terminal shows, and a person's keys into it."""

from collections.abc import Callable

from textual import events
from textual.message import Message
from textual.strip import Strip

from console.keymap import bindings
from console.panes.footer import key_name
from console.panes.keys import encode, paste
from console.panes.look import look_of
from console.panes.rows import RowsPane
from console.panes.scrollbars import LowBar
from console.panes.strips import Row, wrap
from console.panes.terminal import cursor_on, terminal_strip
from console.view.line import Line, Piece, line
from console.view.shell import ShellView
from console.view.worker import WorkerView
from engine.shell.terminal import Cursor, Terminal

LEAVE = "shell.leave"
CURSOR_KEYS, BRACKETED_PASTE = 1, 2004
"""DEC private modes: how arrow keys are sent, and whether a paste is marked as one."""


class ShellPane(RowsPane):
    """The terminal's scrollback and screen. While `typing`, keys go to the shell."""

    NAME = "SHELL"
    BINDINGS = bindings("shell")
    HELP = """\
The operator's own shell, as a terminal shows it: its colours, its cursor, its programs.

- Enter, or `t`, to type into it yourself; `^]` to stop
- the wheel scrolls back; new output is followed only while the last line is in view
- drag to select, `c` to copy
"""

    class Typed(Message):
        """A person's keys, as bytes for the shell."""

        def __init__(self, data: bytes) -> None:
            super().__init__()
            self.data = data

    def __init__(
        self, view: ShellView, words: Callable[[], list[Line]], *, takes_keys: bool = True
    ) -> None:
        """`words`: what to read while there is no terminal. `takes_keys`: whether one may type."""
        super().__init__(id="shell")
        self._view = view
        self._welcome = words
        self._takes_keys = takes_keys
        self._seen: object = None
        self._terminal: Terminal | None = None
        self._version = 0
        self._cursor: Cursor | None = None
        """Where it is drawn; none while it is hidden."""
        self._used = 0
        """Lines down to the last one in use."""
        self._strips: dict[int, Strip] = {}
        self.typing = False
        """Whether a person's keys go to the shell."""
        self.margin_rows = 0
        """Empty rows after the last one, for a bar that lies over the foot."""

    @property
    def label(self) -> tuple[Piece, ...]:
        """The title; while typing, how to stop."""
        if self.typing:
            leave = key_name(self._leave_key)
            words = f"you type · {leave} stops" if self._view.live else "the shell is gone · esc"
            return (self.name_piece, Piece(f" {words} ", "typing"))
        return (self.name_piece,)

    def row_count(self) -> int:
        """Scrollback and screen down to the last line in use, and the margin."""
        if self._view.terminal is None:
            return len(self._words())
        return self._used + self.margin_rows

    def row(self, number: int) -> Strip:
        """A row in the theme's own terminal colours."""
        terminal = self._view.terminal
        if terminal is None:
            return self._words()[number].strip(look_of(self), self.width)
        # What is drawn between two frames may have fewer lines than it had at the last one.
        if number >= min(self._used, terminal.total):
            return Strip([])
        strip = self._strips.get(number)
        if strip is None:
            strip = terminal_strip(terminal.line(number), look_of(self).terminal)
            self._strips[number] = strip
        if self._cursor is not None and self._cursor.line == number and self._view.live:
            style = look_of(self).style("typing" if self.typing else "cursor-block")
            strip = cursor_on(strip, self._cursor.column, style)
        return strip

    def row_text(self, number: int) -> str:
        """A row's text as drawn."""
        terminal = self._view.terminal
        if terminal is None:
            return self._words()[number].text
        return terminal.line(number).text if number < min(self._used, terminal.total) else ""

    def sync(self) -> None:
        """Take in what changed."""
        terminal = self._view.terminal
        words = [one.text for one in self._welcome()] if terminal is None else []
        seen = (self._view.version, self.margin_rows, words, self.width)
        if seen == self._seen:
            return
        self._seen = seen
        if terminal is None:
            self.recount(self.width)
            self.refresh()
            return
        self._take(terminal)
        self.recount(terminal.size[0])
        self.subtitle = self._facts(terminal)
        if self.typing and not self._view.live:
            self.post_message(self.Retitled())

    def restyle(self) -> None:
        """Draw everything anew, in another theme."""
        self._strips.clear()
        self.refresh()

    def _take(self, terminal: Terminal) -> None:
        """Redraw the lines that changed, and those the cursor left and came to."""
        fresh = terminal is not self._terminal
        self._terminal = terminal
        changed = None if fresh else terminal.changed_since(self._version)
        if changed is None:
            terminal.changed_since(0)
            self._strips.clear()
            self.refresh()
        before, self._cursor = self._cursor, _visible(terminal.cursor)
        self._version = terminal.version
        self._used = _used(terminal)
        if changed is not None:
            moved = {one.line for one in (before, self._cursor) if one is not None}
            for number in changed | moved:
                self._strips.pop(number, None)
                self.refresh_line(number)

    def on_mount(self) -> None:
        """A recorded shell is often wider than the pane."""
        self.horizontal_scrollbar.renderer = LowBar  # type: ignore[misc]  # of this one alone

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """While typing there is but one action: to leave."""
        if action == "leave":
            return self.typing
        if self.typing:
            return False
        return self._takes_keys and self._view.live if action == "type" else True

    def action_type(self) -> None:
        """Send keys to the shell from now on."""
        self._type(True)

    def action_leave(self) -> None:
        """Have the keys back."""
        self._type(False)

    def on_key(self, event: events.Key) -> None:
        """While typing, a key is the shell's."""
        if not self.typing:
            return
        event.stop()
        event.prevent_default()
        if not self._view.live:
            # Who goes on typing into a shell that just ended must not set off the console's keys.
            if event.key in ("escape", "enter"):
                self.action_leave()
            return
        terminal = self._view.terminal
        application = terminal is not None and terminal.mode(CURSOR_KEYS)
        data = encode(event.key, event.character, application_cursor=application)
        if data:
            self.post_message(self.Typed(data))
            self.action_tail()

    def on_paste(self, event: events.Paste) -> None:
        """While typing, a paste is the shell's."""
        terminal = self._view.terminal
        if self.typing and terminal is not None:
            event.stop()
            self.post_message(
                self.Typed(paste(event.text, bracketed=terminal.mode(BRACKETED_PASTE)))
            )

    def on_blur(self) -> None:
        """Who goes elsewhere does not type here."""
        self._type(False)

    def _type(self, typing: bool) -> None:
        if typing != self.typing:
            self.typing = typing
            self.refresh()
            self.refresh_bindings()
            self.post_message(self.Retitled())

    @property
    def _leave_key(self) -> str:
        for key, found in self._bindings.key_to_bindings.items():
            if any(binding.id == LEAVE for binding in found):
                return key
        return "f12"

    def _facts(self, terminal: Terminal) -> tuple[Piece, ...]:
        view = self._view
        if not view.sandbox:
            return ()
        guard = f"in {view.sandbox}" if view.sandbox != "none" else "! NO SANDBOX"
        style = "subtitle" if view.sandbox != "none" else "warn"
        columns, rows = terminal.size
        size = f" · {columns}×{rows}"
        return (Piece(guard, style), Piece(size, "subtitle"))

    def _words(self) -> list[Row]:
        """What to read before the first run."""
        width = min(72, self.width)
        return [row for one in self._welcome() for row in wrap(one, width)]


def _visible(cursor: Cursor) -> Cursor | None:
    return cursor if cursor.visible else None


def _used(terminal: Terminal) -> int:
    """How many lines there are, but for the blank foot of the screen below the cursor."""
    used = terminal.total
    if terminal.alternate_screen:
        return used
    least = terminal.cursor.line + 1
    while used > least and not terminal.line(used - 1).runs:
        used -= 1
    return used


def welcome(worker: WorkerView) -> list[Line]:
    """What to read in a shell pane that has no shell yet."""
    lines = [line(""), line(("No run yet.", "heading")), line("")]
    if worker.ready:
        lines.append(line(("n", "key"), " starts a run; the model is ready."))
    elif worker.loading:
        percent = f"{worker.status.fraction:4.0%}  " if worker.status else "  0%  "
        lines.append(line((worker.bar(24), "bar-load"), (percent, "heading"), worker.words()))
        lines += [line(""), line(("n", "key"), " starts a run, which waits for the model.")]
    else:
        lines.append(line(("✗ ", "bad"), worker.words(), indent=2))
    more = " has other seeds. The elements of this one are switched in PRIMING."
    return [*lines, line(("F2", "key"), more)]
