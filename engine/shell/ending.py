"""Ending a shell and everything it started."""

import asyncio
import os
import signal

from engine.shell.sandbox.enclosure import SandboxKind
from engine.shell.spawn import Child
from engine.shell.witness import family

_SECONDS = 5.0
"""How long killed processes may take to be gone: they may have to finish a write to a slow disk."""


async def end(child: Child, kind: SandboxKind) -> None:
    """End `child` and what it started, and wait until that is gone; may be called again."""
    if kind == "landlock" and not child.exited.done():
        kill(child, kind)
        await asyncio.wait({child.exited}, timeout=_SECONDS)
    # Also what did not end when it was asked to.
    handles = kill(child, "none")
    await asyncio.wait({child.exited}, timeout=_SECONDS)
    for handle in handles:
        await gone(handle)


def kill(child: Child, kind: SandboxKind) -> list[int]:
    """Have `child` and what it started ended, without waiting; returns pidfds to wait for.

    bubblewrap's first process takes all others of the sandbox with it, and the parent of a Landlock
    sandbox ends its descendants when it is asked to. Without a sandbox, what has cut itself loose
    (`setsid nohup`) cannot be told from the person's own processes, and stays.
    """
    if child.exited.done():
        return []
    if kind == "landlock":
        os.kill(child.pid, signal.SIGTERM)
        return []
    return [handle for pid in family(child.pid) if (handle := _kill(pid)) >= 0]


async def gone(handle: int) -> None:
    """Wait until the process behind a pidfd has ended, and close the pidfd."""
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(handle, ended.set)
    try:
        async with asyncio.timeout(_SECONDS):
            await ended.wait()
    except TimeoutError:
        # It is stuck in the kernel; it cannot run any more.
        return
    finally:
        loop.remove_reader(handle)
        os.close(handle)


def _kill(pid: int) -> int:
    """Kill a process; returns a pidfd to wait for it with, or -1 if there is nothing to wait for."""
    handle = -1
    try:
        if hasattr(os, "pidfd_open"):
            handle = os.pidfd_open(pid)
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        # The one killed before it took this one along.
        if handle >= 0:
            os.close(handle)
        return -1
    return handle
