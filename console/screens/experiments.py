"""The experiments there are: which, how far, and what may be concluded of each."""

import asyncio
from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from console.experiment.board import Board
from console.experiment.listing import summary
from console.experiment.shelved import Shelved
from console.experiment.telling import in_short
from console.keymap import Place, bindings
from console.panes.experimentlist import ListPane, PreviewPane
from console.panes.footer import Hints
from console.panes.frame import Frame
from console.panes.layout import FOOTER, HEADER, Box
from console.panes.placing import draw_frame, put_in
from console.panes.standing import stands
from console.panes.titlebar import TitleBar
from console.view.line import Piece
from engine.errors import DrifttyError
from sessions.kept import Outline

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.experimentdesk import ExperimentDesk

PREVIEWED = 20
"""Rows of a screen from which on there is room for a preview."""
LISTED = 6
"""Rows of the list's box, at least."""
ASK_SECONDS = 2.0
"""Between two looks at the list: other processes begin experiments too, and go on with them."""


class ExperimentsScreen(Screen[None]):
    """A list, and beneath it what the chosen one came to."""

    BINDINGS = bindings("experiments")
    AUTO_FOCUS = "#experiments"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "experiments"

    def __init__(self, desk: "ExperimentDesk") -> None:
        super().__init__()
        self._desk = desk
        self._outlines: list[Outline] = []
        self._boards: dict[str, tuple[Outline, Board]] = {}
        """Those that were read, by id, with the outline they were read for."""

    def compose(self) -> ComposeResult:
        """The list over the preview."""
        yield Frame()
        yield TitleBar(
            lambda: (Piece("experiments", "heading"),),
            lambda: (Piece(summary(self._outlines), "faint"),),
        )
        yield ListPane()
        yield PreviewPane()
        yield Hints()

    def on_mount(self) -> None:
        """Ask again and again."""
        self.set_interval(ASK_SECONDS, self._ask_again)

    def on_screen_resume(self) -> None:
        """Ask anew: time has passed."""
        self.ask()

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self._place()

    def ask(self) -> None:
        """Read the list from the store, then what each came to."""
        self.run_worker(self._ask(), group="list", exclusive=True)

    def sync(self) -> None:
        """Draw what is known."""
        if not stands(self):
            return
        pane = self.query_one(ListPane)
        verdicts = {id_: in_short(board) for id_, (_, board) in self._boards.items()}
        pane.offer(self._outlines, verdicts, self._desk.laboratory.at_work, self._over)
        chosen = self._chosen
        found = self._boards.get(chosen.id) if chosen else None
        self.query_one(PreviewPane).preview(found[1] if found else None)
        self.query_one(TitleBar).refresh()
        self._draw_frame()
        self.refresh_bindings()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        self.query_one(ListPane).restyle()
        self.query_one(PreviewPane).restyle()
        self._draw_frame()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense for the chosen one."""
        if not stands(self) or action not in ("open", "go_on", "report"):
            return True
        chosen = self._chosen
        if chosen is None:
            return False
        if action == "go_on":
            free = not self._desk.laboratory.at_work and not chosen.process
            return free and chosen.runs < chosen.planned and chosen.id not in self._over
        return True

    def on_list_pane_chose(self) -> None:
        """Preview the chosen one."""
        self.sync()

    def on_list_pane_opened(self) -> None:
        """Look at the chosen one."""
        self.action_open()

    def on_rows_pane_retitled(self) -> None:
        """Draw the titles anew."""
        self._draw_frame()

    def on_descendant_focus(self) -> None:
        """Draw the focused pane's frame heavy."""
        self._draw_frame()

    def action_open(self) -> None:
        """Look at the chosen one."""
        if self._chosen is not None:
            self._desk.watch(self._chosen.id)

    def action_new(self) -> None:
        """A new one."""
        self._desk.new()

    def action_go_on(self) -> None:
        """Run what is missing."""
        if self._chosen is not None:
            self._desk.go_on(self._chosen.id)

    def action_report(self) -> None:
        """Write its report."""
        if self._chosen is not None:
            self._desk.report(self._chosen.id)

    def action_back(self) -> None:
        """Back to where one was."""
        self.dismiss(None)

    @property
    def _over(self) -> frozenset[str]:
        return frozenset(
            id_ for id_, (_, board) in self._boards.items() if board.now.state == "over"
        )

    @property
    def _chosen(self) -> Outline | None:
        at = self.query_one(ListPane).cursor
        return self._outlines[at] if at < len(self._outlines) else None

    async def _ask(self) -> None:
        laboratory = self._desk.laboratory
        try:
            before, self._outlines = self._outlines, await laboratory.outlines()
            if len(before) == len(self._outlines):
                self.sync()
            else:
                self._place()
            for outline in self._outlines:
                running = laboratory.running
                known = self._boards.get(outline.id)
                if running is not None and running.experiment.id == outline.id:
                    self._boards[outline.id] = (outline, Board(running))
                elif known is not None and known[0] == outline:
                    continue
                elif known is not None and isinstance(shelved := known[1].watched, Shelved):
                    await shelved.catch_up()
                    known[1].look()
                    self._boards[outline.id] = (outline, known[1])
                else:
                    shelved = await laboratory.shelved(outline.id)
                    board = await asyncio.to_thread(Board, shelved)
                    self._boards[outline.id] = (outline, board)
                self.sync()
        except DrifttyError as error:
            cast("DrifttyApp", self.app).complain(error)

    def _ask_again(self) -> None:
        asking = any(each.group == "list" for each in self.workers)
        if self.is_current and not asking:
            self.ask()

    def _place(self) -> None:
        for name, box in self._boxes.items():
            put_in(self.query_one(f"#{name}"), box)
        self.query_one(PreviewPane).display = "preview" in self._boxes
        self.call_after_refresh(self.sync)

    @property
    def _boxes(self) -> dict[str, Box]:
        width, height = self.size
        top, bottom, right = HEADER, height - FOOTER - 1, width - 1
        if height < PREVIEWED or not self._outlines:
            return {"experiments": Box.spanning(0, top, right, bottom)}
        split = top + min(max(len(self._outlines) + 2, LISTED), round((bottom - top) * 0.45))
        return {
            "experiments": Box.spanning(0, top, right, split),
            "preview": Box.spanning(0, split, right, bottom),
        }

    def _draw_frame(self) -> None:
        draw_frame(self, self._boxes)
