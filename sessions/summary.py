"""What a list says of a session."""

from typing import Literal, TypeAlias

import msgspec

from engine.events import DriftKind, Outcome

Ending: TypeAlias = Outcome | Literal["recording", "interrupted"]
"""How a session stands: an outcome, or still being recorded, or broken off without one."""


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded session, without its events."""

    id: str
    began: str
    """Wall-clock time in UTC, ISO 8601."""
    outcome: Ending
    config: str
    """The config's name."""
    config_hash: str
    seed: str
    """The seed's name."""
    model: str
    """As asked for."""
    task: str
    """The task's name, or its text where it has none."""
    turns: int
    drift_turn: int | None
    """Where drift was first seen."""
    drift_kind: DriftKind | None
    operated: bool | None
    """None until the run ended."""
    exited: bool | None
    done: bool | None
    """What the task's check said; none without one."""
    why: str
    """What ended it, in a clause."""
    tokens: int
    """That the operator wrote."""
    took: int
    """Nanoseconds from the session's start to its last event."""
    events: int
    bytes: int
    """That its events take in the store."""
    version: str
    """Of the driftty that recorded it."""
    parent: str
    """The session it was forked from; empty for none."""
    parent_turn: int = 0
    """The first turn that a fork wrote anew; 0 where it is none."""
    change: str = ""
    """What was done otherwise in a fork, in a clause; empty where only dice differ."""
    arm: str = ""
    """What its arm of an experiment was run under beside the config; empty where that is all."""
    experiment: str = ""
    """The experiment it is a run of; empty for none."""
    tags: tuple[str, ...] = ()
    note: str = ""
    deleted: str = ""
    """When it was put into the trash, UTC; empty where it was not."""


Relation: TypeAlias = Literal["in", "is", "any", "<", "<=", ">", ">=", "from"]
"""`any`: there is one. `from`: `value` is a beginning and an end, with a blank between."""


class Term(msgspec.Struct, frozen=True):
    """A field of a session compared with a value; see `sessions.asking`."""

    field: str
    relation: Relation
    value: str | float
    negated: bool = False


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; every field that is set narrows."""

    outcome: Ending | None = None
    config: str = ""
    """A config's name, or a seed's for all of its configs."""
    model: str = ""
    task: str = ""
    """A task's name, or part of its text."""
    tag: str = ""
    terms: tuple[Term, ...] = ()
    """Of a line that a person typed."""
    words: str = ""
    """To be found in commands, output and reasoning; whoever asks a library puts what a search
    found for them into `among`."""
    among: tuple[str, ...] | None = None
    """Only these ids."""
    experiment: str = ""
    """The whole id of an experiment: only its runs."""
    alone: bool = False
    """Without the runs of experiments."""
    trash: bool = False
    """Those in the trash, instead of those that are not."""


EVERYTHING = Query()
"""What narrows nothing."""

Column: TypeAlias = Literal[
    "when",
    "outcome",
    "config",
    "model",
    "task",
    "turns",
    "drift",
    "length",
    "tokens",
    "size",
    "tags",
]
"""What sessions can be sorted by."""


class Order(msgspec.Struct, frozen=True):
    """How sessions are sorted; those that are alike, the newest first."""

    column: Column = "when"
    down: bool = True
    """The largest, latest or last in the alphabet first. What has no value is last either way."""


NEWEST = Order()
"""The session recorded last first."""
