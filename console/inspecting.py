"""What the console's model says of recorded prompts: asked once for each, and kept while it is open."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from console.view.inspected import Sent
from console.view.priming import PrimingView
from engine.influence import Influence, influences
from engine.model.protocol import Scored
from engine.run import Sampling

if TYPE_CHECKING:
    from console.app import DrifttyApp

Key = tuple[str, tuple[int, ...]]


class Inspecting:
    """Scores completions and weighs turns on the loaded model, where it is the one that was asked."""

    def __init__(self, app: "DrifttyApp") -> None:
        self._app = app
        self._scores: dict[Key, Scored] = {}
        self._weights: dict[Key, tuple[Influence, ...]] = {}

    def missing(self, sent: Sent) -> str:
        """Why the loaded model cannot be asked about a prompt; empty where it can."""
        status = self._app.worker.status
        if status is None or status.state != "ready" or status.provenance is None:
            return f"no model is ready here ({self._app.worker.words()})"
        here, there = status.provenance, sent.provenance
        if there is None:
            return "the recording does not say which model was asked"
        if (here.weights, here.tokenizer, here.template) != (
            there.weights,
            there.tokenizer,
            there.template,
        ):
            return f"this console runs {here.model}, and {there.model} was asked, or another copy"
        return ""

    def scored(self, sent: Sent) -> Scored | None:
        """What is known of a completion already."""
        return self._scores.get(_completion(sent))

    def weights(self, sent: Sent) -> tuple[Influence, ...]:
        """What is known of how much each turn matters; empty before it was asked."""
        return self._weights.get(_prompt(sent), ())

    async def score(self, sent: Sent) -> Scored:
        """Put a prompt's completion through the model. Raises `ModelError`."""
        key = _completion(sent)
        if key not in self._scores:
            self._scores[key] = await self._app.driver.score(
                sent.ids,
                sent.wrote.ids,
                seam=sent.seam,
                sampling=sent.sampling or Sampling(),
                rng=sent.spec.rng if sent.spec else 0,
                turn=sent.turn,
            )
        return self._scores[key]

    async def weigh(
        self, sent: Sent, priming: PrimingView | None = None
    ) -> AsyncIterator[Influence]:
        """How much each seed turn matters, one after the other; kept once all are known, and shown in
        `priming`.

        Raises `ModelError`.
        """
        found: list[Influence] = []
        async for one in influences(
            self._app.driver,
            sent.ids,
            sent.turns,
            of=sent.seed_turns,
            seam=sent.seam,
            sampling=sent.sampling or Sampling(),
            rng=sent.spec.rng if sent.spec else 0,
            turn=sent.turn,
        ):
            found.append(one)
            yield one
        self._weights[_prompt(sent)] = tuple(found)
        self.show(sent, priming)

    def show(self, sent: Sent, priming: PrimingView | None) -> None:
        """Put what is known of how much each turn matters beside the turns, if it shows them."""
        found = self.weights(sent)
        if priming is not None and found and sent.turns[: sent.seed_turns] == priming.seeded:
            priming.matter(found)
            self._app.pump.wake()


def _prompt(sent: Sent) -> Key:
    return (sent.provenance.weights if sent.provenance else "", sent.ids)


def _completion(sent: Sent) -> Key:
    weights, ids = _prompt(sent)
    return (f"{weights} {len(ids)}", ids + sent.wrote.ids)
