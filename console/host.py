"""The process around the runs: model, recorder and status socket, opened and closed as one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Literal

from console.cli.options import ModelChoice
from console.live import Live
from console.snapshot import Snapshot
from console.status import StatusServer
from engine.errors import StoreError
from engine.model.client import WorkerModel
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerOptions
from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from sessions.ids import new_id
from sessions.recorder import Recorder


def shell_for(spec: RunSpec) -> Shell:
    """The real shell that a run asks for, not started yet."""
    return PtyShell(
        ShellSpec(
            # Where the model is shown no prompt, the person still is.
            prompt=spec.config.prompt or ShellSpec().prompt,
            columns=spec.columns,
            rows=spec.rows,
            sandbox=spec.sandbox,
            files=spec.task.files,
            patience=spec.patience,
        )
    )


@asynccontextmanager
async def open_live(
    choice: ModelChoice, *, kind: Literal["console", "run"], demo: bool
) -> AsyncIterator[Live]:
    """Everything a run needs, ready to start one; the model begins to load at once.

    On leaving, the run under way is stopped, everything recorded is on disk, and no process is left.
    Raises `StoreError` where nothing can be recorded.
    """
    live: Live
    snapshot = Snapshot(kind, "demo" if demo else choice.model)
    model: WorkerModel | ScriptedModel
    if demo:
        model = ScriptedModel.demo(on_status=lambda status: live.worker(status))
    else:
        options = WorkerOptions(
            model=choice.model, device=choice.device, dtype=choice.dtype, threads=choice.threads
        )
        model = WorkerModel(options, on_status=lambda status: live.worker(status))

    def notice(error: StoreError | None) -> None:
        if error is not None:
            live.unrecorded(error)

    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(Recorder.open(notice=notice))
        stack.push_async_callback(model.aclose)
        live = Live(
            model,
            recorder,
            shell_for,
            new_id,
            status=model.status,
            attended=kind == "console",
        )
        stack.push_async_callback(live.stop)
        live.on_worker(snapshot.worker)
        live.subscribe(snapshot.event)
        await stack.enter_async_context(StatusServer(snapshot.document))
        stack.push_async_callback(_end, asyncio.create_task(snapshot.follow(model)))
        model.start()
        yield live


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
