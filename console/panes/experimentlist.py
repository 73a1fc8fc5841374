"""The list of experiments, and the preview of the one that is chosen."""

from collections.abc import Collection, Mapping, Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from console.experiment.board import Board
from console.experiment.configtable import config_table
from console.experiment.listing import listed
from console.experiment.telling import told
from console.keymap import bindings
from console.panes.strips import on
from console.panes.text import TextPane
from console.view.line import Line, Piece, line
from sessions.kept import Outline


class ListPane(TextPane):
    """One line for each experiment; its heading stays."""

    NAME = "EXPERIMENTS"
    BINDINGS = bindings("configs")
    HELP = """\
Every experiment that is kept, the newest first. Each is a plan of runs (configs × tasks × n) and what
they came to; one that was stopped can go on with what is missing, after a power cut too.
"""

    class Chose(Message):
        """The cursor came to another."""

    class Opened(Message):
        """A person wants to look at the chosen one."""

    def __init__(self) -> None:
        super().__init__(id="experiments")
        self.following = False
        self.cursor = 0
        self._outlines: Sequence[Outline] = ()
        self._verdicts: Mapping[str, str] = {}
        self._at_work = ""
        self._over: Collection[str] = ()

    def offer(
        self,
        outlines: Sequence[Outline],
        verdicts: Mapping[str, str],
        at_work: str,
        over: Collection[str],
    ) -> None:
        """Show these, as `listed` takes them."""
        self._outlines, self._verdicts, self._at_work = outlines, verdicts, at_work
        self._over = over
        self.cursor = min(self.cursor, max(len(outlines) - 1, 0))
        self.sync()

    def sync(self) -> None:
        """Draw the list."""
        self.show(
            listed(
                self._outlines,
                self._verdicts,
                self._at_work,
                self.cursor,
                self.width,
                self._over,
            )
        )

    def render_line(self, y: int) -> Strip:
        """The heading in the first row, however far it is scrolled."""
        if y or not self.scroll_offset.y or not self._outlines:
            return super().render_line(y)
        return on(self.row(0), self.size.width, self.rich_style)

    def on_click(self, event: events.Click) -> None:
        """The cursor to the row under the pointer; on the cursor's own, open it."""
        row = event.y + self.scroll_offset.y - 1
        if event.y and row < len(self._outlines):
            if row == self.cursor:
                self.post_message(self.Opened())
            else:
                self.action_choose(row - self.cursor)

    def action_choose(self, step: int) -> None:
        """The next one or the one before."""
        self.cursor = min(max(self.cursor + step, 0), max(len(self._outlines) - 1, 0))
        row, top, height = self.cursor + 1, self.scroll_offset.y, self.size.height
        if row < top + 1:
            self.scroll_to(y=row - 1, animate=False)
        elif row >= top + height:
            self.scroll_to(y=row - height + 1, animate=False)
        self.post_message(self.Chose())


class PreviewPane(TextPane):
    """The configs of an experiment and what may be concluded of them."""

    NAME = "WHAT IT CAME TO"
    HELP = """\
The configs of the chosen experiment, and what may be concluded of them. Enter shows all of it.
"""

    def __init__(self) -> None:
        super().__init__(id="preview")
        self.following = False
        self._board: Board | None = None

    def preview(self, board: Board | None) -> None:
        """Show this one; none while it is being read, or where there is none."""
        self._board = board
        self.sync()

    def sync(self) -> None:
        """Draw it."""
        board = self._board
        if board is None:
            self.show([])
            return
        names = ", ".join(task.name or task.text for task in board.experiment.tasks)
        found: list[Line] = [*config_table(board, self.width), line("")]
        found.append(line(("tasks  ", "faint"), (names, "text"), indent=7))
        self.subtitle = (Piece(f"{board.experiment.id}", "subtitle"),)
        self.show([*found, line(""), *told(board)])
