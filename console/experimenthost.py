"""The process around an experiment: its model, recorder and status socket, opened and closed as one."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import psutil

from console.experimenting import Experimenting
from console.host import shell_for
from console.snapshot import Snapshot
from console.status import StatusServer
from engine.model.client import WorkerModel
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerOptions, WorkerStatus
from engine.shell.sandbox.choose import choose
from sessions.experiments import Experiments, Kept
from sessions.ids import new_id
from sessions.recorder import Recorder

DEMO = "demo"
"""The model's name of an experiment that the scripted operator runs."""
DEMO_PACE = 0.05
"""The script types at a person's pace, which nobody wants to watch a hundred times."""
SHELLS_A_CORE = 32
"""They mostly wait; more of them than this, and their starting and ending holds up the model."""
RACING = 4
"""Runs of each config under way in a race: what is begun before it is decided saves nothing."""
RUN_BYTES = 64 * 1024 * 1024
"""Memory that is left for one run's shell and what it starts."""


def places(rows: int, cores: int, memory: int) -> int:
    """How many runs go on together, from the model's rows, the cores and the free memory in bytes.

    Half as many again as there are rows, so that the batch stays full while shells work.
    """
    return max(1, min(rows + rows // 2, cores * SHELLS_A_CORE, memory // RUN_BYTES))


@asynccontextmanager
async def open_experiment(kept: Kept, *, at_once: int = 0) -> AsyncIterator[Experimenting]:
    """Everything an experiment needs, ready to run; its model begins to load at once.

    `at_once`: how many runs go on together; 0 chooses. On leaving, everything is on disk, no process
    is left, and another may take the experiment up. Raises `StoreError` where nothing can be
    recorded, and `SandboxUnavailable` where no shell may run.
    """
    experimenting: Experimenting
    template, placement = kept.experiment.template, kept.placement
    await asyncio.to_thread(choose, template.sandbox)
    snapshot = Snapshot("tally", template.model)

    def told(status: WorkerStatus) -> None:
        snapshot.worker(status)
        experimenting.worker(status)

    model: WorkerModel | ScriptedModel
    if template.model == DEMO:
        model = ScriptedModel.demo(pace=DEMO_PACE, on_status=told)
    else:
        options = WorkerOptions(
            model=template.model,
            device=placement.device,
            dtype=placement.dtype,
            threads=placement.threads,
        )
        model = WorkerModel(options, on_status=told)

    def chosen(status: WorkerStatus) -> int:
        free = psutil.virtual_memory().available
        fitting = places(status.rows, os.cpu_count() or 1, free)
        if placement.until_decided:
            fitting = min(fitting, RACING * len(kept.experiment.configs))
        return at_once or fitting

    def document() -> dict[str, Any]:
        now = experimenting.snapshot
        done = f"{now.finished} of {now.planned} runs"
        return snapshot.document() | {"state": f"experiment {now.experiment}, {now.state}: {done}"}

    experiments = Experiments()
    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(Recorder.open())
        stack.push_async_callback(asyncio.to_thread, experiments.leave, kept.experiment.id)
        stack.push_async_callback(model.aclose)
        experimenting = Experimenting(
            kept,
            model,
            recorder,
            experiments,
            make_shell=shell_for,
            make_session=new_id,
            at_once=chosen,
            status=model.status,
        )
        snapshot.worker(model.status)
        await stack.enter_async_context(StatusServer(document))
        stack.push_async_callback(_end, asyncio.create_task(snapshot.follow(model)))
        model.start()
        yield experimenting


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
