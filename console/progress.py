"""What one process has done of an experiment, and how long it may still take."""

import time
from collections.abc import Mapping

from console.experimentsnapshot import UnderWay
from engine.drift.result import RunResult
from engine.events import AnyEvent, RunEnded, TokensSampled, TurnStarted
from engine.experiment import Cell


class Clock:
    """Seconds in which runs were begun."""

    def __init__(self) -> None:
        self._before = 0.0
        self._since: float | None = None

    def go(self) -> None:
        """Count from now on."""
        self._since = time.monotonic() if self._since is None else self._since

    def stop(self) -> None:
        """Count no more."""
        self._before, self._since = self.seconds, None

    @property
    def seconds(self) -> float:
        """Counted so far."""
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)


class Progress:
    """What this process did of the experiment."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.under_way: dict[Cell, UnderWay] = {}
        self.finished = 0
        self.broken = 0
        self.repeated = 0
        self.tokens = 0
        self._in_a_row = 0
        self._took: dict[int, tuple[int, float]] = {}
        """By arm: runs, and their seconds."""

    def begun(self, cell: Cell, session: str) -> None:
        """A try of a cell began."""
        self.repeated += cell in self.under_way
        self.under_way[cell] = UnderWay(cell, session, 0)

    def event(self, cell: Cell, event: AnyEvent) -> None:
        """A run went on."""
        if isinstance(event, TokensSampled):
            self.tokens += len(event.ids)
        elif isinstance(event, TurnStarted):
            self.under_way[cell] = UnderWay(cell, self.under_way[cell].session, event.turn)
        elif isinstance(event, RunEnded) and event.outcome == "stopped":
            self.under_way.pop(cell, None)

    def ended(self, result: RunResult) -> int:
        """A cell is over, and not kept yet; returns how many broke since the last that did not."""
        self.under_way.pop(Cell(result.config, result.task, result.replicate), None)
        self._in_a_row = self._in_a_row + 1 if result.outcome == "fault" else 0
        return self._in_a_row

    def kept(self, result: RunResult) -> None:
        """A cell is over and kept."""
        self.finished += 1
        self.broken += result.outcome == "fault"
        runs, seconds = self._took.get(result.config, (0, 0.0))
        self._took[result.config] = (runs + 1, seconds + result.took / 1e9)

    def seconds_left(self, left: Mapping[int, int], at_once: int) -> float | None:
        """How long so many cells of each arm take, under way ones included; none before a result.

        By how long runs of the arm have taken here; where none has ended, of all.
        """
        if not self.finished:
            return None
        every = sum(seconds for _, seconds in self._took.values()) / self.finished
        work = 0.0
        for arm, cells in left.items():
            runs, seconds = self._took.get(arm, (0, 0.0))
            work += cells * (seconds / runs if runs else every)
        return work / max(1, min(at_once, sum(left.values())))
