"""The state of a terminal: what is on the screen and above it, as libghostty-vt keeps it.

Feed it what the shell wrote; ask it for lines when a frame is drawn. Lines are counted from the top
of the history; the screen is the last `rows` of them.
"""

from collections import deque
from collections.abc import Callable

import msgspec
from pyghostty import GhosttyError
from pyghostty import Terminal as Ghostty

from engine.shell import ghostty
from engine.shell.styled import TerminalLine, parse_row

SCROLLBACK = 5000
"""Lines kept above the screen, give or take a page of the library's: some hundred lines."""
_SCROLLBACK_BYTES = 256 << 20
"""So many that the limit in lines is the one that counts; the library's own is a few hundred lines."""
_UNFINISHED_BYTES = 1 << 20
"""Of an escape sequence that has not ended, kept for a snapshot."""
_REMEMBERED = 256
"""How many changes can be told apart; whoever looks more seldom draws everything."""
_BLOCK = 256
"""Rows of history formatted at once: each call costs as much as some forty rows."""


class Cursor(msgspec.Struct, frozen=True):
    """Where the cursor is."""

    column: int
    """In cells, from 0."""
    line: int
    """Counted like `Terminal.line`."""
    visible: bool


class Terminal:
    """One terminal, without a screen."""

    def __init__(
        self,
        columns: int,
        rows: int,
        scrollback: int = SCROLLBACK,
        on_reply: Callable[[bytes], None] | None = None,
    ) -> None:
        """`on_reply` gets what the terminal answers to queries, such as a cursor position report."""
        self._ghostty = Ghostty(columns, rows, scrollback)
        ghostty.set_scrollback_bytes(self._ghostty, _SCROLLBACK_BYTES)
        ghostty.keep_unfinished(self._ghostty, _UNFINISHED_BYTES)
        if on_reply is not None:
            self._ghostty.on_reply(on_reply)
        self.version = 0
        """Grows whenever lines changed."""
        self._changes: deque[tuple[int, frozenset[int] | None]] = deque(maxlen=_REMEMBERED)
        self._size = columns, rows
        self._stale = True
        self._moved = True
        self._alternate = False
        self._anchor = ghostty.Anchor()
        self._top = 0
        self._rows: list[str] = []
        self._history: dict[int, list[str]] = {}

    def snapshot(self) -> bytes | None:
        """All of its state, for `restore`; none in the middle of a sequence of over a megabyte."""
        try:
            return ghostty.encode(self._ghostty)
        except GhosttyError:
            return None

    @classmethod
    def restore(cls, snapshot: bytes, scrollback: int = SCROLLBACK) -> "Terminal":
        """Another terminal, which is as the one was when `snapshot` was called on it."""
        decoded = ghostty.decode(snapshot, _UNFINISHED_BYTES)
        columns, rows = decoded.size
        terminal = cls(columns, rows, scrollback)
        terminal._ghostty.close()
        ghostty.set_scrollback_lines(decoded, scrollback)
        ghostty.set_scrollback_bytes(decoded, _SCROLLBACK_BYTES)
        ghostty.keep_unfinished(decoded, _UNFINISHED_BYTES)
        terminal._ghostty = decoded
        return terminal

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        return self._size

    @property
    def total(self) -> int:
        """Lines in the history and on the screen."""
        return int(self._ghostty.get("total_rows", "size_t"))

    @property
    def alternate_screen(self) -> bool:
        """Whether a full-screen program has the screen."""
        return bool(self._ghostty.get("active_screen", "GhosttyTerminalScreen"))

    @property
    def cursor(self) -> Cursor:
        """Where the cursor is."""
        column, row = self._ghostty.cursor
        return Cursor(int(column), self.total - self.size[1] + int(row), self.mode(25))

    def mode(self, number: int) -> bool:
        """Whether a DEC private mode is on: 1 cursor keys send SS3, 2004 bracketed paste,
        1000, 1002, 1003 mouse reports, 1006 their SGR form."""
        return bool(self._ghostty.mode(number))

    def feed(self, data: bytes) -> None:
        """Take in the next piece of output."""
        if data:
            self._ghostty.feed(data)
            self._stale = True

    def resize(self, columns: int, rows: int) -> None:
        """Change the size, in cells; long lines flow anew."""
        if (columns, rows) != self.size:
            self._ghostty.resize(columns, rows)
            self._size = columns, rows
            self._stale = self._moved = True

    def line(self, y: int) -> TerminalLine:
        """Line `y`, from the top of the history; raises `IndexError` outside `range(total)`."""
        self._refresh()
        if not 0 <= y < self._top + len(self._rows):
            raise IndexError(f"line {y} of {self.total}")
        if y >= self._top:
            return parse_row(self._rows[y - self._top])
        start = y - y % _BLOCK
        block = self._history.get(start)
        if block is None or y - start >= len(block):
            block = ghostty.rows(self._ghostty, start, min(start + _BLOCK, self._top) - 1)
            self._history[start] = block
        return parse_row(block[y - start])

    def wraps(self, y: int) -> bool:
        """Whether line `y` goes on in the next one: it was too long for the terminal."""
        return ghostty.wraps(self._ghostty, y)

    def changed_since(self, version: int) -> frozenset[int] | None:
        """The lines that changed after `version` of this terminal; none when everything may have.

        Read `version` again after this call: it takes in what was fed.
        """
        self._refresh()
        if version == self.version:
            return frozenset()
        later = [lines for at, lines in self._changes if at > version]
        if len(later) < self.version - version:
            return None
        changed: set[int] = set()
        for lines in later:
            if lines is None:
                return None
            changed |= lines
        return frozenset(changed)

    def text(self) -> str:
        """The screen as plain text, a line each, blanks at the ends removed."""
        return str(self._ghostty.text())

    def contents(self) -> str:
        """History and screen as plain text; lines that were too long for the terminal are whole."""
        return str(self._ghostty.contents())

    def close(self) -> None:
        """Free it now."""
        self._anchor.release()
        self._ghostty.close()

    def _refresh(self) -> None:
        """Take in what was fed: format the screen once, and find out what changed."""
        if not self._stale:
            return
        self._stale = False
        rows = self.size[1]
        top = self.total - rows
        screen = ghostty.rows(self._ghostty, top, top + rows - 1)
        # On the other screen, or when lines at the top were given up, nothing is where it was.
        kept = self._anchor.row() == self._top <= top and not self._moved
        kept = kept and self._alternate == self.alternate_screen and len(screen) == len(self._rows)
        changed = self._compare(top, screen) if kept else None
        if changed is None:
            self._history.clear()
        self._moved, self._alternate = False, self.alternate_screen
        self._top, self._rows = top, screen
        self._anchor.drop(self._ghostty, top)
        if changed is None or changed:
            self.version += 1
            self._changes.append((self.version, changed))

    def _compare(self, top: int, screen: list[str]) -> frozenset[int]:
        """The lines that differ from what was on the screen the last time, and the new ones."""
        before = self._rows
        left = min(top - self._top, len(before))
        # What has left the screen since may have changed before it did.
        now = ghostty.rows(self._ghostty, self._top, self._top + left - 1) if left else []
        now += screen
        changed = {self._top + row for row, old in enumerate(before) if old != now[row]}
        new = range(self._top + len(before), top + len(screen))
        return frozenset(changed.union(new))
