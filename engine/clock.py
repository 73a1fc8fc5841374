"""One clock for a session: monotonic nanoseconds since its start."""

import time


class SessionClock:
    """Turns the machine's monotonic time into a session's."""

    def __init__(self, start: int | None = None) -> None:
        """`start`: monotonic nanoseconds at which the session began; now by default."""
        self.start = time.monotonic_ns() if start is None else start

    def now(self) -> int:
        """Nanoseconds since the session's start."""
        return time.monotonic_ns() - self.start

    def since_start(self, monotonic_ns: int) -> int:
        """A reading of the machine's monotonic clock, here or in the worker, on this clock."""
        return monotonic_ns - self.start
