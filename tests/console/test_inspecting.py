"""What is displayed of a prompt is what the model's process received, id by id."""

import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest

from console.inspecting import Inspecting
from console.panes.payloadrows import Manner, Row, rows
from console.view.inspectcopy import as_ids, as_text
from console.view.inspected import inspected
from console.view.payload import PayloadView
from engine.influence import influences
from engine.model.catalogue import EMBEDDED, ModelFiles
from engine.model.client import WorkerModel
from engine.model.protocol import CompletionReply, Model, Prompted
from engine.model.supervisor import WorkerOptions
from engine.run import Sampling
from engine.scrollback import Payload
from tests.console.open import console
from tests.engine.trial import Trial

pytestmark = pytest.mark.shell


class Tap:
    """A model of which it is kept what it received, as it says itself."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.received: list[Payload] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    async def complete(self, *turns: Any, **asked: Any) -> AsyncIterator[CompletionReply]:
        async for reply in self._model.complete(*turns, **asked):
            if isinstance(reply, Prompted):
                self.received.append(reply.payload)
            yield reply


async def folded(trial: Trial) -> tuple[Tap, PayloadView]:
    """Run a trial; what its model received, and the view of what it told."""
    tap = Tap(trial.model)
    trial.model = tap  # type: ignore[assignment]  # it passes everything on
    await trial.run()
    view = PayloadView()
    for event in trial.events:
        view.apply(event)
    return tap, view


def displayed(view: PayloadView, index: int) -> list[int]:
    """The ids that are drawn of a prompt, read from its rows."""
    shown = view.inspected(index)
    assert shown is not None
    text = "".join(
        row.part.text[row.start : row.stop]
        for row in rows(shown, Manner(ids=True), 100, {})
        if isinstance(row, Row)
    )
    return [int(token.split("·")[0]) for token in text.split("│")[1:]]


async def test_the_ids_displayed_are_those_that_a_scripted_model_received() -> None:
    tap, view = await folded(Trial("hostname", "ls -la", "exit"))
    assert len(tap.received) == len(view) == 3
    for index, payload in enumerate(tap.received):
        assert displayed(view, index) == list(payload.ids)
        sent = view.sent(index)
        assert sent is not None
        assert json.loads(as_ids(inspected(sent))) == list(payload.ids)
        assert sent.cached == payload.cached
        assert sent.spans == payload.spans


@pytest.mark.model
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("worker")
async def test_the_ids_displayed_are_those_that_the_real_worker_received(
    embedded_model: ModelFiles,
) -> None:
    from transformers import AutoTokenizer  # only where the real model is wanted

    trial = Trial(turns=2, drift="continue")
    trial.steering.sampling = Sampling(max_tokens=12)
    trial.model = WorkerModel(WorkerOptions(model=EMBEDDED, dtype="float32"))  # type: ignore[assignment]  # another model
    worker = trial.model
    closing = worker.aclose

    async def not_yet() -> None:
        """The run ends its model; here it is asked once more after."""

    worker.aclose = not_yet  # type: ignore[method-assign]  # put back below
    try:
        tap, view = await folded(trial)
        assert len(tap.received) == len(view) >= 1
        tokenizer = AutoTokenizer.from_pretrained(embedded_model.folder)
        for index, payload in enumerate(tap.received):
            assert displayed(view, index) == list(payload.ids)
            shown = view.inspected(index)
            assert shown is not None
            assert as_text(shown) == tokenizer.decode(payload.ids)
        first = view.sent(0)
        assert first is not None
        found = [
            one
            async for one in influences(
                worker, first.ids, first.turns, of=2, seam=first.seam,
                sampling=Sampling(), rng=42, turn=1,
            )
        ]  # fmt: skip
        recorded = dict(first.wrote.weighed)[0]
        assert math.isclose(found[0].whole, recorded, abs_tol=1e-4)
        assert all(0 <= one.without <= 1 and one.tokens > 0 for one in found)
    finally:
        await closing()


async def test_only_the_model_that_was_asked_is_asked_about_a_prompt() -> None:
    _, view = await folded(Trial("exit"))
    sent = view.sent()
    assert sent is not None
    app = console()
    async with app.run_test() as pilot:
        await pilot.pause()
        inspecting = Inspecting(app)
        assert "no model is ready" in inspecting.missing(sent)
