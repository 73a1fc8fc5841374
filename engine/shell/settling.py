"""When a command has settled, and how: bash's markers first, the kernel's facts as second witness."""

import asyncio

import msgspec

from engine.events import ShellState
from engine.shell.modes import Modes
from engine.shell.prompts import PromptLog
from engine.shell.spawn import Child
from engine.shell.wire import Wire
from engine.shell.witness import Facts, Witness

_FIRST_LOOK = 0.02
_LOOKS = 0.2
"""Seconds between two looks, once a command takes longer."""
_SURE = 0.15
"""Seconds a program must be seen waiting, in silence, before it is taken for waiting for us."""
_FULL_SCREEN = 1.0
"""Seconds after which a full-screen program that keeps painting is taken for what it is."""
_LISTENING = 2.0
"""Seconds that bash may take from its prompt to reading; on an idle machine it needs far less."""
_CARRIED = 0.1
"""Seconds that the kernel may take to carry what was written to the other side of a terminal."""
_UNHEARD = 1.0
"""Seconds of silence after which a program that waits has taken in what was typed, echo or not."""
_LAST_WORDS = 0.5
"""Seconds that output may still come after the shell has ended."""


class Settled(msgspec.Struct, frozen=True):
    """How a command stands."""

    state: ShellState
    status: int | None = None
    foreground: str = ""


class Settling:
    """Waits for one shell, one question at a time."""

    def __init__(
        self, wire: Wire, child: Child, witness: Witness, prompts: PromptLog, modes: Modes
    ) -> None:
        self._wire = wire
        self._child = child
        self._witness = witness
        self._prompts = prompts
        self._modes = modes
        self._stirred = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._last_output = self._loop.time()
        self._received = False
        self._lines = 0
        child.exited.add_done_callback(lambda _: self._stirred.set())

    def stir(self) -> None:
        """Output came, or the terminal ended."""
        self._last_output = self._loop.time()
        self._received = True
        self._stirred.set()

    def expect(self, lines: int) -> None:
        """Something is about to be typed, with so many ends of line: what comes from now on is the
        answer."""
        self._lines = lines
        self._received = False
        self._last_output = self._loop.time()
        self._prompts.expect()

    async def wait(self, patience: float, limit: float, heard: bool = True) -> Settled:
        """Wait until the shell settles: at the latest after `patience` seconds of silence, or after
        `limit` seconds.

        Without `heard`, nothing the kernel says counts before the terminal has shown something: the
        echo of what was typed.
        """
        began = self._loop.time()
        self._received = self._received or heard
        suspect = _Suspect()
        pause = _FIRST_LOOK
        next_look = began + pause
        while True:
            if self._child.exited.done():
                return await self._died()
            if self._by_markers():
                await self._until_listening()
                await self._until_carried()
                # What was typed ahead may have taken bash on in the meantime.
                if settled := self._by_markers():
                    self._modes.leave_screen()
                    return settled
            now = self._loop.time()
            if now >= next_look:
                facts = self._witness.look()
                silence = now - max(self._last_output, began)
                if settled := self._by_facts(facts, silence, suspect, now):
                    return settled
                if silence >= patience or now - began >= limit:
                    return Settled("stalled", foreground=facts.program)
                pause = min(pause * 1.5, _LOOKS)
                next_look = now + pause
            await self.stirred(next_look - now)

    def now(self) -> Settled:
        """How the shell stands at this moment, as far as can be told without waiting."""
        if self._child.exited.done():
            return Settled("died", self._child.exited.result())
        if self._witness.at_prompt():
            if self._prompts.continues:
                return Settled("continuation")
            return Settled("done", self._prompts.status)
        facts = self._witness.look()
        return Settled(self._state(facts) or "stalled", foreground=facts.program)

    async def stirred(self, seconds: float) -> None:
        """Wait until something happens, at most `seconds`."""
        self._stirred.clear()
        timer = self._loop.call_later(max(seconds, 0.0), self._stirred.set)
        try:
            await self._stirred.wait()
        finally:
            timer.cancel()

    async def _died(self) -> Settled:
        """The shell is gone; a background job of its may keep the terminal open a little longer."""
        until = self._loop.time() + _LAST_WORDS
        while self._wire.open and self._loop.time() < until:
            await self.stirred(0.05)
        return Settled("died", self._child.exited.result())

    async def _until_listening(self) -> None:
        """Let bash come from showing its prompt to reading it: a Ctrl+C in between would be lost
        until the next key."""
        until = self._loop.time() + _LISTENING
        while not self._witness.listens() and self._loop.time() < until:
            await self.stirred(0.0005)

    async def _until_carried(self) -> None:
        """Where several lines were typed, and bash has not answered each: it may have read them all,
        and its answers be on their way. Where a program read some of them, nothing more comes."""
        while self._prompts.answers < self._lines:
            left = self._last_output + _CARRIED - self._loop.time()
            if left <= 0:
                break
            await self.stirred(left)

    def _by_markers(self) -> Settled | None:
        if self._wire.pending or not (self._prompts.ready or self._prompts.more):
            return None
        if self._witness.unread() or self._wire.unread:
            return None
        if not self._witness.at_prompt():
            # A copy of our prompt in some output; the real one is still to come.
            return None
        if self._prompts.more:
            return Settled("continuation")
        return Settled("done", self._prompts.status)

    def _by_facts(
        self, facts: Facts, silence: float, suspect: "_Suspect", now: float
    ) -> Settled | None:
        if self._modes.alternate_screen and not facts.shell:
            if suspect.painting_for(now) >= _FULL_SCREEN:
                return Settled("full_screen", foreground=facts.program)
        else:
            suspect.painting_since = None
        state = None if facts.unread or self._wire.pending else self._state(facts)
        if state is None or not (self._received or silence >= _UNHEARD):
            suspect.state = None
            return None
        if suspect.state != (state, facts.program):
            suspect.state, suspect.since = (state, facts.program), now
            return None
        if min(silence, now - suspect.since) < _SURE:
            return None
        if facts.shell:
            self._modes.leave_screen()
        return Settled(state, foreground="" if state == "done" else facts.program)

    def _state(self, facts: Facts) -> ShellState | None:
        """What the facts alone say; none while the job computes, as far as can be told."""
        if not _waits(facts):
            return None
        if self._modes.alternate_screen and not facts.shell:
            return "full_screen"
        if facts.shell and not (facts.canonical or facts.echo or facts.translates):
            # Readline has the terminal: bash is at a prompt, though not one with markers.
            return "continuation" if self._prompts.continues else "done"
        if _converses(facts):
            return "nested"
        return "awaiting_input" if facts.echo else "awaiting_secret"


def _waits(facts: Facts) -> bool:
    """Whether the foreground job waits for what is typed."""
    if facts.waiting == "unknown":
        # All that is known is whether the job has changed the terminal in order to read from it.
        return not (facts.canonical and facts.echo)
    # Waiting for anything to become readable, while lines are gathered, may mean a network.
    return facts.waiting == "line" or (facts.waiting == "keys" and not facts.canonical)


def _converses(facts: Facts) -> bool:
    """Whether a program of its own holds a conversation, rather than asking for one thing."""
    if facts.shell:
        return False
    if not facts.canonical:
        return not facts.echo
    return facts.echo and facts.alone and facts.program.rstrip("0123456789.") in _CONVERSATIONS


_CONVERSATIONS = frozenset(
    (
        *("sh", "dash", "bash", "zsh", "ksh", "fish", "ash", "busybox"),
        *("python", "perl", "node", "lua", "irb", "bc", "dc", "ed"),
        *("gdb", "sqlite", "psql", "mysql", "ftp"),
    )
)
"""Programs that read lines one after the other when they are given nothing to run. Those that edit
their lines themselves are known by that."""


class _Suspect:
    """What the looks so far make likely."""

    def __init__(self) -> None:
        self.state: tuple[ShellState, str] | None = None
        self.since = 0.0
        self.painting_since: float | None = None

    def painting_for(self, now: float) -> float:
        if self.painting_since is None:
            self.painting_since = now
        return now - self.painting_since
