"""Where a session's time went, in a handful of figures."""

from statistics import median

import msgspec

from engine.events import AnyEvent, StageTimed


class StageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A session's stages, milliseconds each; none where a stage has not ended."""

    load_ms: float | None = None
    """Loading the model's weights."""
    bring_up_ms: float | None = None
    """Sandbox and shell, to the first prompt."""
    seed_ms: float | None = None
    """Prefill of the first prompt: the seed's turns."""
    seed_tokens: int = 0
    """Computed in it; those whose KV was cached are not among them."""
    first_token_ms: float | None = None
    """From the first request to its first token."""
    first_completion_ms: float | None = None
    completions: int = 0
    completion_median_ms: float | None = None
    tokens: int = 0
    """Sampled, over all completions."""
    tokens_per_second: float | None = None
    """Of decoding: without each completion's first token and the prefill before it."""
    commands: int = 0
    """That ran in the shell."""
    exec_median_ms: float | None = None
    exec_total_ms: float | None = None


class Stages:
    """Folds a session's events into its stage figures."""

    def __init__(self) -> None:
        self._took: dict[str, list[StageTimed]] = {}

    def absorb(self, event: AnyEvent) -> None:
        """Take in an event; all but `StageTimed` change nothing."""
        if isinstance(event, StageTimed):
            self._took.setdefault(event.stage, []).append(event)

    def figures(self) -> StageFigures:
        """The figures of what has ended so far."""
        completions = self._took.get("completion", [])
        seeds = self._took.get("seed", [])
        tokens = sum(stage.tokens for stage in completions)
        return StageFigures(
            load_ms=self._first("load"),
            bring_up_ms=self._first("bring_up"),
            seed_ms=self._first("seed"),
            seed_tokens=seeds[0].tokens if seeds else 0,
            first_token_ms=self._first("first_token"),
            first_completion_ms=self._first("completion"),
            completions=len(completions),
            completion_median_ms=self._median("completion"),
            tokens=tokens,
            tokens_per_second=self._rate(),
            commands=len(self._took.get("exec", [])),
            exec_median_ms=self._median("exec"),
            exec_total_ms=_ms(sum(stage.took for stage in self._took["exec"]))
            if "exec" in self._took
            else None,
        )

    def _first(self, stage: str) -> float | None:
        return _ms(self._took[stage][0].took) if stage in self._took else None

    def _median(self, stage: str) -> float | None:
        timed = self._took.get(stage)
        return _ms(median(one.took for one in timed)) if timed else None

    def _rate(self) -> float | None:
        """Tokens after the first of each completion, over the time after the first."""
        # Not strict: a live session may be between the two.
        pairs = zip(
            self._took.get("completion", []), self._took.get("first_token", []), strict=False
        )
        decoded = spent = 0
        for whole, first in pairs:
            decoded += max(0, whole.tokens - 1)
            spent += max(0, whole.took - first.took)
        return round(decoded / (spent / 1e9), 2) if decoded and spent else None


def _ms(nanoseconds: float) -> float:
    return round(nanoseconds / 1e6, 3)
