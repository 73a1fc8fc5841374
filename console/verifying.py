"""Running recordings again: the model that they ask for, and a shell where one is wanted."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec

from console.cli.options import ModelChoice
from console.models import make_model
from console.shells import shell_for
from engine.model.protocol import Model
from engine.model.supervisor import WorkerStatus
from engine.rerun.doing import as_act
from engine.rerun.finding import Verification
from engine.rerun.past import Past
from engine.rerun.restoring import restore
from engine.rerun.verify import Verifier
from engine.shell.observation import Shell
from engine.start import WorldDifference

Progress = Callable[[str, int, int], None]
"""Told what is being done, and how much of it is done of how much."""


def answering(past: Past, device: str = "", dtype: str = "", threads: int = 0) -> ModelChoice:
    """The model that wrote a recording, on what is asked for.

    Where nothing is asked for: in the number format of then, and on the CPU if it was one; another
    accelerator is chosen by what there is.
    """
    recorded = past.provenances[-1] if past.provenances else None
    kind = recorded.device.partition(" ")[0] if recorded else "auto"
    known = (
        recorded.dtype if recorded and recorded.dtype in ("float32", "bfloat16", "float16") else ""
    )
    return ModelChoice(
        model=past.spec.model,
        device=device or ("cpu" if kind == "cpu" else "auto"),
        dtype=dtype or known or "auto",
        threads=threads,
    )


@asynccontextmanager
async def open_model(
    asked: ModelChoice, on_status: Callable[[WorkerStatus], None] = lambda status: None
) -> AsyncIterator[Model]:
    """The model, loading; its process is gone on leaving."""
    model = make_model(asked, on_status, pace=0)
    try:
        model.start()
        yield model
    finally:
        await model.aclose()


async def verify(
    past: Past,
    model: Model,
    progress: Progress = lambda what, done, of: None,
    *,
    live: bool = False,
) -> Verification:
    """Generate a recording's completions again; with `live`, do its commands again in a fresh shell.

    Raises `ModelError` where the model cannot answer, and with `live` `ShellError` or
    `SandboxUnavailable`.
    """
    found = await Verifier(past, model, lambda done, of: progress("turns", done, of)).run()
    if not live:
        return found
    began = time.monotonic_ns()
    world, commands = await redo_world(
        past, shell_for(past.spec), lambda done, of: progress("commands", done, of)
    )
    return msgspec.structs.replace(
        found, world=world, commands=commands, took=found.took + time.monotonic_ns() - began
    )


async def redo_world(
    past: Past, shell: Shell, progress: Callable[[int, int], None] = lambda done, of: None
) -> tuple[tuple[WorldDifference, ...], int]:
    """Do everything that was done to a recorded shell to a fresh one, which is closed after it.

    Returns what came out otherwise, and how many things were done.
    """
    own = [as_act(deed, past.spec) for deed in past.deeds if deed.finished]
    try:
        opening = await shell.start()
        shell.observe()
        done = await restore(
            shell, past.spec.start, past.spec, opening.inside, more=own, progress=progress
        )
        return done.differed, done.acts
    finally:
        await shell.close()
