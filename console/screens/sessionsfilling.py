"""What fills the Sessions screen: its list, the rows in view, the preview, read as it is wanted."""

from asyncio import TimerHandle
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from console.latest import Latest
from console.panes.sessionbar import SessionsHeader
from console.panes.sessionpreview import PreviewPane
from console.panes.standing import stands
from console.screens.sessionsreading import SessionsReader
from console.view.sessionpreview import empty_lines, nothing_lines
from console.view.sessions import SHIPPED_HEADING, SessionsView
from engine.errors import DrifttyError
from sessions.listing import Key

if TYPE_CHECKING:
    from console.screens.sessions import SessionsScreen

PREVIEW_SECONDS = 0.03
"""After which what the cursor came to is read: its own frame comes first, and a held key reads some of
the rows that it passes."""


class Filling:
    """Reads for one screen what was asked for last, and shows it where it is still wanted."""

    def __init__(self, screen: "SessionsScreen", reader: SessionsReader) -> None:
        self._screen = screen
        self.reader = reader
        self.understood = True
        """Whether the filter as it stands could be read; where not, that is what the header says."""
        self._lists: Latest[None] = Latest(self._list, self._begin)
        self._rows: Latest[Sequence[Key]] = Latest(self._read_rows, self._begin)
        self._previews: Latest[Key] = Latest(self._preview, self._begin)
        self._stamp: tuple[int, ...] = ()
        self._moved: TimerHandle | None = None

    @property
    def idle(self) -> bool:
        """Whether everything that was asked for has been read and shown."""
        works = (self._lists, self._rows, self._previews)
        return self._moved is None and not any(one.busy for one in works)

    def list(self) -> None:
        """Read the list anew."""
        self._lists.ask(None)

    def look(self) -> None:
        """Read it anew if anything was recorded since."""
        if self.reader.stamp() != self._stamp:
            self.list()

    def rows(self, keys: Sequence[Key]) -> None:
        """Read what rows say."""
        self._rows.ask(keys)

    def preview_soon(self) -> None:
        """Preview what the cursor is on in a moment, whatever that is by then."""
        if self._moved is None:
            self._moved = self._screen.console.later(PREVIEW_SECONDS, self._came)

    def preview(self) -> None:
        """Have what the cursor is on read and shown."""
        view = self._view
        key = view.current
        preview = self._screen.query_one(PreviewPane)
        if view.empty:
            preview.preview(None, empty_lines())
            if key is None or key == SHIPPED_HEADING:
                return
        if key is None:
            asked, trash = bool(view.typed), view.query.trash
            preview.preview(None, nothing_lines(asked=asked, trash=trash))
            return
        self._previews.ask(key)

    @property
    def _view(self) -> SessionsView:
        return self._screen.view

    @property
    def _header(self) -> SessionsHeader:
        return self._screen.query_one(SessionsHeader)

    def _came(self) -> None:
        self._moved = None
        if stands(self._screen):
            self.preview()

    async def _list(self, _: None) -> None:
        screen, view = self._screen, self._view
        if not stands(screen):
            return
        self._stamp = self.reader.stamp()
        header = self._header
        asked = view.query, view.order

        def progress(done: int, of: int) -> None:
            if of > 200 and screen.app.is_running:
                screen.app.call_from_thread(header.say, f"reading new sessions: {done} of {of}")

        try:
            own, shipped = await self.reader.listed(
                view.query, view.order, sorted(view.unfolded), progress
            )
        except DrifttyError as error:
            view.loaded = True
            if stands(screen):
                header.say(str(error), "bad")
            return
        if asked != (view.query, view.order) or not stands(screen):
            return  # something else is asked for by now, and comes next
        if self.understood:
            header.say("")
        view.listed(own, shipped)
        table = screen.table
        self.rows(view.keys[table.scroll_offset.y :][: table.size.height])
        screen.sync()
        table.reveal()
        self.preview()

    async def _read_rows(self, keys: Sequence[Key]) -> None:
        try:
            rows = await self.reader.rows(keys)
        except DrifttyError as error:
            if stands(self._screen):
                self._header.say(str(error), "bad")
            return
        if stands(self._screen):
            view = self._view
            before = view.rows.get(view.current or SHIPPED_HEADING)
            view.fill(keys, rows)
            self._screen.sync()
            if view.rows.get(view.current or SHIPPED_HEADING) != before:
                self.preview()

    async def _preview(self, key: Key) -> None:
        lines = await self.reader.preview(key, self._view.rows.get(key))
        wanted = not self._previews.waiting and key == self._view.current
        if wanted and stands(self._screen):
            self._screen.query_one(PreviewPane).preview(key, lines)

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        self._screen.run_worker(work, group="sessions")
