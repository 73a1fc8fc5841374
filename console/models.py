"""Where an experiment's models come from: one of its own at a time, or the one that is loaded here."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import Protocol

from console.cli.options import ModelChoice
from console.snapshot import Snapshot
from engine.model.client import WorkerModel
from engine.model.protocol import Model
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerOptions, WorkerStatus
from sessions.kept import Stretch

DEMO = "demo"
"""The model's name where the scripted operator takes its place."""

Told = Callable[[WorkerStatus], None]
AnyModel = WorkerModel | ScriptedModel


class Models(Protocol):
    """Where an experiment gets its models from, one at a time."""

    def use(
        self, model: str, pinned: Stretch | None, told: Told
    ) -> AbstractAsyncContextManager[Model]:
        """A model by its name, for as long as this is open; it may still be loading.

        `pinned`: on what its first runs were made, or what was asked for; what is empty may be any.
        `told` hears how it stands, now and at every change.
        """
        ...


def make_model(choice: ModelChoice, told: Told, *, pace: float = 1.0) -> AnyModel:
    """A model in a worker of its own, or the scripted operator; nothing is started yet."""
    if choice.model == DEMO:
        return ScriptedModel.demo(pace=pace, on_status=told)
    options = WorkerOptions(
        model=choice.model, device=choice.device, dtype=choice.dtype, threads=choice.threads
    )
    return WorkerModel(options, on_status=told)


@asynccontextmanager
async def serving(model: AnyModel, snapshot: Snapshot) -> AsyncIterator[None]:
    """Load a model and keep it, asked now and then how it is; on leaving nothing is left of it."""
    following = asyncio.create_task(snapshot.follow(model))
    model.start()
    try:
        yield
    finally:
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await model.aclose()


class OwnModels:
    """Loads each model when it is wanted, and ends its worker after."""

    def __init__(self, choice: ModelChoice, snapshot: Snapshot, *, pace: float = 1.0) -> None:
        """`choice`: device, dtype and threads for all of them; `pace` is the scripted operator's."""
        self._choice = choice
        self._snapshot = snapshot
        self._pace = pace

    @asynccontextmanager
    async def use(self, model: str, pinned: Stretch | None, told: Told) -> AsyncIterator[Model]:
        """A model of its own."""

        def tell(status: WorkerStatus) -> None:
            self._snapshot.worker(status)
            told(status)

        made = make_model(again(self._choice, model, pinned), tell, pace=self._pace)
        tell(made.status)
        async with serving(made, self._snapshot):
            yield made


class SharedModel:
    """The model that is loaded here already, where it is the one; else one of its own."""

    def __init__(
        self,
        model: AnyModel,
        choice: ModelChoice,
        on_worker: Callable[[Told], Callable[[], None]],
        others: Models,
    ) -> None:
        """`on_worker` subscribes to how the model stands and returns what ends that."""
        self._model = model
        self._choice = choice
        self._on_worker = on_worker
        self._others = others

    def serves(self, model: str, pinned: Stretch | None) -> bool:
        """Whether the loaded model is this one, on what its first runs were made with."""
        if model != self._choice.model:
            return False
        known = self._model.status.provenance
        if pinned is None or known is None:
            return True
        device = pinned.device.partition(" ")[0]
        return known.device.startswith(device) and pinned.dtype in ("", known.dtype)

    @asynccontextmanager
    async def use(self, model: str, pinned: Stretch | None, told: Told) -> AsyncIterator[Model]:
        """The loaded model, which stays; rows of runs and of experiments share its batch."""
        if not self.serves(model, pinned):
            async with self._others.use(model, pinned, told) as other:
                yield other
            return
        if self._model.status.state == "failed":
            self._model.start()
        ends = self._on_worker(told)
        try:
            yield self._model
        finally:
            ends()


def again(choice: ModelChoice, model: str, pinned: Stretch | None) -> ModelChoice:
    """The choice that gives a model on what is pinned of it, and else as it was chosen."""
    if pinned is None:
        return ModelChoice(model, choice.device, choice.dtype, choice.threads)
    device = pinned.device.partition(" ")[0] or choice.device
    return ModelChoice(model, device, pinned.dtype or choice.dtype, choice.threads)
