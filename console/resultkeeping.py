"""Results on their way into the store: kept in batches, behind their recordings, and only then told."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from engine.errors import StoreError
from engine.events import AnyEvent
from engine.replicate import Journal
from sessions.kept import Kept, KeptRun, Stretch

UNKEPT = 64
"""So many results may wait for the disk before no more runs are begun: a race would go on blindly, and
memory would fill."""


class Recording(Journal, Protocol):
    """What an experiment needs of the store for its sessions."""

    async def flush(self) -> None:
        """Return when everything recorded so far would survive a power cut."""
        ...


class Results(Protocol):
    """What an experiment needs of the store for its results."""

    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        """Keep what cells came to; durable on return. Waits for the disk."""
        ...

    def take_up(self, typed: str, n: int | None = None) -> Kept:
        """Raise an experiment's replicates to `n`."""
        ...

    def set_out(self, experiment: str, stretch: Stretch) -> int:
        """Keep on what cells are going to be run; returns the stretch's place."""
        ...

    def drop(self, experiment: str, arms: Collection[int]) -> None:
        """Keep which arms get no more runs."""
        ...


class ResultKeeping:
    """Keeps the results of one experiment; to its runs, a journal with room only where it keeps up."""

    def __init__(
        self,
        experiment: str,
        recording: Recording,
        results: Results,
        *,
        seconds: Callable[[], float],
        on_kept: Callable[[Sequence[KeptRun]], None],
    ) -> None:
        """`seconds`: how long runs have gone on by now; `on_kept` is told what is durable."""
        self._experiment = experiment
        self._recording = recording
        self._results = results
        self._seconds = seconds
        self._on_kept = on_kept
        self._waiting: list[KeptRun] = []
        self._unkept = 0
        self._changed = asyncio.Event()
        self._kept_up = asyncio.Event()
        self._no_more = False
        self._place = -1
        self._began = 0.0

    def record(self, session: str, event: AnyEvent) -> None:
        """Take an event to be written."""
        self._recording.record(session, event)

    async def room(self) -> None:
        """Wait until little is unwritten, of events and of results."""
        await self._recording.room()
        while self._unkept >= UNKEPT:
            self._kept_up.clear()
            await self._kept_up.wait()

    async def set_out(self, stretch: Stretch) -> None:
        """Results come of this stretch from now on, when those of the last are kept.

        Raises `StoreError`.
        """
        await self.all_kept()
        self._place = await asyncio.to_thread(self._results.set_out, self._experiment, stretch)
        self._began = self._seconds()

    async def all_kept(self) -> None:
        """Wait until every result that came is kept."""
        while self._unkept:
            self._kept_up.clear()
            await self._kept_up.wait()

    def put(self, run: KeptRun) -> None:
        """Take a result to be kept."""
        self._waiting.append(run)
        self._unkept += 1
        self._changed.set()

    def close(self) -> None:
        """No more results come."""
        self._no_more = True
        self._changed.set()

    async def run(self) -> None:
        """Keep what comes, until it is closed and all is kept. Raises `StoreError`."""
        self._no_more = False
        while self._waiting or not self._no_more:
            if not self._waiting:
                self._changed.clear()
                await self._changed.wait()
                continue
            batch, self._waiting = self._waiting, []
            try:
                await self._keep(batch)
            except StoreError:
                # Where there is room again, they are kept first.
                self._waiting[:0] = batch
                raise
            self._unkept -= len(batch)
            self._on_kept(batch)
            self._kept_up.set()

    async def _keep(self, batch: Sequence[KeptRun]) -> None:
        await self._recording.flush()
        seconds = self._seconds() - self._began
        await asyncio.to_thread(self._results.add, self._experiment, batch, self._place, seconds)
