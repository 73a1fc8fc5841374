"""Where a session's time went: its stages as slices that do not overlap, and what dominates.

The stages of `engine.events` are timed where they happen, and some contain others: `completion` runs
from the request to the last token, with `seed` (prefill) and `first_token` in it. A profile cuts them
into slices that add up: prefill, first token, decode, route, exec, observe.
"""

from collections.abc import Iterable, Sequence
from statistics import median, quantiles
from typing import Literal, TypeAlias, get_args

import msgspec

from engine.events import (
    AnyEvent,
    CommandSubmitted,
    DriftSeen,
    RunEnded,
    Stage,
    StageTimed,
    TurnStarted,
)
from engine.figures import size
from engine.held import Held

SliceName: TypeAlias = Literal[
    "load",
    "bring_up",
    "prefill",
    "first_token",
    "decode",
    "route",
    "exec",
    "observe",
    "record",
    "draw",
]
"""`prefill`: the prompt's new tokens. `first_token`: from there to the first token, sampling and
transport. `decode`: the tokens after it, their parsing included. `record` and `draw`: what the console
itself took, beside the others. The rest are the stages of that name."""

NAMES: tuple[SliceName, ...] = get_args(SliceName)
"""In the order in which they happen."""

WORDS: dict[SliceName, str] = {
    "load": "loading the model",
    "bring_up": "bringing up sandbox and shell",
    "prefill": "prefill of the prompt",
    "first_token": "waiting for the first token",
    "decode": "decoding",
    "route": "telling command from drift",
    "exec": "commands in the shell",
    "observe": "reading the shell's output",
    "record": "recording",
    "draw": "drawing",
}

BESIDE: frozenset[SliceName] = frozenset(("record", "draw"))
"""Slices of the console's own time, which passes while the others go on."""


TOLD = ("StageTimed", "TurnStarted", "CommandSubmitted", "DriftSeen", "RunEnded")
"""Types of the events that a profile is made of."""


class Slice(msgspec.Struct, frozen=True):
    """A stretch of time that went into one thing."""

    turn: int
    """From 1; 0 before the first."""
    name: SliceName
    began: int
    """Nanoseconds since the session's start; negative for a load before it."""
    took: int
    """Nanoseconds."""
    tokens: int = 0
    """Computed or sampled in it."""


class Mark(msgspec.Struct, frozen=True):
    """A moment worth finding in a profile."""

    turn: int
    at: int
    """Nanoseconds since the session's start."""
    kind: Literal["turn", "command", "drift", "end"]
    words: str


class Holding(msgspec.Struct, frozen=True):
    """What the model held when a completion had ended."""

    turn: int
    at: int
    """Nanoseconds since the session's start."""
    held: Held


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """How long one thing took, over many times."""

    name: SliceName
    count: int
    total: int
    """Nanoseconds, as are the others."""
    median: int
    p90: int
    p99: int
    longest: int


class Profile(msgspec.Struct, frozen=True):
    """A session's slices and marks, in the order in which they ended."""

    slices: tuple[Slice, ...] = ()
    marks: tuple[Mark, ...] = ()
    held: tuple[Holding, ...] = ()

    @property
    def turns(self) -> tuple[int, ...]:
        """The turns that have slices, from 1."""
        return tuple(sorted({each.turn for each in self.slices if each.turn}))

    @property
    def first_command(self) -> int | None:
        """When the first command went to the shell, nanoseconds since the session's start."""
        return next((mark.at for mark in self.marks if mark.kind == "command"), None)

    def of(self, turn: int) -> tuple[Slice, ...]:
        """One turn's slices, in the order in which they began."""
        found = (each for each in self.slices if each.turn == turn)
        return tuple(sorted(found, key=lambda each: (each.began, NAMES.index(each.name))))

    def total(self, name: SliceName) -> int:
        """Nanoseconds that went into one thing over the session."""
        return sum(each.took for each in self.slices if each.name == name)


class Profiler(msgspec.Struct):
    """Folds a session's events into its profile."""

    slices: list[Slice] = []
    marks: list[Mark] = []
    held: list[Holding] = []
    parts: dict[Stage, StageTimed] = {}
    """Of the completion that has not ended yet."""

    def absorb(self, event: AnyEvent) -> None:
        """Take in an event."""
        match event:
            case StageTimed():
                self._timed(event)
            case TurnStarted():
                self.marks.append(Mark(event.turn, event.at, "turn", f"turn {event.turn}"))
            case CommandSubmitted(by="operator"):
                self.marks.append(Mark(event.turn, event.at, "command", event.command))
            case DriftSeen():
                words = f"{event.kind}: {event.line}"
                self.marks.append(Mark(event.turn, event.at, "drift", words))
            case RunEnded():
                self.marks.append(Mark(event.turns, event.at, "end", event.outcome))
            case _:
                pass

    @property
    def profile(self) -> Profile:
        """What has ended so far."""
        return Profile(tuple(self.slices), tuple(self.marks), tuple(self.held))

    def _timed(self, event: StageTimed) -> None:
        match event.stage:
            case "seed" | "first_token":
                # Parts of the completion, which ends after them.
                self.parts[event.stage] = event
            case "completion":
                self.slices += self._completed(event)
                if event.held is not None:
                    at = event.began + event.took
                    self.held.append(Holding(event.turn, at, event.held))
                self.parts.clear()
            case name:
                self.slices.append(Slice(event.turn, name, event.began, event.took, event.tokens))

    def _completed(self, whole: StageTimed) -> Iterable[Slice]:
        seed, first = self.parts.get("seed"), self.parts.get("first_token")
        prefill = min(seed.took, whole.took) if seed else 0
        # Without a token, the wait for it lasted to the end.
        waited = first.took if first and first.tokens else whole.took
        waited = max(prefill, min(waited, whole.took))
        began, turn = whole.began, whole.turn
        if seed:
            yield Slice(turn, "prefill", began, prefill, seed.tokens)
        yield Slice(turn, "first_token", began + prefill, waited - prefill, min(1, whole.tokens))
        yield Slice(turn, "decode", began + waited, whole.took - waited, max(0, whole.tokens - 1))


def title(name: SliceName | Stage) -> str:
    """What a slice or a stage is called in a heading."""
    return name.replace("_", " ")


def profile(events: Iterable[AnyEvent]) -> Profile:
    """The profile of a session's events."""
    profiler = Profiler()
    for event in events:
        profiler.absorb(event)
    return profiler.profile


def spreads(profiles: Sequence[Profile]) -> tuple[Spread, ...]:
    """How long each thing took, over all turns of all sessions; what took no time is left out."""
    found: list[Spread] = []
    for name in NAMES:
        took = sorted(each.took for one in profiles for each in one.slices if each.name == name)
        if not any(took):
            continue
        cuts = quantiles(took, n=100, method="inclusive") if len(took) > 1 else took * 99
        found.append(
            Spread(
                name=name,
                count=len(took),
                total=sum(took),
                median=round(cuts[49]),
                p90=round(cuts[89]),
                p99=round(cuts[98]),
                longest=took[-1],
            )
        )
    return tuple(found)


def dominant(slices: Iterable[Slice], until: int | None = None) -> tuple[SliceName, float] | None:
    """What took most of the time that was timed, and its share of it from 0 to 1.

    `until`: count only what began before it, nanoseconds since the session's start. None where
    nothing took any time. What the console did beside the others is not counted.
    """
    totals: dict[SliceName, int] = {}
    for each in slices:
        if each.name not in BESIDE and (until is None or each.began < until):
            took = each.took if until is None else min(each.took, until - each.began)
            totals[each.name] = totals.get(each.name, 0) + took
    whole = sum(totals.values())
    if not whole:
        return None
    name = max(totals, key=totals.__getitem__)
    return name, totals[name] / whole


def held_words(of: Profile) -> str:
    """What the model held, in a sentence; empty where nothing is recorded of it."""
    if not of.held:
        return ""
    last = of.held[-1].held
    most = max(max(one.held.peak, one.held.memory) for one in of.held)
    where = "of memory" if last.where == "process" else "of the GPU's memory"
    words = f"the model holds {size(last.memory)} {where}, {size(most)} at most"
    if last.total:
        words += f"; {size(last.used)} of {size(last.total)} are in use there by all"
    busy = [one.held.utilisation for one in of.held if one.held.utilisation is not None]
    return words + (f"; utilisation {median(busy):.0f} % in the median" if busy else "")


def sayings(of: Profile) -> tuple[str, ...]:
    """What dominates, in words: to the first command, and over the session; and what was held."""
    said: list[str] = []
    first = of.first_command
    began = (each for each in of.slices if each.began >= 0 or each.name != "load")
    if first is not None and (most := dominant(began, first)):
        said.append(f"{most[1]:.0%} of the time to the first command is {WORDS[most[0]]}")
    turns = [each for each in of.slices if each.turn]
    if most := dominant(turns):
        said.append(f"{most[1]:.0%} of the time in turns is {WORDS[most[0]]}")
    if words := held_words(of):
        said.append(words)
    return tuple(said)
