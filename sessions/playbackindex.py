"""What is where in a recording: when each event happened, and the places worth going to."""

from array import array
from bisect import bisect_left, bisect_right
from typing import Literal, NamedTuple, TypeAlias

from engine.events import (
    AnyEvent,
    CommandProposed,
    CommandSubmitted,
    DriftSeen,
    FaultSeen,
    RunEnded,
    Stage,
    StageTimed,
    TurnStarted,
    WorkerLost,
)
from sessions.playbacksource import Fact

MarkKind: TypeAlias = Literal["turn", "command", "drift", "approval", "fault", "end"]
"""`command`: one that went to the shell. `approval`: one that waited for a person's word."""

SHOWN: tuple[Stage, ...] = ("completion", "exec")
"""Stages long enough to be seen on a time line."""


class Mark(NamedTuple):
    """A place worth going to."""

    place: int
    kind: MarkKind
    turn: int
    words: str


class Stretch(NamedTuple):
    """A stage's span, nanoseconds since the session's start."""

    began: int
    ended: int
    stage: Stage


class Index:
    """Grows as a recording is read. A position is a number of events: those before it happened."""

    def __init__(self) -> None:
        self.ats = array("q")
        """When each event happened; never falling, whatever was recorded."""
        self.marks: dict[MarkKind, list[Mark]] = {
            kind: [] for kind in ("turn", "command", "drift", "approval", "fault", "end")
        }
        self.stretches: list[Stretch] = []
        self._turn = 0

    def __len__(self) -> int:
        """How many events are known of."""
        return len(self.ats)

    @property
    def took(self) -> int:
        """Nanoseconds from the session's start to its last event."""
        return self.ats[-1] if self.ats else 0

    def add(self, fact: Fact) -> None:
        """Take in the next event."""
        place = len(self.ats)
        self.ats.append(max(fact.at, self.took))
        if fact.event is not None:
            self._mark(place, fact.event)

    def at(self, position: int) -> int:
        """The time of a position: when the last event before it happened."""
        return self.ats[min(position, len(self.ats)) - 1] if position > 0 and self.ats else 0

    def position_at(self, at: int) -> int | None:
        """The position that a recorded time has reached, at least the first; none after the end."""
        return max(1, bisect_right(self.ats, at)) if self.ats and at <= self.took else None

    def turn(self, position: int) -> int:
        """The turn under way at a position; 0 before the first."""
        turns = self.marks["turn"]
        # A position is past an event when that has happened.
        count = bisect_left(turns, position, key=lambda mark: mark.place)
        return turns[count - 1].turn if count else 0

    def turn_position(self, turn: int) -> int | None:
        """Where a turn has just begun; none where the recording has no such turn."""
        for mark in self.marks["turn"]:
            if mark.turn == turn:
                return mark.place + 1
        return None

    def step(self, kind: MarkKind, position: int, by: int) -> int | None:
        """Where the next (`by` 1) or previous (-1) mark of a kind has just happened, if one has."""
        places = [mark.place + 1 for mark in self.marks[kind]]
        if by > 0:
            found = bisect_right(places, position)
            return places[found] if found < len(places) else None
        found = bisect_left(places, position)
        return places[found - 1] if found else None

    def _mark(self, place: int, event: AnyEvent) -> None:
        match event:
            case TurnStarted(turn=turn):
                self._turn = turn
                self._put(place, "turn", f"turn {turn}")
            case CommandSubmitted(command=command):
                self._put(place, "command", command)
            case DriftSeen(kind=kind):
                self._put(place, "drift", kind)
            case CommandProposed(command=command):
                self._put(place, "approval", command)
            case FaultSeen(why=why) | WorkerLost(why=why):
                self._put(place, "fault", why)
            case RunEnded(outcome=outcome):
                self._put(place, "end", outcome)
            case StageTimed(stage=stage, began=began, took=took) if stage in SHOWN:
                self.stretches.append(Stretch(max(0, began), max(0, began) + took, stage))
            case _:
                pass

    def _put(self, place: int, kind: MarkKind, words: str) -> None:
        self.marks[kind].append(Mark(place, kind, self._turn, words))
