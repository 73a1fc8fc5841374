"""What a person may say to a run while it goes on: pause, step, decide, inject, redraw the dice."""

import asyncio
from collections.abc import Callable
from typing import Literal

import msgspec

from engine.events import Mode
from engine.run import Sampling


class Decision(msgspec.Struct, frozen=True):
    """A person's word on a proposed command."""

    verdict: Literal["approve", "edit", "veto"]
    command: str
    """What is to run; for a veto, what is not."""


class Steering:
    """The person's side of a run. The operator asks it at its gates; nothing here runs anything.

    A run without a person has one too, left alone: it never pauses and approves everything.
    """

    def __init__(self, sampling: Sampling, mode: Mode = "watch", attended: bool = False) -> None:
        """`attended`: whether there is a person to ask when a command is stuck."""
        self.sampling = sampling
        self.mode: Mode = mode
        self.attended = attended
        self.on_pause: Callable[[bool], None] = lambda paused: None
        """Called when the run is paused (`True`) or goes on (`False`)."""
        self._running = asyncio.Event()
        self._running.set()
        self._steps = 0
        self._injected: list[str] = []
        self._decision: asyncio.Future[Decision] | None = None
        self._proposed = ""

    @property
    def paused(self) -> bool:
        """Whether the run waits, or will at its next gate."""
        return not self._running.is_set()

    @property
    def proposed(self) -> str:
        """The command that waits for a decision; empty when none does."""
        return self._proposed

    def pause(self) -> None:
        """Wait at the next gate: before a turn, or before a command runs."""
        if not self.paused:
            self._running.clear()
            self.on_pause(True)

    def resume(self) -> None:
        """Go on until told otherwise."""
        if self.paused:
            self._running.set()
            self.on_pause(False)

    def step(self) -> None:
        """Go on for one turn, then pause."""
        self._steps += 1
        self.resume()

    def set_mode(self, mode: Mode) -> None:
        """Change the mode; a command that waits for a decision no longer asked for runs."""
        self.mode = mode
        if mode != "confirm":
            self.approve()

    def approve(self, edited: str | None = None) -> None:
        """Let the proposed command run, as it is or as edited."""
        if edited is None or edited == self._proposed:
            self._decide(Decision("approve", self._proposed))
        elif not edited.strip():
            self.veto()
        else:
            self._decide(Decision("edit", edited))

    def veto(self) -> None:
        """Refuse the proposed command."""
        self._decide(Decision("veto", self._proposed))

    def inject(self, text: str) -> None:
        """Say something to the operator, as a user turn before its next one."""
        self._injected.append(text)

    def take_injected(self) -> list[str]:
        """What was injected since the last call."""
        taken, self._injected = self._injected, []
        return taken

    async def before_turn(self) -> None:
        """The gate before a turn: waits while paused."""
        await self._running.wait()

    def after_turn(self) -> None:
        """A turn is over: pause where a step or the mode asks for it."""
        if self._steps:
            self._steps -= 1
            if not self._steps:
                self.pause()
        elif self.mode == "step":
            self.pause()

    async def before_command(self, command: str, propose: Callable[[], None]) -> Decision:
        """The gate before a command: waits while paused and, in mode `confirm`, for a decision.

        `propose` is called when a person's decision is needed.
        """
        await self._running.wait()
        if self.mode != "confirm":
            return Decision("approve", command)
        self._proposed = command
        self._decision = asyncio.get_running_loop().create_future()
        propose()
        try:
            return await self._decision
        finally:
            self._decision, self._proposed = None, ""

    def _decide(self, decision: Decision) -> None:
        if self._decision is not None and not self._decision.done():
            self._decision.set_result(decision)
