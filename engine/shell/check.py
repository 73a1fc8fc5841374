"""A task's check: a command of the console's own, in a sandbox of the same kind, in the same home."""

import asyncio
import os

from engine.shell.bringup import shell_environment
from engine.shell.ending import end
from engine.shell.payloads import payloads
from engine.shell.rcfile import ulimits
from engine.shell.sandbox.enclosure import Enclosure
from engine.shell.spawn import Child, spawn_on_pipe
from engine.shell.tail import Tail
from engine.shell.wire import Wire

TIME_LIMIT = 30.0
"""Seconds a check may take."""
OUT_OF_TIME = 124
"""Its exit status then, as timeout(1) has it."""
_KEEP = 8 << 10
_LAST_WORDS = 0.5


async def check(enclosure: Enclosure, command: str) -> tuple[int, str]:
    """Run `command` in a bash that reads no file of the operator's; returns (status, output's tail).

    It sees the operator's home and nothing else of the operator's: not its processes, environment,
    aliases or `/tmp`. The status is `OUT_OF_TIME` when it took longer than `TIME_LIMIT` seconds.
    """
    script = f"{ulimits(enclosure.limits)}\ncd || exit\n{command}"
    bash = ("bash", "--noprofile", "--norc", "-c", script, "check")
    reading, writing = os.pipe()
    try:
        with payloads(enclosure.payloads) as handles:
            pid = spawn_on_pipe(
                (*enclosure.prefix, *bash), shell_environment(enclosure), writing, handles
            )
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    os.set_blocking(reading, False)
    child = Child(pid)
    output = Tail(_KEEP)
    ended = asyncio.Event()
    wire = Wire(reading, output.add, ended.set)
    try:
        status = await asyncio.wait_for(asyncio.shield(child.exited), TIME_LIMIT)
        # What it started may hold the pipe open; what it said itself is there by then.
        await asyncio.wait_for(ended.wait(), _LAST_WORDS)
    except TimeoutError:
        status = child.exited.result() if child.exited.done() else OUT_OF_TIME
    finally:
        await end(child, enclosure.kind)
        wire.close()
    return status, output.take()[0].decode(errors="replace")
