"""The replicate engine: many runs at once, each whole, sharing one model's batch.

Every run has its own shell, scratch home and recording. Runs overlap so that the model's batch stays
full while shells work; the worker shares the prefix of equal seeds and lets rows join and leave.
What a run draws depends on its own seed, not on who runs beside it.
"""

import asyncio
from collections.abc import Callable, Iterator
from typing import Protocol

import msgspec

from engine.clock import SessionClock
from engine.drift.margin import RunMargins
from engine.events import AnyEvent, RunEnded, TokensSampled
from engine.experiment import Cell, Experiment, spec_of
from engine.model.protocol import Model
from engine.operator import Operator
from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.steering import Steering

TRIES = 2
"""A run that ends in a fault is tried once more; what the second try comes to counts."""


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What one cell came to."""

    cell: Cell
    ended: RunEnded
    tries: int
    tokens: int
    """Sampled by the operator, over all turns."""
    took: int
    """Nanoseconds, from the run's start to its end."""
    margins: tuple[float, ...] = ()
    """For each turn in order, how likely the model was to begin it with a command."""


class Journal(Protocol):
    """What the engine needs of the store."""

    def record(self, session: str, event: AnyEvent) -> None:
        """Take an event to be written; raises `StoreError` when nothing can be written any more."""
        ...

    async def room(self) -> None:
        """Wait until little is unwritten."""
        ...


class Replicator:
    """Runs cells, some at a time, until the plan has no more."""

    def __init__(
        self,
        experiment: Experiment,
        model: Model,
        journal: Journal,
        *,
        make_shell: Callable[[RunSpec], Shell],
        make_session: Callable[[], str],
        on_begun: Callable[[Cell, str], None],
        on_event: Callable[[Cell, AnyEvent], None],
        on_result: Callable[[Result], None],
        at_once: int,
    ) -> None:
        """`at_once`: how many runs go on together; `on_begun` gets each try's session id."""
        self._experiment = experiment
        self._model = model
        self._journal = journal
        self._make_shell = make_shell
        self._make_session = make_session
        self._on_begun = on_begun
        self._on_event = on_event
        self._on_result = on_result
        self._places = asyncio.Semaphore(at_once)
        self._going = asyncio.Event()
        self._going.set()

    def pause(self) -> None:
        """Begin no more runs; those under way go on to their end."""
        self._going.clear()

    def resume(self) -> None:
        """Begin runs again."""
        self._going.set()

    async def run(self, plan: Iterator[Cell]) -> None:
        """Run every cell of the plan, which is asked for the next one when there is a place for it.

        A plan may decide late what comes next, and end early. Cancelling stops the runs under way.
        Raises `StoreError` where results can no longer be recorded.
        """
        async with asyncio.TaskGroup() as group:
            while True:
                await self._going.wait()
                await self._places.acquire()
                await self._journal.room()
                cell = next(plan, None)
                if cell is None:
                    self._places.release()
                    return
                group.create_task(self._cell(cell), name=f"cell {cell}")

    async def _cell(self, cell: Cell) -> None:
        try:
            for tries in range(1, TRIES + 1):
                result = await self._once(cell, tries)
                if result.ended.outcome != "fault":
                    break
            self._on_result(result)
        finally:
            self._places.release()

    async def _once(self, cell: Cell, tries: int) -> Result:
        spec = spec_of(self._experiment, cell)
        session = self._make_session()
        clock = SessionClock()
        tokens, margins = 0, RunMargins()

        def emit(event: AnyEvent) -> None:
            nonlocal tokens
            if isinstance(event, TokensSampled):
                tokens += len(event.ids)
            margins.feed(event)
            self._journal.record(session, event)
            self._on_event(cell, event)

        self._on_begun(cell, session)
        operator = Operator(
            spec,
            self._model,
            self._make_shell(spec),
            Steering(spec.sampling),
            session=session,
            emit=emit,
            clock=clock,
            experiment=self._experiment.id,
        )
        ended = await operator.run()
        return Result(
            cell=cell,
            ended=ended,
            tries=tries,
            tokens=tokens,
            took=clock.now(),
            margins=margins.values,
        )
