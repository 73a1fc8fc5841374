"""Recorded runs, scored again: what differs is counted, and told a near-tie or a real difference."""

from collections.abc import AsyncIterator

import msgspec
import pytest

from engine.divergence import DivergenceRate, divergence
from engine.drift.interval import confidence_sequence
from engine.events import AnyEvent, CompletionEnded, PromptSent, Provenance, TokensSampled
from engine.model.catalogue import EMBEDDED, ModelFiles
from engine.model.client import WorkerModel
from engine.model.pieces import encode
from engine.model.script import ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.model.supervisor import WorkerOptions
from engine.run import Sampling
from tests.engine.rerun.recorded import planted, record, record_on, script, spec

(OTHER,) = encode("zz")
LEADS = (5.0, 0.1, 5.0, 5.0, 5.0)
SAYS = script("hostname", "uname -r", ScriptedCompletion(text="exit", leads=LEADS))


class Halved(ScriptedModel):
    """A script whose numbers have the noise of a format."""

    dtype = "bfloat16"

    @property
    def provenance(self) -> Provenance:
        return msgspec.structs.replace(super().provenance, dtype=self.dtype)


async def each(*recordings: list[AnyEvent]) -> AsyncIterator[list[AnyEvent]]:
    for events in recordings:
        yield events


async def found(*recordings: list[AnyEvent], enough: int = 10**6) -> DivergenceRate:
    model = Halved(SAYS, pace=0)
    try:
        return await divergence(model, each(*recordings), enough=enough)
    finally:
        await model.aclose()


def sampled(events: list[AnyEvent]) -> int:
    return sum(len(event.ids) for event in events if isinstance(event, TokensSampled))


async def test_a_run_scored_by_what_made_it_differs_nowhere() -> None:
    events = await record(SAYS)
    rate = await found(events)
    assert (rate.tokens, rate.differing) == (sampled(events), 0)
    assert rate.turns == sum(isinstance(event, CompletionEnded) for event in events)
    assert rate.deviation == 0
    assert rate.rate == rate.low == 0 < rate.high


async def test_a_token_that_lay_within_the_noise_is_a_near_tie_and_one_beyond_it_is_real() -> None:
    events = await record(SAYS)
    near = await found(planted(events, 3, 1, OTHER))
    assert (near.differing, near.near_ties, near.real) == (1, 1, 0)
    assert near.deviation > 0
    assert "rounding explains them all" in near.sentence
    real = await found(planted(events, 3, 0, OTHER))
    assert (real.differing, real.near_ties, real.real) == (1, 0, 1)
    assert "see driftty verify" in real.sentence


async def test_what_differs_is_counted_over_the_runs_with_an_honest_interval() -> None:
    events = await record(SAYS)
    rate = await found(events, planted(events, 3, 1, OTHER), events)
    interval = confidence_sequence(1, rate.tokens - 1)
    assert rate.runs == 3
    assert rate.tokens == 3 * sampled(events)
    assert (rate.low, rate.high) == (interval.low, interval.high)
    document = rate.to_document()
    assert document["rate"] == pytest.approx(1 / rate.tokens)
    assert document["near_ties"] == 1
    assert msgspec.json.decode(msgspec.json.encode(document))["dtype"] == "bfloat16"


async def test_no_more_runs_are_scored_than_are_enough() -> None:
    events = await record(SAYS)
    rate = await found(events, events, events, enough=sampled(events) + 1)
    assert rate.runs == 2


async def test_a_turn_whose_prompt_is_made_otherwise_now_is_left_out_and_said() -> None:
    def shifted(event: AnyEvent) -> AnyEvent:
        if isinstance(event, PromptSent) and event.turn == 2:
            return msgspec.structs.replace(event, ids=(OTHER, *event.ids))
        return event

    events = await record(SAYS)
    rate = await found([shifted(event) for event in events])
    assert rate.skipped >= 1
    assert rate.tokens < sampled(events)


async def test_nothing_to_compare_is_no_rate() -> None:
    rate = await found()
    assert (rate.rate, rate.low, rate.high) == (None, 0, 1)
    assert "no recorded token" in rate.sentence


@pytest.mark.model
@pytest.mark.xdist_group("worker")
async def test_in_float32_the_model_draws_every_token_again(embedded_model: ModelFiles) -> None:
    model = WorkerModel(WorkerOptions(model=EMBEDDED, dtype="float32"))
    try:
        run = spec(turns=2, sampling=Sampling(temperature=0.9, max_tokens=12))
        events = await record_on(model, run)
        rate = await divergence(model, each(events))
    finally:
        await model.aclose()
    assert rate.tokens == sampled(events) > 0
    assert rate.differing == 0
    assert rate.deviation < 1e-3
