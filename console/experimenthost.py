"""The process around an experiment: models, recorder and status socket, opened and closed as one."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import psutil

from console.cli.options import ModelChoice
from console.diverging import Diverging
from console.experimenting import Experimenting, Recording
from console.models import DEMO, Models, OwnModels
from console.shells import replicate_shell_for
from console.snapshot import Snapshot
from console.status import StatusServer
from engine.model.supervisor import WorkerStatus
from engine.shell.sandbox.choose import choose
from sessions.experiments import Experiments
from sessions.ids import new_id
from sessions.kept import Kept
from sessions.recorder import Recorder

__all__ = ["DEMO", "SharedOpening", "open_experiment", "places", "running_on"]

DEMO_PACE = 0.05
"""The script types at a person's pace, which nobody wants to watch a hundred times."""
SHELLS_A_CORE = 32
"""They mostly wait; more of them than this, and their starting and ending holds up the model."""
RACING = 4
"""Runs of each config under way in a race: what is begun before it is decided saves nothing. Four take
a quarter of the time of one and save nearly as much, see `tests/bench/race.py`."""
RUN_BYTES = 64 * 1024 * 1024
"""Memory that is left for one run's shell and what it starts."""


def places(rows: int, cores: int, memory: int) -> int:
    """How many runs go on together, from the model's rows, the cores and the free memory in bytes.

    Half as many again as there are rows, so that the batch stays full while shells work.
    """
    return max(1, min(rows + rows // 2, cores * SHELLS_A_CORE, memory // RUN_BYTES))


def places_here(kept: Kept, rows: int) -> int:
    """How many runs of an experiment go on together on this machine, as it is now."""
    fitting = places(rows, os.cpu_count() or 1, psutil.virtual_memory().available)
    if kept.placement.until_decided:
        fitting = min(fitting, RACING * len(kept.experiment.configs))
    return fitting


class SharedOpening:
    """Opens experiments in the console, on its model and its recorder, beside what runs there.

    One row of the model is left for the run that a person watches.
    """

    def __init__(self, models: Models, recording: Recording) -> None:
        """`models`: where an experiment's models come from."""
        self._models = models
        self._recording = recording
        self._open: list[Experimenting] = []

    @property
    def state(self) -> str:
        """How the experiments that are open stand; empty where none is."""
        return "; ".join(map(state_of, self._open))

    @asynccontextmanager
    async def __call__(
        self, kept: Kept, *, at_once: int = 0, anyway: bool = False
    ) -> AsyncIterator[Experimenting]:
        """An experiment that this process has taken, ready to run; else as `running_on`.

        `at_once`: how many runs go on together; 0 chooses.
        """

        def chosen(status: WorkerStatus) -> int:
            return at_once or max(1, min(places_here(kept, status.rows), status.rows - 1))

        opening = running_on(kept, self._models, self._recording, at_once=chosen, anyway=anyway)
        async with opening as experimenting:
            self._open.append(experimenting)
            try:
                yield experimenting
            finally:
                self._open.remove(experimenting)


@asynccontextmanager
async def running_on(
    kept: Kept,
    models: Models,
    recording: Recording,
    *,
    at_once: Callable[[WorkerStatus], int],
    anyway: bool = False,
) -> AsyncIterator[Experimenting]:
    """An experiment that this process has taken, ready to run; left, another may take it up.

    Raises `SandboxUnavailable` where no shell may run.
    """
    experiments = Experiments()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(asyncio.to_thread, experiments.leave, kept.experiment.id)
        await asyncio.to_thread(choose, kept.experiment.template.sandbox)
        yield Experimenting(
            kept,
            models,
            recording,
            experiments,
            make_shell=replicate_shell_for,
            make_session=new_id,
            at_once=at_once,
            anyway=anyway,
            afterwards=Diverging().measure,
        )


@asynccontextmanager
async def open_experiment(
    kept: Kept, *, at_once: int = 0, anyway: bool = False
) -> AsyncIterator[Experimenting]:
    """Everything an experiment needs, in a process that does nothing else.

    `at_once`: how many runs go on together; 0 chooses. `anyway`: also on something else than what its
    first runs were made on. On leaving, everything is on disk, no process is left, and another may
    take the experiment up. Raises `StoreError` where nothing can be recorded, and
    `SandboxUnavailable` where no shell may run.
    """
    placement = kept.placement
    model = kept.experiment.models[0]
    snapshot = Snapshot("tally", model)
    choice = ModelChoice(
        model=model, device=placement.device, dtype=placement.dtype, threads=placement.threads
    )
    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(Recorder.open())
        experimenting = await stack.enter_async_context(
            running_on(
                kept,
                OwnModels(choice, snapshot, pace=DEMO_PACE),
                recorder,
                at_once=lambda status: at_once or places_here(kept, status.rows),
                anyway=anyway,
            )
        )

        def document() -> dict[str, Any]:
            return snapshot.document() | {"state": state_of(experimenting)}

        await stack.enter_async_context(StatusServer(document))
        yield experimenting


def state_of(experimenting: Experimenting) -> str:
    """How an experiment stands, in the words of `driftty status`."""
    now = experimenting.snapshot
    return f"experiment {now.experiment}, {now.state}: {now.finished} of {now.planned} runs"
