"""Trying a sandbox for real."""

import os
import select
import signal
import time

from engine.errors import ShellError
from engine.shell.payloads import payloads
from engine.shell.sandbox.enclosure import Enclosure
from engine.shell.spawn import spawn_on_pipe

_SECONDS = 10.0


def run_in(enclosure: Enclosure, command: tuple[str, ...]) -> str:
    """Run a command in an enclosure; returns its complaint, or nothing if it succeeded."""
    path = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    reading, writing = os.pipe()
    try:
        try:
            with payloads(enclosure.payloads) as handles:
                pid = spawn_on_pipe((*enclosure.prefix, *command), path, writing, handles)
        finally:
            os.close(writing)
        said = _read_all(reading, time.monotonic() + _SECONDS)
        if said is None:
            os.kill(pid, signal.SIGKILL)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ShellError as error:
        return str(error)
    finally:
        os.close(reading)
    if said is None:
        return f"it did not end within {_SECONDS:.0f} s"
    return "" if status == 0 else said.decode(errors="replace") or f"exit status {status}"


def _read_all(pipe: int, until: float) -> bytes | None:
    """All that comes until the other end is closed; none if that takes too long."""
    said = b""
    while select.select([pipe], [], [], max(0.0, until - time.monotonic()))[0]:
        piece = os.read(pipe, 65536)
        if not piece:
            return said
        said += piece
    return None
