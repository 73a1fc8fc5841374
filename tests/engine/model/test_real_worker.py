"""The real worker with the real model, under the supervisor: cancelled, killed, restarted, ended."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import cast

import pytest

from engine.errors import WorkerGone
from engine.model.catalogue import EMBEDDED, ModelFiles
from engine.model.client import WorkerModel
from engine.model.manifest import read_manifest
from engine.model.protocol import Completed, CompletionReply, Sampled
from engine.model.supervisor import WorkerOptions
from engine.run import Sampling
from engine.scrollback import Turn
from tests.engine.model.workers import Statuses, ended, ids_of

pytestmark = [pytest.mark.model, pytest.mark.timeout(300), pytest.mark.xdist_group("worker")]

TURNS = (
    Turn(role="user", text="root@box:~# ", origin="seed"),
    Turn(role="assistant", text="uname -r", origin="seed"),
    Turn(role="user", text="6.1.0-18-amd64\nroot@box:~# ", origin="shell"),
)


def ask(model: WorkerModel, tokens: int) -> AsyncGenerator[CompletionReply]:
    replies = model.complete(
        TURNS,
        sequence="run",
        seed_turns=2,
        sampling=Sampling(temperature=0.9, max_tokens=tokens),
        rng=7,
        turn=1,
        policy="whole-turn",
    )
    return cast("AsyncGenerator[CompletionReply]", replies)


async def test_it_is_cancelled_within_a_token_and_says_the_same_after_a_kill(
    embedded_model: ModelFiles,
) -> None:
    statuses = Statuses()
    model = WorkerModel(WorkerOptions(model=EMBEDDED, dtype="float32"), statuses)
    try:
        assert await model.ready() > 0
        manifest = read_manifest(embedded_model.folder)
        assert manifest is not None
        assert model.provenance.weights == manifest.weights

        replies = ask(model, tokens=2000)
        heard = [await anext(replies) for _ in range(3)]
        assert [type(reply) for reply in heard[1:]] == [Sampled, Sampled]
        await replies.aclose()
        assert (await model.report()).busy == 0

        before, _ = await ids_of(ask(model, tokens=6))
        replies = ask(model, tokens=2000)
        await anext(replies)
        first = model.status.pid
        os.kill(first, signal.SIGKILL)
        with pytest.raises(WorkerGone, match="was killed"):
            await ids_of(replies)
        after, _ = await ids_of(ask(model, tokens=6))
        assert after == before
        assert model.status.pid != first
        assert model.status.restarts == 1

        replies = ask(model, tokens=2000)
        assert not isinstance(await anext(replies), Completed)
        second = model.status.pid
        await model.aclose()
        assert ended(second)
    finally:
        await model.aclose()


_CONSOLE = """
import asyncio
from engine.model.catalogue import EMBEDDED
from engine.model.client import WorkerModel
from engine.model.supervisor import WorkerOptions
from engine.run import Sampling
from engine.scrollback import Turn

async def main():
    model = WorkerModel(WorkerOptions(model=EMBEDDED))
    await model.ready()
    turns = (Turn(role="user", text="Tell a long story.", origin="person"),)
    async for _ in model.complete(
        turns, sequence="run", seed_turns=0, sampling=Sampling(max_tokens=4000), rng=1, turn=1,
        policy="whole-turn",
    ):
        print(model.status.pid, flush=True)

asyncio.run(main())
"""


def test_a_console_killed_in_the_middle_of_a_completion_leaves_no_worker(
    embedded_model: ModelFiles, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", _CONSOLE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as console:
        assert console.stdout is not None
        worker = int(console.stdout.readline())
        console.kill()
    assert ended(worker)
