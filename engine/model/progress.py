"""How far a fetch is, and the child processes that say so line by line."""

import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

import msgspec

from engine.model.tether import tethered

_TAIL_LINES = 200


class Progress(msgspec.Struct, frozen=True):
    """How far a fetch is."""

    step: str
    """What is being done, in words for a person."""
    fraction: float
    """From 0 to 1 over the whole fetch."""
    done: int = 0
    """Bytes of this step; 0 where it does not count bytes."""
    total: int = 0


class FetchFailed(msgspec.Struct, frozen=True, tag=True):
    """The last line of a fetch that failed, when it runs as a process."""

    why: str
    network: bool
    """Whether nothing could be reached."""


ProgressSink = Callable[[Progress], None]


class ChildEnded(msgspec.Struct, frozen=True):
    """How a child process ended."""

    status: int
    """Exit status; negative: the signal that killed it."""
    tail: tuple[str, ...]
    """The last lines that it wrote, both outputs together."""

    @property
    def last(self) -> str:
        """The last line with anything on it."""
        return next((line for line in reversed(self.tail) if line.strip()), "")


def say(progress: Progress) -> None:
    """Tell the parent process, on standard output."""
    sys.stdout.write(msgspec.json.encode(progress).decode() + "\n")
    sys.stdout.flush()


def heard(line: str) -> Progress | None:
    """What a child said with `say`; none where the line is something else."""
    with suppress(msgspec.MsgspecError):
        return msgspec.json.decode(line, type=Progress)
    return None


def run_child(
    module: str,
    *arguments: str,
    on_line: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> ChildEnded:
    """Run a Python module as a child that dies with this process, and hear it out.

    `on_line` gets every line of its outputs, a carriage return counting as a line's end; when it
    raises, the child is killed.
    """
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    child = subprocess.Popen(
        tethered(module, *arguments),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    assert child.stdout is not None
    try:
        for line in child.stdout:
            tail.append(line.rstrip("\n"))
            on_line(tail[-1])
        child.wait()
    finally:
        if child.poll() is None:
            child.kill()
        with child:
            pass
    return ChildEnded(status=child.returncode, tail=tuple(tail))
