"""One worker process: started, spoken to, and ended so that nothing of it is left."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from engine import folders
from engine.errors import WorkerGone
from engine.model.framing import decode_reply, encode_frame, read_frame_async
from engine.model.protocol import AnyReply, AnyRequest

WORKER = (sys.executable, "-P", "-m", "engine.model.worker")
"""What is run. `-P`: a folder that happens to be the working directory is not imported from."""

_TAIL_BYTES = 16 * 1024
_LOG_BYTES = 1024 * 1024
_LOGS_KEPT = 10

_END_SECONDS = 2.0
"""How long a worker has to end by itself once its input ended."""
_TERMINATE_SECONDS = 1.0
"""How long it has after SIGTERM."""


class WorkerProcess:
    """A worker that runs; `start` makes one."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._log = log
        self._tail = bytearray()
        self._killed_for = ""
        self.heard_at = time.monotonic()
        """When it last said anything, in seconds of the machine's monotonic clock."""
        self._draining = asyncio.create_task(self._drain(process.stderr))
        self._oom_kills = _oom_kills()

    @classmethod
    async def start(cls, command: Sequence[str] = WORKER) -> "WorkerProcess":
        """Start a worker in a process group of its own, so that Ctrl+C is the console's alone.

        Raises `WorkerGone` where it cannot be started.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                process_group=0,
            )
        except OSError as error:
            raise WorkerGone(f"The model's process could not be started: {error}.") from error
        return cls(process, _new_log(process.pid))

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def send(self, request: AnyRequest) -> None:
        """Send a request; to one that has ended, nothing: its end is heard from `replies`.

        Raises `FrameError` where the request is too long.
        """
        frame = encode_frame(request)
        if not self._stdin.is_closing():
            self._stdin.write(frame)

    async def replies(self) -> AsyncIterator[AnyReply]:
        """What it says, until it ends. Raises `FrameError` where that makes no sense."""
        while (body := await read_frame_async(self._stdout)) is not None:
            self.heard_at = time.monotonic()
            yield decode_reply(body)

    async def end(self) -> None:
        """End it: politely, then by SIGTERM, then by SIGKILL; returns when it is reaped.

        However this is interrupted, the process is killed.
        """
        try:
            self._stdin.close()
            if not await self._ended_within(_END_SECONDS):
                self._signal(signal.SIGTERM)
                await self._ended_within(_TERMINATE_SECONDS)
        finally:
            self.kill()
        await self._process.wait()
        await self._finish_log()

    def kill(self, why: str = "") -> None:
        """Kill it and whatever it started; it is reaped by `end` or `epitaph`.

        `why`: a clause for the epitaph.
        """
        self._killed_for = self._killed_for or why
        self._signal(signal.SIGKILL)

    async def epitaph(self) -> str:
        """Wait for its end and say in a clause how it came, with the last line that it wrote."""
        status = await self._process.wait()
        await self._finish_log()
        if self._killed_for:
            return f"was killed: {self._killed_for}"
        said = self._last_line()
        return cause_of_death(status, self._oom_kills, _oom_kills()) + (
            f"; it said last: {said}" if said else ""
        )

    def _last_line(self) -> str:
        lines = self._tail.decode("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "")[:300]

    async def _ended_within(self, seconds: float) -> bool:
        try:
            # Not `wait_for`, which in Python 3.11 may swallow a cancellation.
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            return False
        return True

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    async def _finish_log(self) -> None:
        # A grandchild may hold the pipe open: what it says does not concern this process's end.
        _, pending = await asyncio.wait([self._draining], timeout=_TERMINATE_SECONDS)
        for task in pending:
            task.cancel()

    async def _drain(self, stderr: asyncio.StreamReader) -> None:
        """Keep the end of what it says on standard error, and the beginning in a file."""
        written = 0
        with contextlib.ExitStack() as stack:
            try:
                file = stack.enter_context(self._log.open("wb", buffering=0))
            except OSError:
                written = _LOG_BYTES  # a cache that cannot be written costs the log, no more
            while data := await stderr.read(4096):
                self._tail += data
                del self._tail[:-_TAIL_BYTES]
                if written < _LOG_BYTES:
                    try:
                        written += file.write(data)
                    except OSError:
                        written = _LOG_BYTES


def logs_folder() -> Path:
    """Where the standard error of the last workers is kept."""
    return folders.cache() / "logs"


def _new_log(pid: int) -> Path:
    """Where a worker's standard error goes; the oldest logs make room."""
    folder = logs_folder()
    with contextlib.suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        logs = sorted(folder.glob("worker-*.log"), key=lambda path: path.stat().st_mtime)
        for old in logs[: 1 - _LOGS_KEPT]:
            old.unlink()
    return folder / f"worker-{pid}.log"


def cause_of_death(status: int, kills_before: int | None, kills_now: int | None) -> str:
    """How a process ended, in words: its exit status, its signal, or want of memory.

    `kills_before`, `kills_now`: how often the system had killed a process for memory when this one
    began and when it ended; none where the system does not say.
    """
    if status >= 0:
        return f"ended with status {status}"
    if -status != signal.SIGKILL:
        return f"crashed with {signal.Signals(-status).name}"
    if kills_before is None or kills_now is None:
        return "was killed, probably because memory ran out"
    if kills_now > kills_before:
        return "was killed because memory ran out"
    return "was killed (SIGKILL), not for want of memory"


def _oom_kills() -> int | None:
    """How often Linux has killed a process for memory since boot; none where it does not say."""
    try:
        counters = Path("/proc/vmstat").read_text().split()
    except OSError:
        return None
    named = dict(zip(counters[::2], counters[1::2], strict=False))
    return int(named["oom_kill"]) if "oom_kill" in named else None
