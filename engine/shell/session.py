"""The operator's shell: a real bash on a real pseudo-terminal, in its sandbox."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from engine.errors import ShellError
from engine.shell import keyboard
from engine.shell.bringup import tidy
from engine.shell.check import check
from engine.shell.homewatch import HomeChange, HomeWatch
from engine.shell.live import LiveShell
from engine.shell.observation import Observation, Opening
from engine.shell.sandbox.choose import choose
from engine.shell.spec import ShellSpec
from engine.shell.whereabouts import beside, working_folder

_FIRST_PROMPT = 20.0
"""Seconds that bash may take to its first prompt."""


class PtyShell:
    """One shell of the operator's; implements `engine.shell.observation.Shell`.

    Start it on the main thread: the sandbox dies with the thread that made it.
    """

    on_output: Callable[[bytes], None]
    on_dropped: Callable[[int], None]
    """Called with the number of bytes that `on_output` will not get, before it gets the next."""

    def __init__(self, spec: ShellSpec) -> None:
        """`spec`: what it is asked to be."""
        self.spec = spec
        self.on_output = _ignore
        self.on_dropped = _ignore
        self._live: LiveShell | None = None
        self._watch: HomeWatch | None = None
        self._closed = False

    @property
    def home(self) -> Path | None:
        """The scratch home, on the host; none before it exists."""
        return self._live.scratch.home if self._live else None

    async def start(self) -> Opening:
        """Bring it up. Raises `SandboxUnavailable` or `ShellError`."""
        began = time.monotonic_ns()
        await asyncio.to_thread(tidy)
        sandbox = await asyncio.to_thread(choose, self.spec.sandbox)
        live = LiveShell(self.spec, sandbox, self._output, self._dropped)
        self._live = live
        try:
            await live.first_prompt(_FIRST_PROMPT)
        except BaseException:
            await self.close()
            raise
        # The first prompt is part of coming up; nobody has to be told of it.
        live.forget()
        return Opening(
            sandbox=live.enclosure.kind,
            detail=live.enclosure.detail,
            shell="bash",
            home=str(live.scratch.home),
            columns=self.spec.columns,
            rows=self.spec.rows,
            took=time.monotonic_ns() - began,
            inside=live.enclosure.home,
        )

    async def submit(self, command: str) -> Observation:
        """Type a command line and wait until the shell settles; see `Shell.submit`.

        A command of several lines is typed as one paste. In the states in which a program reads the
        terminal, the line goes to that program; where that reads lines, the kernel cuts them at 4096
        bytes.
        """
        live = self._alive()
        live.forget()
        began = time.monotonic_ns()
        live.submit(keyboard.keys(command, live.modes.bracketed_paste))
        settled = await live.settling.wait(self.spec.patience, self.spec.limit, heard=False)
        return live.observation(command, settled, began)

    async def settle(self) -> Observation:
        """Wait until the shell settles after something else: keys typed, an interrupt."""
        live = self._alive()
        began = time.monotonic_ns()
        settled = await live.settling.wait(self.spec.patience, self.spec.limit)
        return live.observation("", settled, began)

    def observe(self) -> Observation:
        """What happened since the last observation that nobody waited for, without waiting."""
        live = self._alive()
        return live.observation("", live.settling.now(), time.monotonic_ns())

    def type(self, data: bytes) -> bool:
        """Send a person's keys as they are. Returns whether the terminal echoes them."""
        live = self._alive()
        # A full-screen program shows what it makes of keys, whatever the terminal does.
        echoes = live.modes.alternate_screen or live.witness.echoes()
        live.type(data)
        return echoes

    def interrupt(self) -> None:
        """Send what Ctrl+C sends to the foreground job."""
        self._alive().interrupt()

    def end_of_file(self) -> None:
        """Send what Ctrl+D sends."""
        self._alive().press(keyboard.END_OF_FILE)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, in cells; without a terminal nothing happens."""
        if self._live is not None and not self._closed:
            self._live.resize(columns, rows)

    async def copy_home(self) -> HomeChange | None:
        """What changed in the home since this was asked last; see `Shell.copy_home`."""
        if not self.spec.home_limit:
            return None
        live = self._alive()
        if self._watch is None:
            self._watch = HomeWatch(live.scratch.home, self.spec.home_limit)
        shell, first = live.witness.shell, live.child.pid
        cwd = working_folder(shell, live.enclosure.home)
        change = await asyncio.to_thread(self._watch.look)
        return msgspec.structs.replace(change, cwd=cwd, processes=beside(shell, first))

    async def check(self, command: str) -> tuple[int, str]:
        """Run a task's check in the same sandbox and home, beside the operator's shell.

        Returns its exit status and the tail of its output; 124 when it ran out of time.
        """
        return await check(self._alive().enclosure, command)

    async def close(self) -> None:
        """End the shell and everything it started, and remove the scratch home."""
        if self._live is not None:
            self._closed = True
            await self._live.close(self.spec.keep_home)

    def _output(self, data: bytes) -> None:
        self.on_output(data)

    def _dropped(self, count: int) -> None:
        self.on_dropped(count)

    def _alive(self) -> LiveShell:
        if self._live is None:
            raise ShellError("The operator's shell has not been started yet.")
        if self._closed:
            raise ShellError("The operator's shell has been closed already.")
        return self._live


def _ignore(_: object) -> None:
    pass
