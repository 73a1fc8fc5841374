"""Where a playback has its events from: the store, or a list that somebody holds."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from engine.events import (
    AnyEvent,
    CommandProposed,
    CommandSubmitted,
    DriftSeen,
    FaultSeen,
    RunEnded,
    SessionStarted,
    StageTimed,
    TurnStarted,
    WorkerLost,
)
from sessions.summary import Ending

TOLD = (
    SessionStarted,
    TurnStarted,
    CommandProposed,
    CommandSubmitted,
    DriftSeen,
    StageTimed,
    FaultSeen,
    WorkerLost,
    RunEnded,
)
"""Events that an index of a recording needs in full; of the others it needs the time."""


class Fact(NamedTuple):
    """When an event happened, and the event itself where it is one of `TOLD`."""

    at: int
    event: AnyEvent | None = None


class Source(Protocol):
    """One session's events, read bit by bit. A place is an event's rank in it, from 0."""

    session: str

    async def facts(self, start: int, most: int) -> list[Fact]:
        """What is to be indexed from place `start` on, at most so many; empty where it ends."""
        ...

    async def events(self, start: int, stop: int) -> list[AnyEvent | None]:
        """The events of places that `facts` has told of; none where one cannot be read."""
        ...

    async def changed(self) -> bool:
        """Whether anything may have been added since the last time this was asked."""
        ...

    async def standing(self) -> Ending:
        """Whether it is being recorded, was broken off, or what it came to."""
        ...

    async def damage(self) -> str:
        """What is wrong with the recording, as a clause; empty where it is whole."""
        ...


class Held:
    """A source over events in memory, such as those of an exported file."""

    def __init__(self, session: str, events: Sequence[AnyEvent]) -> None:
        self.session = session
        self.held = list(events)

    async def facts(self, start: int, most: int) -> list[Fact]:
        """See `Source`."""
        return [
            Fact(event.at, event if isinstance(event, TOLD) else None)
            for event in self.held[start : start + most]
        ]

    async def events(self, start: int, stop: int) -> list[AnyEvent | None]:
        """See `Source`."""
        return list(self.held[start:stop])

    async def changed(self) -> bool:
        """Nothing is added by anybody else."""
        return False

    async def standing(self) -> Ending:
        """What it came to; without an end it was broken off."""
        last = self.held[-1] if self.held else None
        return last.outcome if isinstance(last, RunEnded) else "interrupted"

    async def damage(self) -> str:
        """A list has no chain to check."""
        return ""
