"""Work for what was asked last: what was asked before and not begun is left out.

What is under way is finished, never cancelled, so that no connection is left half open.
"""

from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Latest(Generic[T]):
    """One piece of work at a time, always the newest wish."""

    def __init__(
        self,
        work: Callable[[T], Awaitable[None]],
        start: Callable[[Coroutine[Any, Any, None]], object],
    ) -> None:
        """`start` makes a task of a coroutine."""
        self._work, self._start = work, start
        self._wish: list[T] = []
        """At most one."""
        self.busy = False
        """Whether something is under way."""

    def ask(self, wish: T) -> None:
        """Have this done next, instead of anything that waits."""
        self._wish = [wish]
        if not self.busy:
            self.busy = True
            self._start(self._run())

    @property
    def waiting(self) -> bool:
        """Whether there is a newer wish than the one being worked on."""
        return bool(self._wish)

    async def _run(self) -> None:
        try:
            while self._wish:
                await self._work(self._wish.pop())
        finally:
            self.busy = False
