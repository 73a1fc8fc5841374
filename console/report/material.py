"""What a report is written from: an experiment out of the store, its recordings' origins, examples."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from console.diverging import Diverging
from engine.divergence import DivergenceRate
from engine.drift.result import RunResult
from engine.errors import StoreError
from engine.events import AnyEvent, ShellStarted
from sessions.aftermath import Ran, commands
from sessions.experiments import Experiments, Kept
from sessions.export.redact import redact
from sessions.library import Library
from sessions.origins import Origins, origins
from sessions.transcript import Passage, Transcript

_UNSHOWN = frozenset(("seed", "stages", "verdict"))
"""Passages that an example leaves out: the seed is shown with its config."""


class Example(msgspec.Struct, frozen=True, kw_only=True):
    """One run, told."""

    result: RunResult
    kind: str
    """Of what it is an example: `clean`, `no-exit` or a kind of drift."""
    passages: tuple[Passage, ...]
    """As recorded but for secrets, which are masked; empty where the recording is gone."""
    masked: int
    """How many secrets were."""
    sandbox: str
    """In what its shell ran, in words."""


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """All of it."""

    kept: Kept
    origins: Origins
    examples: tuple[Example, ...]
    commands: Mapping[str, Sequence[Ran]] = msgspec.field(default_factory=dict)
    """What every recorded run gave to its shell, by session."""
    divergence: DivergenceRate | None = None
    """How often lower precision changed a token; none where that was not measured."""


async def gather(typed: str, path: Path | None = None) -> Material:
    """Everything that a report on an experiment needs from the store.

    `typed`: the beginning of its id, or `last`. Raises `StoreError`.
    """
    kept = await asyncio.to_thread(Experiments(path).read, typed)
    came = await asyncio.to_thread(origins, kept.experiment.id, path)
    async with Library.open(path) as library:
        examples = [await _told(library, kind, result) for kind, result in chosen(kept)]
    ran = await asyncio.to_thread(commands, kept.experiment.id, path)
    diverged = await asyncio.to_thread(Diverging(path).kept, kept.settled)
    return Material(
        kept=kept, origins=came, examples=tuple(examples), commands=ran, divergence=diverged
    )


def chosen(kept: Kept) -> Iterator[tuple[str, RunResult]]:
    """The runs to show: of each outcome and each kind of drift, the first in planned order.

    Clean ones first, of several turns where there is one: a run that leaves at once shows nothing.
    """
    settled = kept.settled
    clean = [result for result in settled if result.outcome == "clean"]
    longer = [result for result in clean if result.turns > 1 and result.done is not False]
    for result in (longer or clean)[:1]:
        yield "clean", result
    kinds: dict[str, RunResult] = {}
    for result in settled:
        kind = result.drift_kind if result.outcome == "drift" else result.outcome
        if kind is not None and kind != "clean":
            kinds.setdefault(kind, result)
    yield from sorted(kinds.items())


async def _told(library: Library, kind: str, result: RunResult) -> Example:
    try:
        events = [event async for event in library.events(result.session)]
    except StoreError:
        events = []
    shown, secrets = redact(events)
    transcript = Transcript()
    passages = [passage for event in shown for passage in transcript.tell(event)]
    return Example(
        result=result,
        kind=kind,
        passages=tuple(passage for passage in passages if passage.kind not in _UNSHOWN),
        masked=len(secrets),
        sandbox=_sandbox(shown),
    )


def _sandbox(events: "list[AnyEvent]") -> str:
    started = (event for event in events if isinstance(event, ShellStarted))
    return next((f"{event.sandbox}: {event.detail}" for event in started), "")
