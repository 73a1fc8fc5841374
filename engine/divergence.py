"""How often lower precision changed a token: recorded runs, scored again alone.

In float32 what a run draws does not depend on who shared its batch. In lower precision the order in
which numbers are added shows in the logits, and now and then another token wins. This measures how
often: each recorded completion is put through the model once more by itself, token by token as it was
written, and at each place the run's random numbers choose again. Where they choose another token, the
place is a near-tie if rounding explains by how little the recorded one missed, and else a real
difference: another model, another prompt, a fault (`engine.rerun.noise`).

A place counts by itself, given the tokens before it, so that one divergence is not followed by as many
as there are tokens left. The interval takes places as independent draws, which they are but for the
logits of one run having more or less noise than those of another.
"""

import math
from collections.abc import AsyncIterable, Iterable

import msgspec

from engine.drift.interval import ALPHA, confidence_sequence
from engine.errors import PromptUnsafe
from engine.events import AnyEvent
from engine.model.protocol import Model, Scored
from engine.rerun import noise
from engine.rerun.past import Attempt, Past, read_past

EXACT = frozenset(("float32", "float64", "none"))
"""Formats in which a divergence is none of rounding: for these nothing needs to be measured."""
ENOUGH_TOKENS = 1000
"""Half a minute on a CPU with a model of 135M; a rate of 1 % is known to lie between .3 and 2.6 %."""

_COUNTS = ("runs", "turns", "tokens", "differing", "near_ties", "real", "untold", "skipped")


class DivergenceRate(msgspec.Struct, frozen=True, kw_only=True):
    """How often recorded tokens are not drawn again."""

    dtype: str
    """In which the runs were recorded."""
    runs: int = 0
    turns: int = 0
    tokens: int = 0
    """That were compared."""
    differing: int = 0
    """Where another token is drawn: near-ties, real and untold ones together."""
    near_ties: int = 0
    """Where rounding explains it."""
    real: int = 0
    """Where it does not."""
    untold: int = 0
    """Where truncation now leaves the recorded token out, and by how little cannot be said."""
    skipped: int = 0
    """Turns that could not be compared: their prompt is not made the same any more."""
    allowed: float = 0.0
    """Logits that rounding is held to explain."""
    deviation: float = 0.0
    """Root mean square of the difference between a token's log-probability then and now."""
    alpha: float = ALPHA

    @property
    def rate(self) -> float | None:
        """The share of tokens that differ; none before the first."""
        return self.differing / self.tokens if self.tokens else None

    @property
    def low(self) -> float:
        """The least that the share may be."""
        return confidence_sequence(self.differing, self.tokens - self.differing, self.alpha).low

    @property
    def high(self) -> float:
        """The most that it may be."""
        return confidence_sequence(self.differing, self.tokens - self.differing, self.alpha).high

    @property
    def sentence(self) -> str:
        """What was found, in plain words."""
        if not self.tokens:
            return f"In {self.dtype} no recorded token could be scored again."
        told = (
            f"In {self.dtype}, of {self.tokens} recorded tokens scored again alone "
            f"{self.differing} would be another ({_percent(self.differing / self.tokens)}, "
            f"{_percent(self.low)} to {_percent(self.high)})"
        )
        kinds = [f"{self.near_ties} near-ties", f"{self.real} real"]
        kinds += [f"{self.untold} past a truncation"] if self.untold else []
        verdict = (
            "rounding explains them all"
            if self.differing == self.near_ties
            else "see driftty verify"
        )
        return f"{told}: {', '.join(kinds)}; {verdict}." if self.differing else f"{told}."

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            **msgspec.to_builtins(self),
            "rate": self.rate,
            "low": self.low,
            "high": self.high,
            "sentence": self.sentence,
        }


async def divergence(
    model: Model, recordings: AsyncIterable[list[AnyEvent]], *, enough: int = ENOUGH_TOKENS
) -> DivergenceRate:
    """Score recordings again, one after the other, until `enough` tokens are compared.

    `recordings`: each the events of a run that this model made, in an order that does not depend on
    what the runs came to. Raises `ModelError` where the model cannot answer.
    """
    await model.ready()
    found = DivergenceRate(dtype=model.provenance.dtype)
    async for events in recordings:
        if found.tokens >= enough:
            break
        found = together((found, await rescore(model, events)))
    return found


async def rescore(model: Model, events: list[AnyEvent]) -> DivergenceRate:
    """Score one recording again. Raises `ModelError` where the model cannot answer."""
    await model.ready()
    counting = _Counting(model.provenance.dtype)
    await counting.run(model, read_past(events))
    return counting.found


def together(rates: Iterable[DivergenceRate]) -> DivergenceRate:
    """The counts of several as one, in the order in which they were made. Raises `ValueError` for
    none."""
    first, *others = rates
    for other in others:
        tokens = first.tokens + other.tokens
        squares = first.tokens * first.deviation**2 + other.tokens * other.deviation**2
        sums = {name: getattr(first, name) + getattr(other, name) for name in _COUNTS}
        first = msgspec.structs.replace(
            first,
            dtype=first.dtype
            if other.dtype in (first.dtype, "")
            else f"{first.dtype}, {other.dtype}",
            deviation=math.sqrt(squares / tokens) if tokens else 0.0,
            allowed=max(first.allowed, other.allowed),
            **sums,
        )
    return first


class _Counting:
    """The counts so far."""

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self._allowed = noise.bound(dtype, dtype)
        self._counts = dict.fromkeys(_COUNTS, 0)
        self._squares = 0.0

    @property
    def found(self) -> DivergenceRate:
        """What was found by now."""
        tokens = self._counts["tokens"]
        spread = math.sqrt(self._squares / tokens) if tokens else 0.0
        return DivergenceRate(
            dtype=self._dtype,
            allowed=self._allowed,
            deviation=spread,
            **self._counts,
        )

    async def run(self, model: Model, past: Past) -> None:
        """Compare what a run wrote."""
        self._counts["runs"] += 1
        for attempt in past.attempts:
            if attempt.reason in (None, "cancelled") or not attempt.ids:
                continue
            seam = await _seam(model, past, attempt)
            if seam is None or len(attempt.samplings) != 1:
                self._counts["skipped"] += 1
                continue
            scored = await model.score(
                attempt.prompt,
                attempt.ids,
                seam=seam,
                sampling=attempt.samplings[0],
                rng=past.spec.rng,
                turn=attempt.turn,
                top=1,
            )
            self._counts["turns"] += 1
            self._compare(attempt, scored)

    def _compare(self, attempt: Attempt, scored: Scored) -> None:
        for token, then in zip(scored.tokens, attempt.logprobs, strict=True):
            self._counts["tokens"] += 1
            self._squares += (token.logprob - then) ** 2
            if token.agrees:
                continue
            self._counts["differing"] += 1
            if token.behind is None:
                self._counts["untold"] += 1
                continue
            explained, _ = noise.explains(self._allowed, token.behind, then, token.logprob)
            self._counts["near_ties" if explained else "real"] += 1


async def _seam(model: Model, past: Past, attempt: Attempt) -> int | None:
    """How many leading ids are the seed's; none where the scrollback makes another prompt now."""
    try:
        payload = await model.render(attempt.scrollback, past.seed_turns)
    except PromptUnsafe:
        return None
    return payload.seam if payload.ids == attempt.prompt else None


def _percent(share: float) -> str:
    return f"{share * 100:.2g} %"
