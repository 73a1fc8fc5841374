"""Arms of an experiment that a person wants no more runs of, kept so that it goes on without them."""

import asyncio
from collections.abc import Callable, Iterable

from engine.drift.racing import FixedPlan, RacePlan
from engine.errors import StoreError


class Dropping:
    """Tells the plan which arms are dropped, and the store after it."""

    def __init__(
        self,
        plan: FixedPlan | RacePlan,
        arms: Iterable[int],
        *,
        keep: Callable[[frozenset[int]], None],
        on_error: Callable[[StoreError], None],
    ) -> None:
        """`arms`: those that were dropped before; `keep` waits for the disk, in a thread."""
        self._plan = plan
        self._arms = set(arms)
        self._keep = keep
        self._on_error = on_error
        self._changed = False
        self._keeping: asyncio.Task[None] | None = None
        for arm in self._arms:
            plan.drop(arm)

    @property
    def arms(self) -> frozenset[int]:
        """Those that are dropped."""
        return frozenset(self._arms)

    def drop(self, arm: int) -> None:
        """Begin no more runs of an arm."""
        self._plan.drop(arm)
        self._arms.add(arm)
        self._remember()

    def take_back(self, arm: int) -> None:
        """Begin runs of it again."""
        self._plan.take_back(arm)
        self._arms.discard(arm)
        self._remember()

    async def kept(self) -> None:
        """Wait until the store knows."""
        if self._keeping is not None:
            await asyncio.wait([self._keeping])

    def _remember(self) -> None:
        self._changed = True
        if self._keeping is None or self._keeping.done():
            self._keeping = asyncio.create_task(self._write(), name="dropped arms")

    async def _write(self) -> None:
        """One write after the other, so that the last one is what stays."""
        while self._changed:
            self._changed = False
            try:
                await asyncio.to_thread(self._keep, self.arms)
            except StoreError as error:
                self._on_error(error)
