"""Everything that exists only while the shell does."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable

from engine.errors import ShellError
from engine.shell import keyboard
from engine.shell.bringup import launch, prepare
from engine.shell.ending import end, gone, kill
from engine.shell.guard import Guard
from engine.shell.markers import new_nonce
from engine.shell.modes import Modes
from engine.shell.observation import Observation
from engine.shell.prompts import PromptLog
from engine.shell.sandbox.enclosure import Sandbox
from engine.shell.settling import Settled, Settling
from engine.shell.spawn import set_size
from engine.shell.spec import ShellSpec
from engine.shell.tail import Relay, Tail
from engine.shell.terminal import Terminal
from engine.shell.wire import Wire
from engine.shell.witness import Witness, family, parent

_SAID = 300
"""Characters of what a shell that does not come up has said; the reason stands at the end."""


class LiveShell:
    """A started bash with its terminal, sandbox and scratch folder."""

    def __init__(
        self,
        spec: ShellSpec,
        sandbox: Sandbox,
        deliver: Callable[[bytes], None],
        dropped: Callable[[int], None],
    ) -> None:
        """Start it. Raises `ShellError`."""
        self.nonce = new_nonce()
        self.modes = Modes()
        self._prompts = PromptLog(self.nonce)
        self._tail = Tail(spec.keep)
        self._deliver = deliver
        self._relay = Relay(spec.keep, self._show, dropped)
        self._screen = Terminal(spec.columns, spec.rows, scrollback=0, on_reply=self._reply)
        self._touched = False
        self._resized = False
        self._init = -1
        self.scratch, self.enclosure = prepare(spec, sandbox, self.nonce)
        try:
            self.child, self._master, name = launch(spec, self.enclosure)
        except BaseException:
            self.scratch.remove()
            raise
        self.witness = Witness(self._master, name)
        self.wire = Wire(self._master, self._received, lambda: self.settling.stir())
        self.settling = Settling(self.wire, self.child, self.witness, self._prompts, self.modes)
        self._guard = Guard(
            self.scratch.home, self.enclosure.limits, self._processes, self._exceeded
        )

    async def first_prompt(self, limit: float) -> None:
        """Wait for it. Raises `ShellError` with what was printed instead."""
        until = asyncio.get_running_loop().time() + limit
        while not self._prompts.ready:
            if self.child.exited.done() or asyncio.get_running_loop().time() > until:
                said = self._tail.take()[0].decode(errors="replace").strip()[-_SAID:]
                raise ShellError(
                    f"Bash came to no prompt in the sandbox ({self.enclosure.kind})."
                    f" It said: {said or 'nothing'}. `driftty doctor` tries the sandbox by itself."
                )
            await self.settling.stirred(0.1)
        self.witness.adopt()
        # Bash has read it, and nobody else is to read the nonce in it.
        self.scratch.write("shell.bash", "")
        if self.enclosure.kind == "bwrap":
            # The first process of the sandbox: when it ends, the kernel ends all others in it.
            with contextlib.suppress(OSError):
                self._init = os.pidfd_open(parent(self.witness.shell))

    def submit(self, keys: bytes) -> None:
        """Type a whole line, on an empty line."""
        self._relay.restart()
        discard = keyboard.DISCARD if self._touched and self.witness.at_prompt() else b""
        self._touched = False
        self.press(discard + keys)

    def type(self, data: bytes) -> None:
        """Type as a person does."""
        self._touched = not data.endswith(keyboard.ENTER)
        self.press(data)

    def press(self, data: bytes) -> None:
        """Send keys; what the shell says from now on is the answer."""
        self._resized = False
        self.settling.expect(_lines(data))
        self.wire.write(data)

    def interrupt(self) -> None:
        """Ctrl+C. Where typed input blocks the way, the signal that it would have become."""
        blocked = self.wire.pending > 0
        self.wire.drop_pending()
        facts = self.witness.look()
        if blocked and facts.signals and facts.foreground not in (0, 1, os.getpgrp()):
            self.settling.expect(0)
            os.killpg(facts.foreground, signal.SIGINT)
        else:
            self.press(keyboard.INTERRUPT)

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, in cells."""
        if self.wire.open:
            self._resized = True
            set_size(self._master, columns, rows)
            self._screen.resize(columns, rows)

    def forget(self) -> None:
        """What came since the last observation is nobody's concern."""
        self._tail.take()

    def observation(self, command: str, stands: Settled, began: int) -> Observation:
        """What came since the last observation, and how the shell stands."""
        self._relay.flush()
        raw, dropped = self._tail.take()
        return Observation(
            command=command,
            state=stands.state,
            status=stands.status,
            foreground=stands.foreground,
            raw=raw,
            dropped=dropped,
            began=began,
            took=time.monotonic_ns() - began,
            nonce=self.nonce,
        )

    async def close(self, keep_home: bool) -> None:
        """End every process, close the terminal, remove the scratch folder; may be called again."""
        self._guard.stop()
        await end(self.child, self.enclosure.kind)
        if self._init >= 0:
            handle, self._init = self._init, -1
            await gone(handle)
        self.wire.close()
        self._relay.flush()
        self._screen.close()
        await asyncio.to_thread(self.scratch.remove, keep_home)

    def _processes(self) -> int:
        return len(family(self.child.pid))

    def _exceeded(self, why: str) -> None:
        """End the shell, and say why where everything that happens to it is seen."""
        for handle in kill(self.child, self.enclosure.kind):
            os.close(handle)
        self._received(f"\r\n[driftty ended this shell: {why}]\r\n".encode())

    def _show(self, data: bytes) -> None:
        self._deliver(data)
        self._screen.feed(data)

    def _reply(self, answer: bytes) -> None:
        """Answer what a program asks its terminal, such as where the cursor is.

        Only to a program that reads keys: anybody else did not ask, but printed a file that did, and
        the answer would be typed into the shell.
        """
        if self.wire.open and self.witness.reads_keys() and not self.witness.at_prompt():
            self.wire.write(answer)

    def _received(self, data: bytes) -> None:
        self._prompts.feed(data)
        self.modes.feed(data)
        if not (self._resized and self._prompts.repainted):
            # A prompt painted anew for another size is nothing that the shell did.
            self._tail.add(data)
        self._relay.feed(data)
        self.settling.stir()


def _lines(keys: bytes) -> int:
    """How many lines bash gets when these keys are pressed at its prompt; a paste is one."""
    return 1 if keyboard.PASTE in keys else keys.count(keyboard.ENTER)
