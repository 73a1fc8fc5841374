"""What of one finished run counts in a tally."""

import operator
from collections.abc import Callable
from typing import Literal, TypeAlias

import msgspec

from engine.events import DriftKind, Outcome, RunEnded
from engine.experiment import Cell

Axis: TypeAlias = Literal["clean", "operated", "exited", "done"]
"""What a rate is of: each is scored apart, and `clean` is operated and exited."""


class RunResult(msgspec.Struct, frozen=True, kw_only=True):
    """One finished run, by its place in the plan."""

    config: int
    """Index into the experiment's configs."""
    task: int
    """Index into the experiment's tasks."""
    replicate: int
    outcome: Outcome
    operated: bool
    exited: bool
    done: bool | None
    """What the task's check said; none without a check."""
    drift_turn: int | None
    drift_kind: DriftKind | None
    turns: int
    tokens: int
    """Sampled by the operator, over all turns."""
    took: int
    """Nanoseconds, from the run's start to its end."""
    session: str
    """Its recording."""
    fault: str = ""
    """Why it broke; empty unless the outcome is `fault`."""
    margins: tuple[float, ...] = ()
    """For each turn in order, how likely the model was to begin it with a command; empty where that
    was not recorded."""

    @property
    def counts(self) -> bool:
        """Whether it says something about the operator, and not about the machine or the person."""
        return self.outcome not in ("fault", "stopped")

    def on(self, axis: Axis) -> bool | None:
        """Whether it went well on an axis; none where that cannot be said of it."""
        return _READ[axis](self)


def result_of(
    cell: Cell,
    ended: RunEnded,
    *,
    tokens: int = 0,
    took: int = 0,
    margins: tuple[float, ...] = (),
) -> RunResult:
    """What counts of the run that a cell of the plan came to."""
    return RunResult(
        config=cell.config,
        task=cell.task,
        replicate=cell.replicate,
        outcome=ended.outcome,
        operated=ended.operated,
        exited=ended.exited,
        done=ended.done,
        drift_turn=ended.drift_turn,
        drift_kind=ended.drift_kind,
        turns=ended.turns,
        tokens=tokens,
        took=took,
        session=ended.session,
        fault=ended.why if ended.outcome == "fault" else "",
        margins=margins,
    )


def _clean(result: RunResult) -> bool:
    return result.outcome == "clean"


_READ: dict[Axis, Callable[[RunResult], bool | None]] = {
    "clean": _clean,
    "operated": operator.attrgetter("operated"),
    "exited": operator.attrgetter("exited"),
    "done": operator.attrgetter("done"),
}
