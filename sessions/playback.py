"""The clock of a playback: which events of a recording ought to have been shown by now.

Time is measured from an anchor, a moment of the wall clock at which the play head stood somewhere,
and never added up from sleeps: so nothing drifts, and whoever was late is on time with the next event.
"""

import math
from array import array
from bisect import bisect_right
from collections.abc import Callable

from sessions.playbackindex import Index

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
IDLE_SECONDS = (0.5, 1.0, 2.0, 5.0, None)
"""What idle time may be shortened to; none leaves it as it was."""
IDLE = 2.0


class Playback:
    """A play head over an index. Positions are numbers of events; played time has idle time cut."""

    def __init__(
        self,
        index: Index,
        now: Callable[[], float],
        *,
        speed: float = 1.0,
        idle: float | None = IDLE,
    ) -> None:
        """`now`: a monotonic clock in seconds. `idle`: no longer than so many seconds between two
        events; none for as long as it was."""
        self.index = index
        self.speed = speed
        self.idle = idle
        self.position = 0
        """How many events have been passed."""
        self.playing = False
        self.open_end = True
        """Whether more may come: it is still being read, or recorded."""
        self.pinned = False
        """Whether the play head keeps to the end, where new events are shown as they come."""
        self._now = now
        self._anchor = (0.0, 0.0)
        """Wall clock and played time, both in seconds, at which the head was set."""
        self._times = array("d")

    @property
    def moment(self) -> float:
        """Where the head is in played time, seconds."""
        wall, played = self._anchor
        if self.playing:
            played += (self._now() - wall) * self.speed
        return min(played, self.total)

    @property
    def total(self) -> float:
        """Played time of the whole recording, seconds."""
        times = self._measured()
        return times[-1] if times else 0.0

    def played(self, position: int) -> float:
        """The played time of a position, seconds."""
        return self._measured()[position - 1] if position > 0 else 0.0

    def played_at(self, at: int) -> float:
        """The played time of a recorded one, nanoseconds since the session's start."""
        place = bisect_right(self.index.ats, at)
        before = self.index.ats[place - 1] if place else 0
        return min(
            self.played(place) + (at - before) / 1e9, self.played(min(place + 1, len(self.index)))
        )

    def position_at(self, played: float) -> int:
        """The position that a played time has reached."""
        return bisect_right(self._measured(), played)

    def learn(self) -> None:
        """Measure what the index has learnt, so that it need not be done when time matters."""
        self._measured()

    def due(self) -> int:
        """The position that ought to be reached by now; never before where the head is."""
        if not self.playing:
            return self.position
        if self.pinned:
            return len(self.index)
        wall, played = self._anchor
        reached = self.position_at(played + (self._now() - wall) * self.speed)
        return max(self.position, reached)

    def wait(self) -> float | None:
        """Seconds until the next event is due; none where nothing is to come by itself."""
        if not self.playing or self.position >= len(self.index):
            return None
        if self.pinned:
            return 0.0
        wall, played = self._anchor
        ahead = self._measured()[self.position] - played
        return max(0.0, ahead / self.speed - (self._now() - wall))

    def passed(self, position: int) -> None:
        """Events up to a position have been shown. At the end the head stops, or keeps to it."""
        self.position = position
        if self.playing and position >= len(self.index):
            if self.open_end:
                self.pinned = True
            else:
                self.pause()

    def play(self) -> None:
        """Go on from where the head is; nothing where it goes already."""
        if not self.playing:
            self._set(self._anchor[1])
            self.playing = True

    def pause(self) -> None:
        """Stop where the head is."""
        moment = self.moment
        self.playing = self.pinned = False
        self._set(moment)

    def jump(self, position: int) -> None:
        """Put the head where a position was just reached."""
        self.position = position
        self.pinned = self.playing and self.open_end and position >= len(self.index)
        self._set(self.played(position))

    def set_speed(self, speed: float) -> None:
        """Go faster or slower from here."""
        moment = self.moment
        self.speed = speed
        self._set(moment)

    def set_idle(self, idle: float | None) -> None:
        """Shorten idle time to something else; the head stays at the same event."""
        since = self.moment - self.played(self.position)
        self.idle = idle
        self._times = array("d")
        ahead = self.played(min(self.position + 1, len(self.index)))
        self._set(min(self.played(self.position) + max(0.0, since), ahead))

    def _set(self, played: float) -> None:
        self._anchor = (self._now(), played)

    def _measured(self) -> "array[float]":
        """Played time of every event that is known of."""
        times, ats = self._times, self.index.ats
        known = len(times)
        if known < len(ats):
            longest = math.inf if self.idle is None else self.idle * 1e9
            before, total = (ats[known - 1], times[-1] * 1e9) if known else (0, 0.0)
            for at in ats[known:]:
                total += min(at - before, longest)
                before = at
                times.append(total / 1e9)
        return times
