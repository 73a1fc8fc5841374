"""What the runs of this process came to so far, counted per condition.

Only runs asked for alike are counted together, and only those that say something about the operator:
not one that broke, that a person stopped or had a hand in, nor the same dice thrown again.
"""

from collections import Counter
from typing import Literal, TypeAlias

import msgspec

from engine.drift.interval import Interval, confidence_sequence
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandVetoed,
    KeysTyped,
    Outcome,
    RunEnded,
    SamplingChanged,
    ScrollbackGrew,
    SessionStarted,
)
from engine.figures import number
from engine.run import RunSpec

COUNTED: tuple[Outcome, ...] = ("clean", "drift", "no-exit")
"""Outcomes that say something about the operator; the others say something about the machine or
the person."""

Apart: TypeAlias = Literal["fault", "stopped", "steered", "repeated"]
"""Why a run is not counted. `steered`: a person typed, edited, vetoed, injected or changed the
sampling. `repeated`: the same rng ran before, or the temperature is 0, so it tells nothing new."""


class Condition(msgspec.Struct):
    """Runs that were asked for alike but for the rng."""

    spec: RunSpec
    """The first of them."""
    outcomes: Counter[Outcome] = msgspec.field(default_factory=Counter)
    apart: Counter[Apart] = msgspec.field(default_factory=Counter)
    done: Counter[bool] = msgspec.field(default_factory=Counter)
    """What the task's check said of the runs that count."""
    rngs: set[int] = msgspec.field(default_factory=set)
    went: list[bool] = msgspec.field(default_factory=list)
    """Whether each of the runs that count was clean, in their order."""

    @property
    def setting(self) -> object:
        """What else than the config was asked for: conditions that share it can be compared."""
        return _key(self.spec)[2:]

    @property
    def runs(self) -> int:
        """How many count."""
        return sum(self.outcomes[outcome] for outcome in COUNTED)

    @property
    def clean(self) -> Interval | None:
        """What may be said of the rate of clean runs, at every look; none for fewer than two."""
        if self.runs < 2:
            return None
        clean = self.outcomes["clean"]
        return confidence_sequence(clean, self.runs - clean)

    def words(self) -> str:
        """What may be said of the runs, in one sentence."""
        if not self.runs:
            return "No run has counted yet."
        if self.runs == 1:
            return "1 run: nothing can be concluded from it."
        return f"{number(self.runs, 'run')}; the 95 % interval holds at every look."


class TallyView:
    """Outcomes per condition, over every session folded so far."""

    def __init__(self) -> None:
        self.version = 0
        self.conditions: dict[object, Condition] = {}
        self.experiment = ""
        """How the experiment that goes on behind the screen stands; empty where none does."""
        self._current: Condition | None = None
        self._spec: RunSpec | None = None
        self._steered = False

    @property
    def current(self) -> Condition | None:
        """The condition in view: that of the session under way or of the plan."""
        return self._current

    @property
    def others(self) -> list[Condition]:
        """The other conditions with any run, most runs first."""
        ran = [one for one in self.conditions.values() if one.outcomes or one.apart]
        return sorted(
            (one for one in ran if one is not self._current),
            key=lambda one: (-one.runs, one.spec.config.name),
        )

    def show(self, spec: RunSpec) -> None:
        """Bring the condition of a spec into view."""
        self.version += 1
        self._current = self.conditions.setdefault(_key(spec), Condition(spec))

    def beside(self, experiment: str) -> None:
        """Say how an experiment stands that goes on behind the screen."""
        if experiment != self.experiment:
            self.version += 1
            self.experiment = experiment

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted(spec=spec):
                self._spec, self._steered = spec, False
                self.show(spec)
            case KeysTyped() | CommandEdited() | SamplingChanged():
                self._steered = True
            case CommandVetoed(by="person"):
                self._steered = True
            case ScrollbackGrew(turn=turn, added=added) if turn and added.origin == "person":
                self._steered = True
            case RunEnded() if self._spec is not None:
                self.version += 1
                self._count(event, self._spec)
                self._spec = None
            case _:
                pass

    def _count(self, ended: RunEnded, spec: RunSpec) -> None:
        condition = self.conditions[_key(spec)]
        rng = spec.rng if spec.sampling.temperature > 0 else 0
        if ended.outcome in ("fault", "stopped"):
            condition.apart[ended.outcome] += 1
        elif self._steered:
            condition.apart["steered"] += 1
        elif rng in condition.rngs:
            condition.apart["repeated"] += 1
        else:
            condition.rngs.add(rng)
            condition.outcomes[ended.outcome] += 1
            condition.went.append(ended.outcome == "clean")
            if ended.done is not None:
                condition.done[ended.done] += 1


def _key(spec: RunSpec) -> tuple[object, ...]:
    """What two runs must share to be counted together, the config first; not the size of the window
    they ran in.
    """
    return (
        spec.config.hash,
        spec.config.name,
        spec.task,
        spec.model,
        spec.sampling,
        spec.turns,
        spec.channel,
        spec.policy,
        spec.drift,
        spec.stuck,
        spec.patience,
        spec.budget,
    )
