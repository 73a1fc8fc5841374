"""The console's experiments: kept, begun, run one at a time behind the screens, and gone on with."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from console.experiment.shelved import Shelved
from console.experimenting import Experimenting
from engine.errors import DrifttyError
from engine.experiment import Experiment
from sessions.experimentfollow import Following
from sessions.experiments import Experiments
from sessions.kept import Kept, Outline, Placement


class Opening(Protocol):
    """How an experiment is opened to be run: its model, its recorder, its place in the store."""

    def __call__(self, kept: Kept, /) -> AbstractAsyncContextManager[Experimenting]:
        """The experiment, ready to run. Raises `DrifttyError` where it cannot be."""
        ...


class Laboratory:
    """What the screens ask of experiments. All of it on the event loop; the disk in threads."""

    def __init__(
        self,
        opening: Opening,
        *,
        complain: Callable[[DrifttyError], None],
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """`complain` is told why an experiment ended before its end; `changed`, that one began or
        ended.
        """
        self._opening = opening
        self._complain = complain
        self._changed = changed
        self._experiments = Experiments()
        self._task: asyncio.Task[None] | None = None
        self._at_work = ""
        self.running: Experimenting | None = None
        """The experiment under way; none while none is, or while it is only being opened."""

    @property
    def at_work(self) -> str:
        """The id of the experiment under way or being opened; empty where none is."""
        return self._at_work if self._task is not None and not self._task.done() else ""

    async def outlines(self) -> list[Outline]:
        """The experiments there are, the newest first. Raises `StoreError`."""
        return await asyncio.to_thread(self._experiments.outlines)

    async def shelved(self, experiment: str) -> Shelved:
        """An experiment as it lies in the store, to be followed there. Raises `StoreError`."""

        def read() -> Shelved:
            kept = self._experiments.read(experiment)
            known = [run.result.session for run in kept.runs]
            return Shelved(kept, Following(kept.experiment.id, known))

        return await asyncio.to_thread(read)

    async def begin(self, experiment: Experiment, placement: Placement) -> None:
        """Keep a new experiment and run it. Raises `DrifttyError` while another is under way."""
        self._see_it_is_free()

        def keep() -> Kept:
            self._experiments.begin(experiment, placement)
            return self._experiments.read(experiment.id)

        await self._start(await asyncio.to_thread(keep))

    async def go_on(self, experiment: str, n: int | None = None) -> None:
        """Run what is missing of an experiment; `n` raises its runs of each config on each task.

        Raises `DrifttyError` while another is under way, and `StoreError` where it cannot be had.
        """
        self._see_it_is_free()
        await self._start(await asyncio.to_thread(self._experiments.take_up, experiment, n))

    async def stop(self) -> None:
        """End the experiment under way; what was finished stays. Returns when it has ended."""
        if self._task is None:
            return
        if self.running is not None:
            self.running.stop()
        else:
            self._task.cancel()
        await asyncio.wait([self._task])

    def _see_it_is_free(self) -> None:
        if self.at_work:
            raise DrifttyError(
                f"Experiment {self.at_work} is under way; stop it before another is run. What it "
                "did is kept, and it can go on later."
            )

    async def _start(self, kept: Kept) -> None:
        """Open and run it; returns when it is there to be watched, or could not be opened."""
        opened = asyncio.Event()
        self._at_work = kept.experiment.id
        self._task = asyncio.create_task(
            self._run(kept, opened), name=f"experiment {self._at_work}"
        )
        self._task.add_done_callback(lambda _: opened.set())
        await opened.wait()

    async def _run(self, kept: Kept, opened: asyncio.Event) -> None:
        try:
            async with self._opening(kept) as experimenting:
                self.running = experimenting
                opened.set()
                self._changed()
                await experimenting.run()
        except DrifttyError as error:
            self._complain(error)
        finally:
            self.running = None
            # After the last step of this task, so that `at_work` is empty by then.
            asyncio.get_running_loop().call_soon(self._changed)
