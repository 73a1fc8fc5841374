"""The process around the runs: model, recorder and status socket, opened and closed as one."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from console.cli.options import ModelChoice
from console.experimenthost import DEMO_PACE, SharedOpening
from console.live import Live
from console.models import DEMO, AnyModel, OwnModels, SharedModel, make_model, serving
from console.shells import watched_shell_for
from console.snapshot import Snapshot
from console.status import StatusServer
from engine.errors import StoreError
from sessions.ids import new_id
from sessions.recorder import Recorder


@asynccontextmanager
async def open_live(
    choice: ModelChoice, *, kind: Literal["console", "run"], demo: bool
) -> AsyncIterator[Live]:
    """Everything a run needs, ready to start one; the model begins to load at once.

    On leaving, the run under way is stopped, everything recorded is on disk, and no process is left.
    Raises `StoreError` where nothing can be recorded.
    """
    async with _open(choice, kind, demo=demo) as opened, StatusServer(opened.snapshot.document):
        yield opened.live


class Hosted(NamedTuple):
    """What the console runs on."""

    live: Live
    experiments: SharedOpening
    """Opens experiments beside it."""


@asynccontextmanager
async def open_console(choice: ModelChoice, *, demo: bool) -> AsyncIterator[Hosted]:
    """Everything the console needs for a run and, on the same model, for experiments beside it.

    As `open_live`; experiments are to be ended before this is left.
    """
    async with _open(choice, "console", demo=demo) as opened:
        own = OwnModels(choice, Snapshot("tally", choice.model), pace=DEMO_PACE)
        shared = SharedModel(opened.model, opened.choice, opened.live.on_worker, own)
        # The script types at a person's pace, which experiments need not wait for.
        opening = SharedOpening(own if demo else shared, opened.recorder)

        def document() -> dict[str, Any]:
            return opened.snapshot.document() | {"experiment": opening.state}

        async with StatusServer(document):
            yield Hosted(opened.live, opening)


class _Opened(NamedTuple):
    """What is open in this process."""

    live: Live
    model: AnyModel
    recorder: Recorder
    choice: ModelChoice
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
            watched_shell_for,
            new_id,
            status=model.status,
            attended=kind == "console",
        )
        live.on_worker(snapshot.worker)
        live.subscribe(snapshot.event)
        await stack.enter_async_context(serving(model, snapshot))
        stack.push_async_callback(live.stop)
        yield _Opened(live, model, recorder, choice, snapshot)
