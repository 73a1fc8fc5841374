"""Many runs at once, with a scripted model and real shells."""

import asyncio
import itertools
from collections.abc import Iterator

import pytest

from engine.events import AnyEvent, FaultSeen, RunEnded, SessionStarted
from engine.experiment import Cell, Experiment, cells, run_seed
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.replicate import Replicator, Result
from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from tests.engine.test_experiment import experiment

pytestmark = pytest.mark.shell


class Journal:
    """Keeps what is recorded."""

    def __init__(self) -> None:
        self.events: dict[str, list[AnyEvent]] = {}

    def record(self, session: str, event: AnyEvent) -> None:
        self.events.setdefault(session, []).append(event)

    async def room(self) -> None:
        return


def shell(spec: RunSpec) -> Shell:
    return PtyShell(ShellSpec(files=spec.task.files, patience=spec.patience))


class Bench:
    """A replicator over a script, and what it told."""

    def __init__(self, script: Script, planned: Experiment, at_once: int = 4) -> None:
        self.journal = Journal()
        self.results: list[Result] = []
        self.under_way = 0
        self.most = 0
        self.changed = asyncio.Event()
        numbers = itertools.count()
        self.replicator = Replicator(
            planned,
            ScriptedModel(script),
            self.journal,
            make_shell=shell,
            make_session=lambda: f"s{next(numbers)}",
            on_begun=lambda cell, session: None,
            on_event=self._event,
            on_result=self.results.append,
            at_once=at_once,
        )

    async def until_under_way(self, count: int) -> None:
        while self.under_way != count:
            self.changed.clear()
            await self.changed.wait()

    def _event(self, cell: Cell, event: AnyEvent) -> None:
        if isinstance(event, SessionStarted):
            self.under_way += 1
            self.most = max(self.most, self.under_way)
        elif isinstance(event, RunEnded):
            self.under_way -= 1
        self.changed.set()


WELL = Script(
    completions=(ScriptedCompletion(text="hostname"), ScriptedCompletion(text="exit")), rows=8
)


async def test_every_cell_is_run_once_recorded_whole_and_never_more_at_once_than_allowed() -> None:
    planned = experiment(n=2)
    bench = Bench(WELL, planned, at_once=3)
    await bench.replicator.run(cells(planned))
    assert sorted(result.cell for result in bench.results) == sorted(cells(planned))
    assert {result.ended.outcome for result in bench.results} == {"clean"}
    assert bench.most == 3
    for events in bench.journal.events.values():
        assert isinstance(events[0], SessionStarted)
        assert isinstance(events[-1], RunEnded)


async def test_every_run_gets_the_dice_of_its_cell() -> None:
    planned = experiment(n=2)
    bench = Bench(WELL, planned)
    await bench.replicator.run(cells(planned))
    began = [events[0] for events in bench.journal.events.values()]
    drawn = sorted(event.spec.rng for event in began if isinstance(event, SessionStarted))
    assert drawn == sorted(run_seed(planned, cell) for cell in cells(planned))


async def test_a_fault_is_tried_once_more_and_then_counted_in_the_open() -> None:
    planned = experiment(n=1)
    broken = Script(completions=(ScriptedCompletion(text="x", fails="It broke."),), rows=8)
    bench = Bench(broken, planned)
    await bench.replicator.run(cells(planned))
    assert [(result.ended.outcome, result.tries) for result in bench.results] == [("fault", 2)] * 4
    faults = [e for events in bench.journal.events.values() for e in events]
    assert sum(isinstance(event, FaultSeen) for event in faults) == 8


async def test_a_plan_may_end_early_by_what_has_come_out() -> None:
    planned = experiment(n=50)
    bench = Bench(WELL, planned, at_once=2)

    def until_three() -> Iterator[Cell]:
        for cell in cells(planned):
            if len(bench.results) >= 3:
                return
            yield cell

    await bench.replicator.run(until_three())
    assert 3 <= len(bench.results) <= 5


async def test_pausing_begins_no_more_runs_and_resuming_goes_on() -> None:
    planned = experiment(n=3)
    bench = Bench(WELL, planned, at_once=1)
    running = asyncio.create_task(bench.replicator.run(cells(planned)))
    await bench.until_under_way(1)
    bench.replicator.pause()
    await bench.until_under_way(0)
    held = len(bench.results)
    assert held < len(list(cells(planned)))
    bench.replicator.resume()
    await running
    assert len(bench.results) == len(list(cells(planned)))


async def test_stopping_ends_the_runs_under_way_as_stopped() -> None:
    planned = experiment(n=5)
    hanging = Script(completions=(ScriptedCompletion(text="hostname", hangs_at=1),), rows=8)
    bench = Bench(hanging, planned, at_once=2)
    running = asyncio.create_task(bench.replicator.run(cells(planned)))
    await bench.until_under_way(2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    last = [events[-1] for events in bench.journal.events.values()]
    assert [event.outcome for event in last if isinstance(event, RunEnded)] == ["stopped"] * 2
