"""What a tally says of one config and of a pair of them: frozen, with its words."""

import msgspec

from engine.drift.evalue import Bet, verdict
from engine.drift.interval import Interval
from engine.drift.margin import ConfigMargin
from engine.drift.survival import Incidence
from engine.events import DriftKind

_LAST_BITS = 1e-9
"""So near to an end of the scale, a share that was added up is at the end."""


class TaskTally(msgspec.Struct, frozen=True):
    """One config on one task: the block that it stands in."""

    task: int
    n: int
    clean: int


class ConfigTally(msgspec.Struct, frozen=True, kw_only=True):
    """How one config stands.

    Counts are of every finished run; rates and intervals are of those that may be counted yet, in
    planned order (see `engine.drift.tally`). When nothing waits, the two agree.
    """

    config: str
    n: int
    """Finished runs that say something about the operator: clean, drift or no-exit."""
    clean: int
    drift: int
    no_exit: int
    fault: int
    """Broke; not in `n`."""
    stopped: int
    """Ended by a person before they could be told; not in `n`."""
    operated: int
    exited: int
    done: int
    checked: int
    """How many of the `n` had a task check that gave an answer."""
    clean_interval: Interval
    operated_interval: Interval
    exited_interval: Interval
    done_interval: Interval | None
    """None where no run was checked."""
    waiting: int
    """Of the `n`, how many are not in the intervals yet: an earlier run is still under way, or the
    round of tasks is not complete."""
    drift_kinds: dict[DriftKind, int]
    """Of the first drift, most frequent first."""
    median_drift_turn: float | None
    """Over the runs that drifted; none without one."""
    tokens: int
    """Sampled in all `n` runs."""
    seconds: float | None
    """A run's mean duration; none before the first."""
    tasks: tuple[TaskTally, ...]
    survival: tuple[Incidence, ...] = ()
    """When its runs drift, turn by turn, over those that may be counted yet in planned order."""
    margin: ConfigMargin = ConfigMargin()
    """How near they are to drifting, over the same runs."""

    @property
    def rate(self) -> float | None:
        """The share of clean runs among those in the interval; none before the first."""
        return self.clean_interval.rate

    @property
    def low(self) -> float:
        """The clean rate's lower bound, valid at every look."""
        return self.clean_interval.low

    @property
    def high(self) -> float:
        """The clean rate's upper bound, valid at every look."""
        return self.clean_interval.high

    @property
    def sentence(self) -> str:
        """What may be concluded, in plain words."""
        return _conclusion(self) + _waiting(self) + _apart(self) + "."

    def to_document(self) -> dict[str, object]:
        """As JSON, with the bounds of each axis under its name."""
        document: dict[str, object] = {
            "config": self.config,
            "n": self.n,
            "clean": self.clean,
            "drift": self.drift,
            "no_exit": self.no_exit,
            "fault": self.fault,
            "stopped": self.stopped,
            "operated": self.operated,
            "exited": self.exited,
            "done": self.done if self.checked else None,
            "checked": self.checked,
            "waiting": self.waiting,
            "rate": self.rate,
            "low": self.low,
            "high": self.high,
            "drift_kinds": dict(self.drift_kinds),
            "median_drift_turn": self.median_drift_turn,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "sentence": self.sentence,
        }
        for axis, interval in (
            ("operated", self.operated_interval),
            ("exited", self.exited_interval),
            ("done", self.done_interval),
        ):
            document[f"{axis}_low"] = interval.low if interval else None
            document[f"{axis}_high"] = interval.high if interval else None
        document["survival"] = msgspec.to_builtins(self.survival)
        document["margin"] = msgspec.to_builtins(self.margin)
        return document


class PairTally(msgspec.Struct, frozen=True, kw_only=True):
    """How two configs compare, corrected for all the pairs of the tally."""

    a: str
    b: str
    indices: tuple[int, int] | None = None
    """Of the two, among the tally's configs; none where they are not configs but halves of them."""
    blocks: int
    """How often both have run the same task for the same time."""
    successes: tuple[int, int]
    """Of `a` and of `b`, in these blocks."""
    e_value: float
    """As it stands."""
    peak: float
    """The highest it ever was; this is what decides."""
    threshold: float
    """The peak that would decide the next pair, after those that are decided."""
    decided: bool
    """Separated, once and for all: of all the pairs so called, any is wrong with a chance of alpha
    at most."""
    further: int | None
    """About how many more blocks at the present rates; 0 when decided, none beyond `evalue.FAR`."""

    @classmethod
    def of(
        cls,
        bet: Bet,
        a: str,
        b: str,
        *,
        decided: bool,
        threshold: float,
        indices: tuple[int, int] | None = None,
    ) -> "PairTally":
        """How the bet on two stands, where a peak of `threshold` would decide it next."""
        now = bet.comparison
        return cls(
            a=a,
            b=b,
            indices=indices,
            blocks=now.blocks,
            successes=now.successes,
            e_value=now.e_value,
            peak=now.peak,
            threshold=threshold,
            decided=decided,
            further=0 if decided else bet.further(threshold),
        )

    @property
    def better(self) -> str | None:
        """The one that went well more often; none while the pair is not decided.

        And none where both did equally often, as where each is the better one on some task.
        """
        if not self.decided or self.successes[0] == self.successes[1]:
            return None
        return self.a if self.successes[0] > self.successes[1] else self.b

    @property
    def verdict(self) -> str:
        """In words: what may be concluded, or what is still needed."""
        return verdict(self, decided=self.decided)

    def to_document(self) -> dict[str, object]:
        """As JSON."""
        return {
            "a": self.a,
            "b": self.b,
            "blocks": self.blocks,
            "successes": list(self.successes),
            "e_value": self.e_value,
            "peak": self.peak,
            "threshold": self.threshold,
            "decided": self.decided,
            "better": self.better,
            "further": self.further,
            "verdict": self.verdict,
        }


def _conclusion(tally: ConfigTally) -> str:
    interval = tally.clean_interval
    seen = interval.successes + interval.failures
    if tally.n == 0:
        return "No run has counted yet"
    if tally.n == 1:
        return "1 run: nothing can be concluded from it, whatever it showed"
    if seen == 0:
        return "Nothing can be concluded yet"
    return (
        f"{interval.successes} of {seen} clean: the rate lies between {share(interval.low)} and "
        f"{share(interval.high)}, at this look and every other"
    )


def _waiting(tally: ConfigTally) -> str:
    if tally.waiting == 0 or tally.n == 1:
        return ""
    runs, wait = ("run", "waits") if tally.waiting == 1 else ("runs", "wait")
    return f"; {tally.waiting} finished {runs} {wait} for their turn"


def _apart(tally: ConfigTally) -> str:
    apart = [
        f"{count} {word}"
        for count, word in ((tally.fault, "broke"), (tally.stopped, "stopped by hand"))
        if count
    ]
    return f"; not counted: {', '.join(apart)}" if apart else ""


def share(rate: float) -> str:
    """A rate as `.70`, and the ends of the scale as `0` and `1`; never rounded to an end."""
    if min(rate, 1 - rate) < _LAST_BITS:
        return f"{rate:.0f}"
    return f"{min(max(rate, 0.01), 0.99):.2f}".removeprefix("0")


def signed(difference: float) -> str:
    """A difference of rates with its sign, as `+.35`, `−.10` and `.00`."""
    if abs(difference) < 0.005:
        return ".00"
    return ("+" if difference > 0 else "−") + f"{abs(difference):.2f}".removeprefix("0")
