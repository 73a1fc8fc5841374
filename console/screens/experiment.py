"""The Experiment screen: one experiment, watched while it runs or looked at afterwards."""

import time

from textual.app import ComposeResult
from textual.binding import BindingType

from console.experiment.board import Board
from console.experiment.effects import Effects
from console.experiment.watched import Watched
from console.keymap import Place, bindings
from console.panes.experimentbars import ExperimentHeader, ProgressBar
from console.panes.experimentlayout import BoardPaneName
from console.panes.experimentpanes import ConfigsPane, RunsPane, VerdictsPane
from console.panes.experimentplots import EffectsPane, IntervalsPane, MarginPane, SurvivalPane
from console.panes.footer import Hints
from console.panes.frame import Frame
from console.screens.board import BoardScreen
from console.screens.experimentbeside import Beside
from console.screens.experimenting import Conducts

FRAME_SECONDS = 0.25
"""Between two looks at a running experiment: nobody reads a table faster."""
FOLLOW_SECONDS = 1.0
"""Between two looks into the store for what another process did."""
PLOT_SECONDS = 1.0
"""Between two drawings of plots and sentences while runs come in; of the table and grid, each look."""
EVERY_LOOK: tuple[BoardPaneName, ...] = ("configs", "runs")
KEYS: list[BindingType] = [*bindings("panes"), *bindings("experiment")]


class ExperimentScreen(Conducts, BoardScreen):
    """Header, progress, panes over one board, key hints. It looks four times a second at most."""

    BINDINGS = KEYS
    AUTO_FOCUS = "#configs"
    ESCAPE_TO_MINIMIZE = False
    PLACE: Place = "experiment"

    def __init__(self, watched: Watched) -> None:
        super().__init__(Board(watched))
        self._beside = Beside(self)
        self._plotted = -PLOT_SECONDS
        self._behind = False
        """Whether the plots are those of an earlier look."""

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
        self.set_interval(FRAME_SECONDS, self.look)
        self.set_interval(FOLLOW_SECONDS, self._beside.follow)

    @property
    def watched(self) -> Watched:
        """What is looked at."""
        return self.board.watched

    def watch_another(self, watched: Watched) -> None:
        """Look at the same experiment as it goes on, or as it lies in the store."""
        chosen, self.board = self.board.chosen, Board(watched)
        self.board.choose(chosen)
        for pane in self.panes:
            pane.board = self.board  # type: ignore[attr-defined]  # every pane here has one
        self.query_one(ExperimentHeader).board = self.board
        self.query_one(ProgressBar).board = self.board
        self.query_one(EffectsPane).effects = Effects()
        self._beside.forget()
        self.lay_out()
        self.refresh_bindings()

    def look(self) -> None:
        """Take in how it stands and draw what changed; called at most a few times a second."""
        if not self.is_current:
            return
        before = self.board.now
        changed = self.board.look()
        due = time.monotonic() - self._plotted >= PLOT_SECONDS or not self.under_way
        self._behind |= changed
        if changed or (due and self._behind):
            self.sync(plots=due)
        if (self.board.now.state, self.board.now.elsewhere) != (before.state, before.elsewhere):
            self.refresh_bindings()
        if self.board.now.planned != before.planned:
            self.lay_out()
        self._beside.measure_effects()
        self._beside.read_divergence()

    def sync(self, *, plots: bool = True) -> None:
        """Draw what changed; `plots`: the slower panes too."""
        self.query_one(ExperimentHeader).refresh()
        self.query_one(ProgressBar).refresh()
        for name in self.boxes:
            if plots or name in EVERY_LOOK:
                self.pane(name).sync()
        if plots:
            self._plotted, self._behind = time.monotonic(), False

    def restyle(self) -> None:
        """Draw everything in another theme."""
        super().restyle()
        for widget in (ExperimentHeader, ProgressBar):
            self.query_one(widget).refresh()

    def on_screen_resume(self) -> None:
        """Look at once: time has passed."""
        self.look()
        self.sync()

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

    def placed(self) -> None:
        """The panes have their size: fill them."""
        self.sync()
        self._beside.measure_effects()

    @property
    def under_way(self) -> bool:
        """Whether runs may still come in."""
        return self.board.now.state in ("loading", "running", "paused", "ending")
