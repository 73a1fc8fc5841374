"""Between the events and the screen: everything is folded, and drawn at most once a frame."""

from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

FRAME = 1 / 30
"""Seconds between two draws."""

SLICE = 1000
"""Events folded at a stretch; then the keys have their turn."""

E = TypeVar("E")


class Pump(Generic[E]):
    """Collects events as they come; folds and draws when the frame is due."""

    def __init__(
        self,
        fold: Callable[[E], None],
        draw: Callable[[], None],
        later: Callable[[float, Callable[[], None]], object],
        now: Callable[[], float],
    ) -> None:
        """`later(seconds, call)` arranges a call; `now` is a monotonic clock in seconds."""
        self._fold, self._draw, self._later, self._now = fold, draw, later, now
        self._queue: deque[E] = deque()
        self._armed = False
        self._drawn = 0.0
        self.frames = 0
        """How often the screen was drawn."""

    def put(self, event: E) -> None:
        """Take an event; costs no drawing."""
        self._queue.append(event)
        self._arm(FRAME)

    def wake(self) -> None:
        """Something else changed that is on screen: draw at the next frame."""
        self._arm(FRAME)

    @property
    def waiting(self) -> int:
        """Events not folded yet."""
        return len(self._queue)

    @property
    def idle(self) -> bool:
        """Whether nothing is left to fold or to draw."""
        return not self._queue and not self._armed

    def _arm(self, seconds: float) -> None:
        if not self._armed:
            self._armed = True
            self._later(seconds, self._frame)

    def _frame(self) -> None:
        self._armed = False
        for _ in range(min(SLICE, len(self._queue))):
            self._fold(self._queue.popleft())
        now = self._now()
        behind = bool(self._queue)
        if not behind or now - self._drawn >= FRAME:
            self._drawn = now
            self.frames += 1
            self._draw()
        if behind:
            self._arm(0.001)
