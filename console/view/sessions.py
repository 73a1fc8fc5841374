"""What the Sessions screen shows: the list's keys, the rows read so far, the cursor, the marks."""

from collections.abc import Mapping, Sequence

import msgspec

from sessions.listing import Key, Listed, Row
from sessions.summary import EVERYTHING, Order, Query

SHIPPED_HEADING = Key(kind="heading")
"""The row above the recordings that ship."""

_PAGE = 64
"""Rows read at once."""


class SessionsView:
    """State of the list. Keys come at once; rows are asked for by the page as they come into view."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.rows: dict[Key, Row | None] = {}
        """Those read so far; none for one that is gone since the list was made."""
        self.cursor = 0
        self.top = 0
        """The first row in view, as the table last drew it."""
        self.marks: set[Key] = set()
        self.unfolded: set[int] = set()
        self.query: Query = EVERYTHING
        self.typed = ""
        """The line that made the query."""
        self.order = Order()
        self.total = 0
        """Sessions in the list, those in folded experiments too, without the shipped ones."""
        self.disk = (0, 0)
        """Bytes of all recordings, and of those in the trash."""
        self.tagged = False
        """Whether any session has a tag or a note, so that a column for them is worth its room."""
        self.loaded = False
        """Whether the library has answered once."""
        self.version = 0
        self._asked = False
        """Whether the next list is of another query: where its cursor's row is gone, it begins anew."""

    @property
    def current(self) -> Key | None:
        """The key under the cursor."""
        return self.keys[self.cursor] if self.cursor < len(self.keys) else None

    @property
    def empty(self) -> bool:
        """Whether the person has recorded nothing yet: nothing is asked for and nothing found."""
        return self.loaded and not self.total and not self.typed and not self.query.trash

    def listed(self, own: Listed, shipped: Sequence[Key]) -> None:
        """Take a new list; the cursor stays on its row where that still is, else on its place."""
        before, place = self.current, self.cursor
        heading = [SHIPPED_HEADING] if shipped else []
        self.keys = [*own.keys, *heading, *shipped]
        self.total, self.disk, self.tagged = own.sessions, own.disk, own.tagged
        self.loaded = True
        kept = set(self.keys)
        # What is in view stays until it is read again; other rows may have changed unseen.
        near = set(self.keys[self.top : self.top + _PAGE])
        self.rows = {key: row for key, row in self.rows.items() if key in near}
        self.marks &= kept
        if before in kept and before is not None and before != SHIPPED_HEADING:
            self.cursor = self.keys.index(before)
        else:
            place = 0 if self._asked else place
            self.cursor = max(0, min(place, len(self.keys) - 1))
        self._asked = False
        self.version += 1

    def ask(self, query: Query) -> None:
        """Want another list, of the same shelf: the trash, or all but the trash."""
        self.query = msgspec.structs.replace(query, trash=self.query.trash)
        self._asked = True

    def fill(self, asked: Sequence[Key], rows: Mapping[Key, Row]) -> None:
        """Take rows that were read."""
        self.rows |= {key: rows.get(key) for key in asked}
        self.version += 1

    def wanted(self, top: int, height: int) -> list[Key]:
        """The keys of rows to read so that these, and a page each way, can be drawn.

        None while all that are in view are there: a page beyond is read with the next that is not.
        """
        if all(self._has(key) for key in self.keys[top : top + height + _PAGE // 4]):
            return []
        first = max(0, top - _PAGE)
        return [key for key in self.keys[first : top + height + _PAGE] if not self._has(key)]

    def move(self, to: int) -> None:
        """Put the cursor on a row."""
        to = max(0, min(to, len(self.keys) - 1))
        if to != self.cursor:
            self.cursor = to
            self.version += 1

    def mark(self) -> None:
        """Mark the row under the cursor, or no longer, and go on to the next."""
        key = self.current
        if key is not None and key.kind != "heading":
            self.marks ^= {key}
        self.version += 1
        self.move(self.cursor + 1)

    def chosen(self) -> list[Key]:
        """The marked rows in their order; without any, the one under the cursor."""
        if self.marks:
            return [key for key in self.keys if key in self.marks]
        key = self.current
        return [key] if key is not None and key.kind != "heading" else []

    def fold(self, trial: int, *, unfold: bool) -> bool:
        """Show an experiment's runs, or no longer; whether that changes anything."""
        changed = (trial in self.unfolded) != unfold
        self.unfolded ^= {trial} if changed else set()
        return changed

    def _has(self, key: Key) -> bool:
        return key.kind == "heading" or key in self.rows
