"""How often lower precision changed a token of an experiment, measured once its runs are there.

A sample of its recordings is scored again alone, and what that came to is kept with each of them, so
that an experiment that goes on or is read later need not do it again.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from engine.divergence import ENOUGH_TOKENS, EXACT, DivergenceRate, rescore, together
from engine.drift.result import RunResult
from engine.errors import ModelError
from engine.model.protocol import Model
from sessions.findings import Findings
from sessions.library import Library

MOST_RUNS = 200
"""Recordings that are looked at: runs that write little say little."""


class Diverging:
    """Measures for one store."""

    def __init__(self, path: Path | None = None, *, enough: int = ENOUGH_TOKENS) -> None:
        """The person's own store by default; `enough` tokens are compared, or somewhat more."""
        self._path = path
        self._findings = Findings(path)
        self._enough = enough

    async def measure(self, model: Model, results: Iterable[RunResult]) -> None:
        """Score a sample of runs that this model made again, unless its numbers are exact.

        Where the model goes away, what was measured by then stands: the runs do not depend on it.
        Raises `StoreError`.
        """
        if model.provenance.dtype in EXACT:
            return
        with suppress(ModelError):
            await self._measure(model, results)

    async def _measure(self, model: Model, results: Iterable[RunResult]) -> None:
        compared, dtype = 0, model.provenance.dtype
        async with Library.open(self._path) as library:
            for result in sample(results):
                if compared >= self._enough:
                    return
                found = await asyncio.to_thread(self._kept, result.session)
                if found is None:
                    events = [event async for event in library.events(result.session)]
                    found = await rescore(model, events)
                    by = f"{dtype} on {model.provenance.device}"
                    await asyncio.to_thread(
                        self._findings.keep, result.session, "rescored", by, found
                    )
                compared += found.tokens

    def kept(self, results: Iterable[RunResult]) -> DivergenceRate | None:
        """What was measured of runs by now; none where nothing was. Raises `StoreError`.

        Not for an event loop.
        """
        found = []
        for result in sample(results):
            each = self._kept(result.session)
            if each is None:
                break
            found.append(each)
        return together(found) if found else None

    def _kept(self, session: str) -> DivergenceRate | None:
        findings = self._findings.of(session, "rescored")
        return findings[0].read(DivergenceRate) if findings else None


def sample(results: Iterable[RunResult]) -> Sequence[RunResult]:
    """The runs that are looked at, in planned order: one of each config and task after the other."""
    counting = (result for result in results if result.counts)
    ordered = sorted(counting, key=lambda each: (each.replicate, each.task, each.config))
    return ordered[:MOST_RUNS]
