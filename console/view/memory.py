"""Snapshots of a view: all that was folded up to a point, kept so that it can be gone back to.

What may still change is copied; what cannot, such as lines and turns, is shared by every copy, so
that a snapshot costs little and panes see at once which lines are still the same. The terminal is
kept as libghostty-vt encodes it.
"""

import zlib
from collections.abc import Callable
from copy import copy
from typing import Any

import msgspec

from console.view.state import ViewState
from console.view.stderr import StderrView
from engine.shell.terminal import Terminal

_LEVEL = 1
"""Of zlib: a terminal's cells shrink to a twentieth in a few milliseconds."""
_APART = ("terminal", "_folds", "_drawn", "_matters", "_matters_of")
"""Fields that are no plain state: one has a snapshot of its own, one never changes, one keeps what was
drawn for as long as it is right, and one what a model said of the seed, which is no event."""


class Memory(msgspec.Struct, frozen=True):
    """A view as it was."""

    concerns: dict[str, dict[str, Any]]
    """By concern, its fields."""
    terminal: bytes
    """A terminal's snapshot, compressed; empty where there was none."""


def remember(view: ViewState) -> Memory | None:
    """A snapshot; none while the terminal is in the middle of a sequence too long to be kept."""
    terminal = view.shell.terminal
    taken = terminal.snapshot() if terminal is not None else b""
    if taken is None:
        return None
    seen: dict[int, Any] = {}
    concerns = {name: _fields(concern, seen) for name, concern in _concerns(view).items()}
    return Memory(concerns, zlib.compress(taken, _LEVEL) if taken else b"")


def recall(view: ViewState, memory: Memory) -> None:
    """Make a view what it was, and each of its versions one that nobody has seen yet."""
    seen: dict[int, Any] = {}
    for name, concern in _concerns(view).items():
        shown = concern.version
        for field, value in memory.concerns[name].items():
            setattr(concern, field, _fresh(value, seen))
        counter = concern.log if isinstance(concern, StderrView) else concern
        counter.version += shown + 1
    if view.shell.terminal is not None:
        view.shell.terminal.close()
    kept = memory.terminal
    view.shell.terminal = Terminal.restore(zlib.decompress(kept)) if kept else None


def _concerns(view: ViewState) -> dict[str, Any]:
    return {name: one for name, one in vars(view).items() if hasattr(one, "apply")}


def _fields(concern: object, seen: dict[int, Any]) -> dict[str, Any]:
    return {
        name: _fresh(value, seen) for name, value in vars(concern).items() if name not in _APART
    }


def _fresh(value: Any, seen: dict[int, Any]) -> Any:
    """A value that no change of the original reaches; the same object where it cannot change."""
    make = _maker(type(value))
    if make is None:
        return value
    if id(value) not in seen:
        seen[id(value)] = make(value, seen)
    return seen[id(value)]


def _maker(kind: type) -> Callable[[Any, dict[int, Any]], Any] | None:
    """How values of a type are copied; none where they are shared. Tuples hold nothing that changes."""
    if kind not in _known:
        _known[kind] = _make(kind)
    return _known[kind]


_known: dict[type, Callable[[Any, dict[int, Any]], Any] | None] = {}


def _make(kind: type) -> Callable[[Any, dict[int, Any]], Any] | None:
    if issubclass(kind, msgspec.Struct):
        return None if kind.__struct_config__.frozen else _struct
    for plain, make in ((list, _list), (dict, _mapping), (set, _set)):
        if issubclass(kind, plain):
            return make
    return _object if kind.__module__.startswith("console.view.") else None


def _list(value: list[Any], seen: dict[int, Any]) -> list[Any]:
    return [one if _maker(type(one)) is None else _fresh(one, seen) for one in value]


def _mapping(value: dict[Any, Any], seen: dict[int, Any]) -> dict[Any, Any]:
    made = copy(value)
    for key, one in value.items():
        made[key] = _fresh(one, seen)
    return made


def _set(value: set[Any], seen: dict[int, Any]) -> set[Any]:
    return set(value)


def _struct(value: msgspec.Struct, seen: dict[int, Any]) -> msgspec.Struct:
    made = copy(value)
    for name in value.__struct_fields__:
        setattr(made, name, _fresh(getattr(value, name), seen))
    return made


def _object(value: object, seen: dict[int, Any]) -> object:
    made = copy(value)
    vars(made).update(_fields(value, seen))
    return made
