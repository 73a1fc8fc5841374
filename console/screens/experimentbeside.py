"""What the Experiment screen has worked out beside the drawing: news of another process, the effects of
elements, and how often rounding changed a token.
"""

import asyncio
import time
from typing import TYPE_CHECKING, cast

from console.diverging import Diverging
from console.experiment.board import Board
from console.experiment.effects import Effects, measure, question
from console.experiment.making import inexact
from console.experiment.shelved import Shelved
from console.panes.experimentplots import EffectsPane
from console.panes.standing import stands
from engine.errors import StoreError

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.experiment import ExperimentScreen

EFFECTS_SECONDS = 4.0
"""Between two measurements of effects while runs come in; one takes up to a second or two."""
DIVERGENCE_SECONDS = 5.0
"""Between two looks at what was measured of rounding, while more of it may be."""


class Beside:
    """Work of one screen, each kind of it once at a time."""

    def __init__(self, screen: "ExperimentScreen") -> None:
        self._screen = screen
        self._unreadable = False
        """Whether the store could not be read any more; that is said once."""
        self.forget()

    def forget(self) -> None:
        """What was worked out is of another board."""
        self._measured = -EFFECTS_SECONDS
        self._read = -DIVERGENCE_SECONDS
        self._read_at_rest = -1
        """The board's tally, by its version, whose rounding was read when no run was under way."""

    def follow(self) -> None:
        """Ask the store what another process did, where the last answer is in."""
        idle = self._screen.is_current and not self._unreadable and not self._busy("follow")
        if idle and isinstance(self._screen.watched, Shelved):
            self._screen.run_worker(self._follow(self._screen.watched), group="follow")

    def measure_effects(self) -> None:
        """Have the effects measured where they are in view and no longer hold."""
        screen = self._screen
        stale = screen.query_one(EffectsPane).effects.version != screen.watched.tally.version
        if "effects" not in screen.boxes or not stale or self._busy("effects"):
            return
        if not screen.under_way or time.monotonic() - self._measured >= EFFECTS_SECONDS:
            self._measured = time.monotonic()
            screen.run_worker(self._measure(screen.board), group="effects")

    def read_divergence(self) -> None:
        """Have what was measured of rounding read, where there may be something new."""
        board, version = self._screen.board, self._screen.watched.tally.version
        due = time.monotonic() - self._read >= DIVERGENCE_SECONDS
        known = not self._screen.under_way and self._read_at_rest == version
        if known or not due or board.now.under_way or not inexact(board):
            return
        if not self._busy("divergence"):
            self._read = time.monotonic()
            self._read_at_rest = -1 if self._screen.under_way else version
            self._screen.run_worker(self._divergence(board), group="divergence")

    async def _follow(self, watched: Shelved) -> None:
        try:
            await watched.catch_up()
        except StoreError as error:
            self._unreadable = True
            self._app.complain(error)

    async def _measure(self, board: Board) -> None:
        asked = question(board)
        if isinstance(asked, str):
            found = Effects(board.watched.tally.version, why=asked)
        else:
            found = await asyncio.to_thread(measure, asked)
        if board is self._screen.board and stands(self._screen):
            pane = self._screen.query_one(EffectsPane)
            pane.effects = found
            pane.sync()

    async def _divergence(self, board: Board) -> None:
        try:
            found = await asyncio.to_thread(Diverging().kept, board.results)
        except StoreError as error:
            self._app.complain(error)
            return
        before, board.divergence = board.divergence, found
        if found != before and board is self._screen.board and stands(self._screen):
            self._screen.sync()

    def _busy(self, group: str) -> bool:
        return any(worker.group == group for worker in self._screen.workers)

    @property
    def _app(self) -> "DrifttyApp":
        return cast("DrifttyApp", self._screen.app)
