"""Fetch a model in a process of its own, so that whoever waits for it stays answerable."""

import asyncio
import contextlib
from collections import deque

import msgspec

from engine.errors import ModelError
from engine.model.catalogue import ModelFiles, resolve
from engine.model.progress import FetchFailed, ProgressSink, heard
from engine.model.tether import tethered
from engine.model.wheel import NoNetwork

_END_SECONDS = 5.0
"""How long an abandoned fetch has to sweep up."""


async def fetch_apart(name: str, progress: ProgressSink) -> ModelFiles:
    """Fetch a model as `engine.model.fetch.fetch` does; raises the same.

    Cancelling it ends the fetch and what it has started.
    """
    child = await asyncio.create_subprocess_exec(
        *tethered("engine.model.fetch", name),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        process_group=0,
    )
    assert child.stdout is not None
    tail: deque[str] = deque(maxlen=20)
    try:
        async for line in child.stdout:
            text = line.decode("utf-8", "replace").strip()
            said = heard(text)
            if said is not None:
                progress(said)
            elif text:
                tail.append(text)
        status = await child.wait()
    finally:
        await _end(child)
    if status == 0:
        return await asyncio.to_thread(resolve, name)
    raise _failure(name, status, tail[-1] if tail else "")


def _failure(name: str, status: int, last: str) -> ModelError:
    try:
        failed = msgspec.json.decode(last, type=FetchFailed)
    except msgspec.MsgspecError:
        return ModelError(f"The fetch of {name} ended with status {status}: {last}")
    return NoNetwork(failed.why) if failed.network else ModelError(failed.why)


async def _end(child: asyncio.subprocess.Process) -> None:
    try:
        if child.returncode is None:
            child.terminate()
            async with asyncio.timeout(_END_SECONDS):
                await child.wait()
    except (TimeoutError, ProcessLookupError):
        pass
    finally:
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
    await child.wait()
