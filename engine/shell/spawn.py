"""Starting a program on a pseudo-terminal or a pipe, without forking this process.

`os.posix_spawn` runs no Python between fork and exec, so it is safe beside threads, and fast beside
a large heap. The session leader's own open of the terminal makes it the controlling terminal.
"""

import asyncio
import fcntl
import os
import signal
import struct
import termios
import threading
from collections.abc import Mapping, Sequence
from typing import Any

from engine.errors import ShellError

_DEFAULTS = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGPIPE,
    signal.SIGHUP,
    signal.SIGTSTP,
    signal.SIGTTIN,
    signal.SIGTTOU,
    signal.SIGTERM,
    signal.SIGCHLD,
)
"""Signals that this process may treat in its own way and the program must not."""


def open_terminal(columns: int, rows: int) -> tuple[int, int]:
    """A new pseudo-terminal of that size, in cells; returns (master, slave), neither inherited."""
    try:
        master, slave = os.openpty()
    except OSError as error:
        raise ShellError(
            f"No pseudo-terminal could be opened: {error.strerror}. Close other terminals, or raise"
            " kernel.pty.max."
        ) from error
    set_size(slave, columns, rows)
    os.set_blocking(master, False)
    return master, slave


def set_size(terminal: int, columns: int, rows: int) -> None:
    """Tell the terminal its size, in cells; the foreground job gets SIGWINCH if it changed."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def spawn_on_terminal(
    argv: Sequence[str],
    environment: Mapping[str, str],
    slave: int,
    payloads: Mapping[int, int],
) -> int:
    """Start `argv` as the leader of a new session on the terminal; returns its process id.

    `payloads` maps file descriptors in the program to file descriptors here.
    """
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0),
        (os.POSIX_SPAWN_DUP2, 0, 1),
        (os.POSIX_SPAWN_DUP2, 0, 2),
    ]
    return _spawn(argv, environment, actions, payloads)


def spawn_on_pipe(
    argv: Sequence[str],
    environment: Mapping[str, str],
    output: int,
    payloads: Mapping[int, int],
) -> int:
    """Start `argv` in a new session with its output going to `output` and nothing to read."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, output, 1),
        (os.POSIX_SPAWN_DUP2, output, 2),
    ]
    return _spawn(argv, environment, actions, payloads)


def _spawn(
    argv: Sequence[str],
    environment: Mapping[str, str],
    actions: list[Any],
    payloads: Mapping[int, int],
) -> int:
    actions += [(os.POSIX_SPAWN_DUP2, here, there) for there, here in payloads.items()]
    try:
        return os.posix_spawnp(
            argv[0],
            list(argv),
            dict(environment),
            file_actions=actions,
            setsid=True,
            setsigmask=(),
            setsigdef=_DEFAULTS,
        )
    except OSError as error:
        raise ShellError(f"`{argv[0]}` could not be started: {error.strerror}.") from error


class Child:
    """A started process, and the future of its exit status."""

    def __init__(self, pid: int) -> None:
        """`pid`: of a child of this process that nobody else waits for; needs a running loop."""
        self.pid = pid
        self._loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[int] = self._loop.create_future()
        """The exit status as a shell counts it: 128 + n after signal n."""
        try:
            self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else -1
        except OSError as error:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            raise ShellError(f"A shell could not be watched: {error.strerror}.") from error
        if self._handle >= 0:
            self._loop.add_reader(self._handle, self._reap)
        else:
            threading.Thread(target=self._wait, name=f"wait-{pid}", daemon=True).start()

    def kill(self) -> None:
        """End it at once, if it still runs."""
        if not self.exited.done():
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self) -> None:
        self._loop.remove_reader(self._handle)
        os.close(self._handle)
        self._settle(os.waitpid(self.pid, 0)[1])

    def _wait(self) -> None:
        status = os.waitpid(self.pid, 0)[1]
        self._loop.call_soon_threadsafe(self._settle, status)

    def _settle(self, status: int) -> None:
        if not self.exited.done():
            code = os.waitstatus_to_exitcode(status)
            self.exited.set_result(128 - code if code < 0 else code)
