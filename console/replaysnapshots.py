"""Snapshots along a recording, so that any point of it is a short fold away from one of them."""

import gc
from bisect import bisect_right
from typing import NamedTuple

from console.view.memory import Memory, remember
from console.view.state import ViewState
from engine.events import AnyEvent, ShellWrote

SPACING = 400
"""Events between two snapshots at first: some milliseconds of reading and folding."""
MOST = 256
"""Snapshots kept: with more, every second one goes and the spacing doubles."""
_USUAL, _SELDOM = gc.get_threshold(), (10_000, 5, 200)
"""How many objects more than before, and how many collections of them, set off another: by default,
and while a long recording is open."""
_BYTES_A_STEP = 4096
"""So many of the shell's bytes cost as much to fold as an event."""


def weight(event: AnyEvent) -> int:
    """How much folding an event costs, in events of the usual kind."""
    return 1 + len(event.data) // _BYTES_A_STEP if isinstance(event, ShellWrote) else 1


class Kept(NamedTuple):
    """A snapshot and where it was taken."""

    position: int
    memory: Memory


class Snapshots:
    """Snapshots by position, from the front to wherever a fold has come."""

    def __init__(self, spacing: int = SPACING, most: int = MOST) -> None:
        self._spacing, self._most = spacing, most
        self.kept: list[Kept] = []
        """In order."""
        self._weight = 0
        self._reached = 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self.kept)

    @property
    def last(self) -> Kept | None:
        """The one farthest on."""
        return self.kept[-1] if self.kept else None

    def before(self, position: int) -> Kept | None:
        """The last one at or before a position; none where only the start is."""
        found = bisect_right(self.kept, position, key=lambda kept: kept.position)
        return self.kept[found - 1] if found else None

    def passed(self, position: int, event: AnyEvent | None, view: ViewState) -> bool:
        """A fold has come to a position, by an event: take a snapshot where one is due; whether it was.

        Folds may come in any order; only the one that is farthest on counts.
        """
        if position <= self._reached:
            return False
        self._reached = position
        self._weight += weight(event) if event is not None else 1
        if self._weight < self._spacing:
            return False
        memory = remember(view)
        if memory is None:
            return False
        self._weight = 0
        self.kept.append(Kept(position, memory))
        if len(self.kept) > self._most:
            del self.kept[::2]
            self._spacing *= 2
        return True


def set_aside() -> None:
    """Spare Python's cycle collector what there is: nothing in a snapshot refers back to it.

    To look through the snapshots of a long recording at every full collection takes 0.1 s, and would
    do so in the middle of every tenth jump. What a jump itself makes, some ten thousand events, lines
    and strips without a cycle among them, is looked through once and not twenty times.
    """
    gc.collect(1)  # what is no longer used is not kept with the rest
    gc.freeze()
    gc.set_threshold(*_SELDOM)


def take_up() -> None:
    """Leave everything to the collector again."""
    gc.set_threshold(*_USUAL)
    gc.unfreeze()
