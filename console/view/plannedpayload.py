"""The prompt that a plan would begin with, as if it had been sent, to be looked at before."""

from collections.abc import Iterator

from console.view.payload import PayloadView
from console.view.priming import PrimingView
from engine.events import (
    AnyEvent,
    ModelReady,
    PromptSent,
    Provenance,
    ScrollbackGrew,
    ScrollbackSeeded,
    SessionStarted,
    TokensNamed,
)
from engine.run import RunSpec
from engine.scrollback import Payload


def planned_payload(
    priming: PrimingView, spec: RunSpec, provenance: Provenance | None
) -> PayloadView | None:
    """What PRIMING shows of a plan, as its first prompt; none where it shows none, or no tokenizer
    has counted it yet. `provenance`: of the model that is loaded."""
    counted = priming.plan
    if counted is None:
        return None
    view = PayloadView()
    for event in _events(priming, counted, spec, provenance):
        view.apply(event)
    return view


def _events(
    priming: PrimingView, counted: Payload, spec: RunSpec, provenance: Provenance | None
) -> Iterator[AnyEvent]:
    yield SessionStarted(at=0, session="", version="", began="", spec=spec)
    if provenance is not None:
        yield ModelReady(at=0, provenance=provenance)
    yield ScrollbackSeeded(at=0, turns=priming.seeded)
    for turn in priming.live:
        yield ScrollbackGrew(at=0, turn=0, added=turn)
    names = dict(counted.names)
    yield TokensNamed(at=0, ids=tuple(names), texts=tuple(names.values()))
    yield PromptSent(
        at=0,
        turn=1,
        kept=0,
        ids=counted.ids,
        spans=counted.spans,
        seam=counted.seam,
        cached=counted.cached,
        window=counted.window,
    )
