"""Copies of the operator's home, taken while its model writes."""

import asyncio
from collections.abc import Callable

import msgspec

from engine.clock import SessionClock
from engine.errors import ShellError
from engine.events import AnyEvent, HomeKept
from engine.shell.homewatch import HomeChange
from engine.shell.observation import Shell


class HomeKeeper:
    """Takes a copy at each turn's beginning, when nothing of the operator's is at work in the home.

    It goes on in a thread beside the completion, and is waited for before the next command.
    """

    def __init__(self, shell: Shell, emit: Callable[[AnyEvent], None], clock: SessionClock) -> None:
        """`shell`: whose home it is, and which knows how much of it is kept at most."""
        self._shell = shell
        self._emit = emit
        self._clock = clock
        self._turn = 0
        self._taking: asyncio.Task[HomeChange | None] | None = None

    def begin(self, turn: int) -> None:
        """Begin a copy of the home as it stands before a turn's completion."""
        self._turn = turn
        self._taking = asyncio.create_task(self._shell.copy_home())

    async def done(self) -> None:
        """Wait for the copy that was begun, and tell it."""
        if self._taking is None:
            return
        await asyncio.wait([self._taking])
        taken, self._taking = self._taking, None
        try:
            change = taken.result()
        except ShellError:
            # The shell was lost meanwhile, which whoever uses it next is told.
            return
        if change is not None:
            at = self._clock.now()
            told = msgspec.structs.asdict(change)
            self._emit(HomeKept(at=at, turn=self._turn, **told))
