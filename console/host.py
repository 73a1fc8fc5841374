"""The process around the runs: model, recorder and status socket, opened and closed as one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal, NamedTuple

from msgspec.structs import replace

from console.cli.options import ModelChoice
from console.live import Live
from console.models import DEMO, AnyModel, make_model, serving
from console.snapshot import Snapshot
from console.status import StatusServer
from engine.errors import StoreError
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
    async with _open(choice, kind, demo=demo) as opened:
        yield opened.live


class _Opened(NamedTuple):
    """What is open in this process."""

    live: Live
    model: AnyModel
    recorder: Recorder
    snapshot: Snapshot


@asynccontextmanager
async def _open(
    choice: ModelChoice, kind: Literal["console", "run"], *, demo: bool
) -> AsyncIterator[_Opened]:
    live: Live
    if demo:
        choice = replace(choice, model=DEMO)
    snapshot = Snapshot(kind, choice.model)
    model = make_model(choice, lambda status: live.worker(status))

    def notice(error: StoreError | None) -> None:
        if error is not None:
            live.unrecorded(error)

    async with AsyncExitStack() as stack:
        recorder = await stack.enter_async_context(Recorder.open(notice=notice))
        live = Live(
            model,
            recorder,
            shell_for,
            new_id,
            status=model.status,
            attended=kind == "console",
        )
        live.on_worker(snapshot.worker)
        live.subscribe(snapshot.event)
        await stack.enter_async_context(serving(model, snapshot))
        stack.push_async_callback(live.stop)
        await stack.enter_async_context(StatusServer(snapshot.document))
        yield _Opened(live, model, recorder, snapshot)
