"""What a person does with sessions in the list: tags, notes, the trash, files."""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
from rich.text import Text

from console.safe import clean_line
from console.screens.dialog import Ask, Confirm
from console.screens.sessionsexport import ExportDialog, Wanted
from engine.errors import DrifttyError
from engine.figures import number
from sessions.shelf import Shelf
from sessions.summary import Summary

if TYPE_CHECKING:
    from console.screens.sessions import SessionsScreen

ASKED_FROM = 10
"""So many sessions are not put into the trash without a question."""


class AskText(Ask):
    """One line of text, of which an empty one is an answer too."""

    def action_accept(self) -> None:
        """Take the line as it is."""
        from textual.widgets import Input

        self.dismiss(self.query_one(Input).value.strip())


class Keeping:
    """Actions of the Sessions screen on what is kept."""

    _deleted: Sequence[str] = ()
    """What was put into the trash last."""

    @property
    def _screen(self) -> "SessionsScreen":
        return cast("SessionsScreen", self)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense now."""
        if action in ("pane", "maximise", "restore", "search", "hit"):
            return False  # keys of panes in a lattice, which this screen is not
        if action == "undo":
            return bool(self._deleted) or self._screen.view.query.trash
        if action == "delete":
            return not self._screen.view.query.trash
        return True

    def action_tag(self) -> None:
        """Ask for the tags of what is marked or under the cursor."""
        self._do(self._tag())

    def action_note(self) -> None:
        """Ask for the note of the session under the cursor."""
        self._do(self._note())

    def action_export(self) -> None:
        """Ask for a format and a file, and write the session there."""
        self._do(self._export())

    def action_delete(self) -> None:
        """Put what is marked or under the cursor into the trash."""
        self._do(self._delete())

    def action_undo(self) -> None:
        """Bring back what was deleted last; in the trash, what is marked or under the cursor."""
        self._do(self._undo())

    def action_trash(self) -> None:
        """Show what is in the trash, or no longer."""
        view = self._screen.view
        view.query = msgspec.structs.replace(view.query, trash=not view.query.trash)
        view.marks.clear()
        self._screen.refresh_bindings()
        self._screen.relist()

    def compare(self) -> None:
        """Show the two marked sessions side by side."""
        self._do(self._compare())

    async def _compare(self) -> None:
        keys = self._screen.view.chosen()
        rows = await self._screen.reader.rows(keys)
        ids = [row.id for key in keys if isinstance(row := rows.get(key), Summary)]
        if len(ids) == 2:
            self._screen.console.open_comparison(ids[0], ids[1])
        else:
            self._tell("Two sessions can be compared, and no experiments; unfold one for its runs.")

    async def _tag(self) -> None:
        from console.baselines import read_tags

        ids = await self._ids()
        if not ids:
            return
        row = self._summary()
        before = row.tags if row is not None and len(ids) == 1 else ()
        hint = "Words with blanks between." if len(ids) == 1 else f"Added to all {len(ids)}."
        said = await self._screen.app.push_screen_wait(AskText("Tags", hint, " ".join(before)))
        if said is None:
            return
        words = said.lower().replace(",", " ").split()
        # What it has already is no matter for a rule about what may be given.
        given = read_tags(word for word in words if word not in before)
        gone = [tag for tag in before if tag not in words]

        def change(shelf: Shelf) -> None:
            for one in ids:
                shelf.untag(one, gone)
                shelf.tag(one, given)

        await self._change(change)

    async def _note(self) -> None:
        row = self._summary()
        ids = await self._ids(only_current=True)
        if row is None or not ids:
            return
        said = await self._screen.app.push_screen_wait(
            AskText("Note", "For yourself; an empty one takes it away.", clean_line(row.note))
        )
        if said is not None:
            await self._change(lambda shelf: shelf.annotate(ids[0], said))

    async def _export(self) -> None:
        row = self._summary()
        if row is None:
            self._tell("An experiment is written by `driftty report`; unfold it for single runs.")
            return
        wanted = await self._screen.app.push_screen_wait(ExportDialog(row))
        if wanted is not None:
            self._tell(await write(row.id, wanted))

    async def _delete(self) -> None:
        ids = await self._ids()
        if not ids:
            return
        trials = [key for key in self._screen.view.chosen() if key.kind == "trial"]
        if trials or len(ids) >= ASKED_FROM:
            stays = " What experiments counted stays." if trials else ""
            question = Text(f"Put {number(len(ids), 'recording')} into the trash?{stays}")
            yes = await self._screen.app.push_screen_wait(Confirm(question, "Into the trash"))
            if not yes:
                return
        await self._change(lambda shelf: shelf.delete(ids))
        self._deleted = ids
        self._screen.view.marks.clear()
        self._screen.refresh_bindings()
        them = "it" if len(ids) == 1 else "them"
        self._tell(f"{number(len(ids), 'session')} in the trash; u brings {them} back")

    async def _undo(self) -> None:
        trash = self._screen.view.query.trash
        ids = await self._ids() if trash else list(self._deleted)
        if ids:
            await self._change(lambda shelf: shelf.restore(ids))
            self._screen.view.marks.clear()
            self._tell(f"{number(len(ids), 'session')} back from the trash")
        if not trash:
            self._deleted = ()
        self._screen.refresh_bindings()

    async def _change(self, change: Callable[[Shelf], None]) -> None:
        await asyncio.to_thread(lambda: change(Shelf()))
        self._screen.relist()

    async def _ids(self, *, only_current: bool = False) -> list[str]:
        """The sessions meant, by their ids; says so where a shipped one is among them."""
        view = self._screen.view
        keys = [view.current] if only_current and view.current else view.chosen()
        if any(key.kind == "shipped" for key in keys):
            self._tell("It came with driftty and stays as it is; m writes a copy to a file.")
            return []
        return await self._screen.reader.ids(keys, view.query)

    def _summary(self) -> Summary | None:
        """The session under the cursor; none for an experiment."""
        view = self._screen.view
        row = view.rows.get(view.current) if view.current is not None else None
        return row if isinstance(row, Summary) else None

    def _tell(self, words: str) -> None:
        self._screen.app.notify(words, timeout=4, markup=False)

    def _do(self, work: Any) -> None:
        async def run() -> None:
            try:
                await work
            except DrifttyError as error:
                self._screen.console.complain(error)

        self._screen.run_worker(run(), group="keeping")


async def write(session: str, wanted: Wanted) -> str:
    """Write a session to a file; returns what to say of it. Raises `DrifttyError`."""
    from console.exporting import export

    made = await export(session, wanted.request)
    path = await asyncio.to_thread(_write, made.pieces, wanted)
    masked = f"; {number(len(made.secrets), 'secret')} masked" if made.secrets else ""
    return f"written to {path}{masked}"


def _write(pieces: Sequence[bytes], wanted: Wanted) -> Path:
    from console.exporting import destination

    path = Path(wanted.path).expanduser()
    if path.exists() and not wanted.over:
        raise DrifttyError(f"{path} is there already; choose another name, or to write over it.")
    with destination(str(path)) as file:
        file.writelines(pieces)
    return path
