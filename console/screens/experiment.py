"""The Experiment screen: one experiment, watched while it runs or looked at afterwards."""

import asyncio
import time

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.screen import Screen
from textual.timer import Timer

from console.experiment.board import Board
from console.experiment.effects import Effects, measure, question
from console.experiment.watched import Watched
from console.keymap import Place, bindings
from console.panes.experimentbars import ExperimentHeader, ProgressBar
from console.panes.experimentlayout import (
    BOARD_PANES,
    BoardLayout,
    BoardPaneName,
    arrange_board,
)
from console.panes.experimentpanes import ConfigsPane, RunsPane, VerdictsPane
from console.panes.experimentplots import EffectsPane, IntervalsPane, MarginPane, SurvivalPane
from console.panes.footer import Hints
from console.panes.frame import Frame, Label
from console.panes.placing import put_in, titles
from console.panes.rows import RowsPane
from console.screens.experimenting import Conducts

FRAME_SECONDS = 0.25
"""Between two looks at a running experiment: nobody reads a table faster."""
PLOT_SECONDS = 1.0
"""Between two drawings of plots and sentences while runs come in; of the table and grid, each look."""
EFFECTS_SECONDS = 4.0
"""Between two measurements of effects while runs come in; one takes up to a second or two."""


EVERY_LOOK: tuple[BoardPaneName, ...] = ("configs", "runs")
KEYS: list[BindingType] = [*bindings("panes"), *bindings("experiment")]


class ExperimentScreen(Conducts, Screen[None]):
    """Header, progress, panes over one board, key hints. It looks four times a second at most."""

    BINDINGS = KEYS
    AUTO_FOCUS = "#configs"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "experiment"

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self.board = Board(watched)
        self._layout_now = BoardLayout({})
        self._front: BoardPaneName = "runs"
        """Which of the panes that share a box is in front."""
        self._alone: BoardPaneName | None = None
        self._looking: Timer | None = None
        self._measured = -EFFECTS_SECONDS
        self._plotted = -PLOT_SECONDS

    def compose(self) -> ComposeResult:
        """Everything there ever is on this screen; nothing is mounted later."""
        yield Frame()
        yield ExperimentHeader(self.board)
        yield ProgressBar(self.board)
        yield ConfigsPane(self.board, id="configs")
        yield RunsPane(self.board)
        yield VerdictsPane(self.board, id="verdicts")
        yield IntervalsPane(self.board)
        yield SurvivalPane(self.board)
        yield EffectsPane(self.board)
        yield MarginPane(self.board)
        yield Hints(self.shorts)

    def on_mount(self) -> None:
        """Look now and then."""
        self._looking = self.set_interval(FRAME_SECONDS, self.look)

    @property
    def watched(self) -> Watched:
        """What is looked at."""
        return self.board.watched

    def watch_another(self, watched: Watched) -> None:
        """Look at the same experiment as it goes on, or as it lies in the store."""
        chosen, self.board = self.board.chosen, Board(watched)
        self.board.choose(chosen)
        for pane in self._panes():
            pane.board = self.board  # type: ignore[attr-defined]  # every pane here has one
        self.query_one(ExperimentHeader).board = self.board
        self.query_one(ProgressBar).board = self.board
        self.query_one(EffectsPane).effects = Effects()
        self._measured = -EFFECTS_SECONDS
        self.lay_out()
        self.refresh_bindings()

    def look(self) -> None:
        """Take in how it stands and draw what changed; called at most a few times a second."""
        if not self.is_current:
            return
        before = self.board.now.state
        changed = self.board.look()
        due = time.monotonic() - self._plotted >= PLOT_SECONDS or not self._under_way
        if changed or due:
            self.sync(plots=due)
        if self.board.now.state != before:
            self.refresh_bindings()
        self._measure_effects()

    def sync(self, *, plots: bool = True) -> None:
        """Draw what changed; `plots`: the slower panes too."""
        self.query_one(ExperimentHeader).refresh()
        self.query_one(ProgressBar).refresh()
        for name in self._layout_now.boxes:
            if plots or name in EVERY_LOOK:
                self.pane(name).sync()
        if plots:
            self._plotted = time.monotonic()

    def restyle(self) -> None:
        """Draw everything in another theme."""
        for pane in self._panes():
            pane.restyle()
        self._draw_frame()
        for widget in (ExperimentHeader, ProgressBar, Hints):
            self.query_one(widget).refresh()

    def pane(self, name: BoardPaneName) -> RowsPane:
        """A pane by its name."""
        return self.query_one(f"#{name}", RowsPane)

    def show_pane(self, name: str) -> None:
        """Bring a pane to sight and give it the focus."""
        pane = self.query_one(f"#{name}", RowsPane)
        pane.display = True  # a pane that is not displayed cannot take the focus
        self.set_focus(pane)

    def lay_out(self) -> None:
        """Place the panes for the screen's size, the focus and what is maximised."""
        width, height = self.size
        self._layout_now = arrange_board(
            width,
            height,
            len(self.board.marks),
            self._front,
            self._alone,
            effects=self.board.varied,
        )
        for name in BOARD_PANES:
            box = self._layout_now.boxes.get(name)
            pane = self.pane(name)
            pane.display = box is not None
            if box is not None:
                put_in(pane, box)
        self._draw_frame()
        self.call_after_refresh(self._placed)

    def maximise(self, name: BoardPaneName | None) -> None:
        """Show one pane alone, or all again."""
        self._alone = name
        self.lay_out()

    @property
    def maximised(self) -> BoardPaneName | None:
        """The pane that is shown alone."""
        return self._alone

    @property
    def focused_name(self) -> BoardPaneName:
        """The pane with the focus; the configs where none has."""
        return _name(self.focused) or "configs"

    def on_resize(self, event: events.Resize) -> None:
        """Place the panes anew."""
        self.lay_out()

    def on_screen_resume(self) -> None:
        """Look at once: time has passed."""
        self.look()
        self.sync()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the focused pane to the front, and draw its frame heavy."""
        name = _name(event.widget)
        if name is None:
            return
        in_front = name not in self._layout_now.boxes
        if name in self._layout_now.tabs:
            self._front = name
        if self._alone is not None:
            in_front, self._alone = self._alone != name, name
        if in_front:
            self.lay_out()
        else:
            self._draw_frame()

    def on_rows_pane_retitled(self) -> None:
        """Draw a pane's title anew."""
        self._draw_frame()

    def on_frame_asked(self, event: Frame.Asked) -> None:
        """Focus the pane whose title was clicked."""
        self.show_pane(event.pane)

    def on_configs_pane_chose(self, event: ConfigsPane.Chose) -> None:
        """Bring a config out in every pane."""
        self._choose(event.config)

    def on_runs_pane_moved(self, event: RunsPane.Moved) -> None:
        """The config whose run the cursor is on is the chosen one."""
        self._choose(event.cell.config)

    def _choose(self, config: int) -> None:
        if self.board.choose(config):
            self.sync()
            self.query_one(ConfigsPane).show_chosen()
            self.refresh_bindings()

    def _placed(self) -> None:
        """The panes have their size: fill them."""
        self.sync()
        self._measure_effects()

    def _measure_effects(self) -> None:
        """Have the effects measured where they are in view and no longer hold."""
        pane = self.query_one(EffectsPane)
        stale = pane.effects.version != self.watched.tally.version
        due = time.monotonic() - self._measured >= EFFECTS_SECONDS
        measuring = any(worker.group == "effects" for worker in self.workers)
        if "effects" not in self._layout_now.boxes or measuring or not stale:
            return
        if due or not self._under_way:
            self._measured = time.monotonic()
            self.run_worker(self._measure(), group="effects")

    async def _measure(self) -> None:
        asked = question(self.board)
        board = self.board
        if isinstance(asked, str):
            found = Effects(board.watched.tally.version, why=asked)
        else:
            found = await asyncio.to_thread(measure, asked)
        if board is self.board:
            pane = self.query_one(EffectsPane)
            pane.effects = found
            pane.sync()

    @property
    def _under_way(self) -> bool:
        return self.board.now.state in ("loading", "running", "paused", "ending")

    def _panes(self) -> list[RowsPane]:
        return [self.pane(name) for name in BOARD_PANES]

    def _draw_frame(self) -> None:
        boxes = self._layout_now.boxes
        labels: list[Label] = []
        for name, box in boxes.items():
            tabs = self._layout_now.tabs if name in self._layout_now.tabs else ()
            labels += titles(box, self.pane(name), [self.pane(each) for each in tabs])
        focused = _name(self.focused)
        heavy = boxes.get(focused) if focused else None
        if boxes:
            self.query_one(Frame).draw(list(boxes.values()), heavy, labels)


def _name(widget: object) -> BoardPaneName | None:
    return next((name for name in BOARD_PANES if name == getattr(widget, "id", None)), None)
