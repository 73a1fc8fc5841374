"""A new experiment: a matrix of seeds and elements, tasks, numbers, and the plan they make."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, cast

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen

from console.estimate import estimate
from console.experiment.draft import Draft, Drafted
from console.experiment.numbers import change, typed, words_for
from console.keymap import Place, bindings
from console.panes.draftpanes import DraftPane, MatrixPane, NumbersPane, PlanPane, TasksPane
from console.panes.footer import Hints
from console.panes.frame import Frame
from console.panes.layout import FOOTER, HEADER, WIDE, Box
from console.panes.placing import draw_frame, put_in
from console.panes.titlebar import TitleBar
from console.screens.dialog import Ask
from console.view.line import Piece
from engine.errors import DrifttyError
from engine.run import RunSpec
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary, plain
from sessions.kept import Placement

if TYPE_CHECKING:
    from console.app import DrifttyApp

SECTIONS = ("matrix", "asked", "numbers", "planned")


class DraftScreen(Screen[Drafted | None]):
    """Four panes over one draft; it ends with what is to be run, or none."""

    BINDINGS = bindings("draft")
    AUTO_FOCUS = "#matrix"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "draft"

    def __init__(
        self, spec: RunSpec, seeds: SeedLibrary, tasks: TaskLibrary, placement: Placement
    ) -> None:
        """`spec`: what Operate has planned, to begin with; `placement`: where models run."""
        super().__init__()
        self.draft = Draft(spec, seeds, tasks)
        self._placement = placement
        self._boxes: dict[str, Box] = {}

    def compose(self) -> ComposeResult:
        """The four panes."""
        yield Frame()
        yield TitleBar(lambda: (Piece("new experiment", "heading"),))
        yield MatrixPane(self.draft)
        yield TasksPane(self.draft, id="asked")
        yield NumbersPane(self.draft, id="numbers")
        yield PlanPane(self.draft)
        yield Hints()

    @property
    def pane(self) -> DraftPane:
        """The pane with the focus."""
        if isinstance(self.focused, DraftPane):
            return self.focused
        return self.query_one(MatrixPane)

    def on_mount(self) -> None:
        """Find out how fast the model is."""
        self._estimate()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense where the focus is."""
        if action in ("factorial", "remove"):
            return isinstance(self.focused, MatrixPane)
        return not (action in ("switch", "add") and isinstance(self.focused, PlanPane))

    def on_rows_pane_retitled(self) -> None:
        """Draw the titles anew."""
        self._draw_frame()

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        width, height = self.size
        boxes = _boxes(width, height, len(self.draft.rows))
        for name, box in boxes.items():
            put_in(self.query_one(f"#{name}"), box)
        self._boxes = boxes
        self.call_after_refresh(self.sync)

    def sync(self) -> None:
        """Draw everything."""
        for pane in self.query(DraftPane):
            pane.sync()
        self._draw_frame()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for pane in self.query(DraftPane):
            pane.restyle()
        self._draw_frame()

    def on_descendant_focus(self) -> None:
        """Draw the focused pane's frame heavy."""
        self._draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.set_focus(self.query_one(f"#{event.pane}"))

    def on_draft_pane_pointed(self, event: DraftPane.Pointed) -> None:
        """A click switches."""
        self.action_switch()

    def on_draft_pane_moved(self, event: DraftPane.Moved) -> None:
        """The cursor to a neighbour; across, a number is changed."""
        pane = event.pane
        if event.across and isinstance(pane, NumbersPane):
            change(self.draft, pane.number, event.across)
            self._changed()
            return
        pane.move(event.across, event.down)
        pane.sync()

    def action_section(self, step: int) -> None:
        """The next section, or the one before."""
        at = SECTIONS.index(self.pane.id or SECTIONS[0])
        self.set_focus(self.query_one(f"#{SECTIONS[(at + step) % len(SECTIONS)]}"))

    def action_switch(self) -> None:
        """Switch what the cursor is on."""
        pane = self.pane
        if isinstance(pane, MatrixPane):
            if pane.element:
                self.draft.toggle(pane.row_at, pane.element)
            else:
                self.draft.take(pane.row_at)
        elif isinstance(pane, TasksPane):
            if pane.row_at == len(self.draft.tasks):
                self._go(self._own_words())
                return
            self.draft.chosen ^= {pane.row_at}
        elif isinstance(pane, NumbersPane):
            change(self.draft, pane.number, 1)
        self._changed()

    def action_add(self) -> None:
        """A second row of the seed; a number typed; a task in the person's own words."""
        pane = self.pane
        if isinstance(pane, MatrixPane):
            pane.row_at = self.draft.copy(pane.row_at)
            self._changed(rows=True)
        elif isinstance(pane, NumbersPane) and pane.number != "stop":
            self._go(self._type(pane.number))
        else:
            self.action_switch()

    def action_factorial(self) -> None:
        """All combinations of the row's elements, or a config again."""
        self.draft.cross_elements(self.query_one(MatrixPane).row_at)
        self._changed()

    def action_remove(self) -> None:
        """Take the row out."""
        pane = self.query_one(MatrixPane)
        pane.row_at = self.draft.remove(pane.row_at)
        self._changed(rows=True)

    def action_start(self) -> None:
        """Run it, where it can be."""
        try:
            drafted = self.draft.drafted(self._placement)
        except DrifttyError as error:
            self._app.complain(error)
            return
        self.dismiss(drafted)

    def action_back(self) -> None:
        """Start nothing."""
        self.dismiss(None)

    async def _own_words(self) -> None:
        said = await self._app.push_screen_wait(
            Ask("A task in your own words", "No check will say whether it got done.")
        )
        if said is not None:
            self.draft.ask(plain(said))
            self._changed()

    async def _type(self, number: str) -> None:
        title, hint, value = words_for(self.draft, number)
        said = await self._app.push_screen_wait(Ask(title, hint, value))
        if said is None:
            return
        try:
            await asyncio.to_thread(typed, self.draft, number, said)
        except DrifttyError as error:
            self._app.complain(error)
        self._changed()

    def _changed(self, *, rows: bool = False) -> None:
        if rows:
            self.on_resize(events.Resize(self.size, self.size))
        self.sync()
        self._estimate()

    def _estimate(self) -> None:
        self.query_one(PlanPane).estimated = None
        self.run_worker(self._work_it_out(), group="estimate", exclusive=True)

    async def _work_it_out(self) -> None:
        pane = self.query_one(PlanPane)
        try:
            drafted = self.draft.drafted(self._placement)
            pane.estimated = await asyncio.to_thread(
                estimate, drafted.experiment, until_decided=self.draft.until_decided
            )
        except DrifttyError:
            return  # The plan says what is wrong with it.
        pane.sync()

    def _draw_frame(self) -> None:
        draw_frame(self, self._boxes)

    def _go(self, work: Coroutine[Any, Any, None]) -> None:
        self.run_worker(work, group="draft")

    @property
    def _app(self) -> "DrifttyApp":
        return cast("DrifttyApp", self.app)


def _boxes(width: int, height: int, rows: int) -> dict[str, Box]:
    """Matrix over tasks at the left, numbers over the plan at the right; narrow, all stacked."""
    top, bottom, right = HEADER, height - FOOTER - 1, width - 1
    numbers = 9
    if width >= WIDE[0]:
        middle = round(right * 0.55)
        split = top + min(rows + 2, round((bottom - top) * 0.6))
        lower = top + numbers - 1
        return {
            "matrix": Box.spanning(0, top, middle, split),
            "asked": Box.spanning(0, split, middle, bottom),
            "numbers": Box.spanning(middle, top, right, lower),
            "planned": Box.spanning(middle, lower, right, bottom),
        }
    split = top + min(rows + 2, round((bottom - top) * 0.38))
    lower = split + min(numbers - 1, round((bottom - split) * 0.5))
    middle = round(right * 0.5)
    return {
        "matrix": Box.spanning(0, top, right, split),
        "asked": Box.spanning(0, split, middle, lower),
        "numbers": Box.spanning(middle, split, right, lower),
        "planned": Box.spanning(0, lower, right, bottom),
    }
