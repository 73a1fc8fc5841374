"""The scrollback: the turns a model sees, and the payload they become."""

from typing import Literal, TypeAlias

import msgspec

Role: TypeAlias = Literal["system", "user", "assistant"]

Origin: TypeAlias = Literal["skeleton", "seed", "shell", "operator", "person"]
"""Where a token comes from. `skeleton` is the chat template's own text; no turn has it as origin."""

Element: TypeAlias = Literal[
    "system", "instruction", "history", "recovery", "exit", "reasoning", "prompt"
]
"""A switchable part of a seed."""


class Turn(msgspec.Struct, frozen=True, omit_defaults=True):
    """One turn of the scrollback."""

    role: Role
    text: str
    origin: Origin
    element: str = ""
    """The seed element that laid this turn; empty for live turns."""
    ids: tuple[int, ...] = ()
    """What the operator sampled, to be sent back as it was; empty where the text is encoded."""


class Span(msgspec.Struct, frozen=True, array_like=True):
    """A run of prompt ids with one origin: `ids[start:stop]`."""

    start: int
    stop: int
    turn: int
    """Index into the scrollback; -1 for a turn that the template added by itself."""
    origin: Origin


class Payload(msgspec.Struct, frozen=True):
    """The exact token ids a completion is asked with, and where each came from."""

    ids: tuple[int, ...]
    spans: tuple[Span, ...]
    """In order, without gaps: they cover `ids` from 0 to its end."""
    seam: int
    """How many leading ids belong to the seed: where the shared prefix ends and life begins."""
    cached: int = 0
    """How many leading ids already have their KV."""
    window: int = 0
    """The model's context length in tokens; 0 where it names none."""
    names: tuple[tuple[int, str], ...] = ()
    """Each distinct id and what it is in text, U+FFFD for part of a character; empty where nobody
    looked."""
