"""How many threads a step gets: all cores, or one less, whichever is faster at the moment.

Neither is right for ever. On cores that nothing else uses, one more is nearly that much faster, as one
row waits for memory and many for arithmetic. But every product of a step waits for its slowest thread:
one other busy program, and a step on all cores takes three times as long as one that leaves it a core.
So now and then a few steps are run the other way, and the faster is kept; ever more rarely while it
stays the same. What is computed does not depend on it.
"""

import time
from collections import deque
from collections.abc import Callable
from statistics import median

import torch

_LOOKED_AT = 3
"""Steps of each way that are compared."""
_FIRST, _SOON, _LATE = 4, 32, 512
"""Steps before the first trial, after a change, and where nothing changes for long."""
_STEP = 16
"""What a step takes however few tokens it has, in tokens: measured with a small model on a CPU."""
_BETTER = 0.9
"""What the other way has to take of the time for it to be taken."""
_BAD = 1.5
"""Times as long as usual: a trial ends at once, and without one there is one."""


class Pace:
    """Chooses before each step, from how long the last ones took."""

    def __init__(
        self,
        most: int,
        clock: Callable[[], float] = time.perf_counter,
        choose: Callable[[int], None] = torch.set_num_threads,
    ) -> None:
        """`most`: cores, at least 2. `choose` is told the number of threads for what comes next."""
        self._most, self._clock, self._choose = most, clock, choose
        self._kinds: dict[int, _Kind] = {}
        self._kind = _Kind(uses_all=False)
        self._tokens = 0
        self._began = 0.0

    def begin(self, tokens: int) -> None:
        """A step of so many tokens begins; steps of like size are compared with each other."""
        size = tokens.bit_length()
        if size not in self._kinds:
            # What was faster for the last ones: there may be few steps of each size to find out.
            self._kinds[size] = _Kind(self._kind.settled)
        self._kind = self._kinds[size]
        self._tokens = tokens
        self._choose(self._most if self._kind.uses_all else self._most - 1)
        self._began = self._clock()

    def end(self) -> None:
        """It is over."""
        self._kind.took((self._clock() - self._began) / (self._tokens + _STEP))


class _Kind:
    """Steps of like size; `uses_all`: whether they begin with all cores."""

    def __init__(self, uses_all: bool) -> None:
        self._all = uses_all
        self._usual: deque[float] = deque(maxlen=_LOOKED_AT)
        self._other: list[float] | None = None
        """Of a trial under way: how long its steps took."""
        self._pause = self._left = _FIRST

    @property
    def settled(self) -> bool:
        """Whether all cores are used but for trials."""
        return self._all

    @property
    def uses_all(self) -> bool:
        """Whether the next step is to have all cores."""
        return self._all if self._other is None else not self._all

    def took(self, seconds: float) -> None:
        """A step took so long for each of its tokens."""
        if self._other is None:
            self._went_on(seconds)
        else:
            self._other.append(seconds)
            self._judge(self._other)

    def _went_on(self, seconds: float) -> None:
        full = len(self._usual) == _LOOKED_AT
        if self._all and full and seconds > _BAD * median(self._usual):
            self._left = 0
        self._usual.append(seconds)
        self._left -= 1
        if self._left <= 0 and len(self._usual) == _LOOKED_AT:
            self._other = []

    def _judge(self, other: list[float]) -> None:
        # The first step the other way also makes ready what the others find ready.
        tried, usual = other[1:], median(self._usual)
        bad = bool(tried) and tried[-1] > _BAD * usual
        if not bad and len(tried) < _LOOKED_AT:
            return
        self._other = None
        if not bad and median(tried) < _BETTER * usual:
            self._all = not self._all
            self._usual = deque(tried, maxlen=_LOOKED_AT)
            self._pause = _SOON
        else:
            self._pause = min(2 * self._pause, _LATE)
        self._left = self._pause
