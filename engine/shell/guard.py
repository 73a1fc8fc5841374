"""Bounds that the kernel does not keep: how much a home holds, how many processes root may start."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from engine.shell.spec import Limits

_EVERY = 1.0
"""Seconds between two looks: what can be written in one is the overshoot."""


class Guard:
    """Watches one shell, and says once when it is past a bound."""

    def __init__(
        self,
        home: Path,
        limits: Limits,
        processes: Callable[[], int],
        exceeded: Callable[[str], None],
    ) -> None:
        """`processes` counts those of the shell; `exceeded` gets what is past its bound, in words."""
        self._home = home
        self._limits = limits
        self._processes = processes
        self._exceeded = exceeded
        self._took = 0.0
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def stop(self) -> None:
        """Watch no more."""
        self._watching.cancel()

    async def _watch(self) -> None:
        pause = _EVERY
        while not (why := self._judge(*await self._measured(pause))):
            # A home that takes long to count is counted less often.
            pause = max(_EVERY, 10 * self._took)
        self._exceeded(why)

    async def _measured(self, pause: float) -> tuple[int, int]:
        await asyncio.sleep(pause)
        began = time.monotonic()
        measured = await asyncio.to_thread(measure, self._home, self._limits.home_entries)
        self._took = time.monotonic() - began
        return measured

    def _judge(self, size: int, entries: int) -> str:
        """What is past its bound, or nothing."""
        if size > self._limits.home_bytes:
            return f"its home holds more than {self._limits.home_bytes >> 20} MiB"
        if entries > self._limits.home_entries:
            return f"its home holds more than {self._limits.home_entries} files"
        if self._limits.processes and self._processes() > 2 * self._limits.processes:
            return f"it runs more than {2 * self._limits.processes} processes"
        return ""


def measure(folder: Path, enough: int) -> tuple[int, int]:
    """Bytes on disk below `folder`, and files and folders; stops counting past `enough` of those."""
    size = entries = 0
    waiting = [str(folder)]
    while waiting and entries <= enough:
        try:
            with os.scandir(waiting.pop()) as found:
                for entry in found:
                    entries += 1
                    # What a file takes, not how long it says it is: holes are free.
                    size += entry.stat(follow_symlinks=False).st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
        except OSError:
            # It went away in the meantime, or its owner has closed it to himself.
            continue
    return size, entries
