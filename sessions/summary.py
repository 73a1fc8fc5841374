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
    tags: tuple[str, ...] = ()
    note: str = ""
    deleted: str = ""
    """When it was put into the trash, UTC; empty where it was not."""


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions; every field that is set narrows."""

    outcome: Ending | None = None
    config: str = ""
    """A config's name, or a seed's for all of its configs."""
    model: str = ""
    task: str = ""
    """A task's name, or part of its text."""
    tag: str = ""
    trash: bool = False
    """Those in the trash, instead of those that are not."""


EVERYTHING = Query()
"""What narrows nothing."""
