"""A seed: a named file of scrollback elements, any of which can be switched off."""

from typing import get_args

import msgspec

from engine.scrollback import Element, Role

ELEMENTS: tuple[Element, ...] = get_args(Element)
"""Every element, in the canonical order of a config's name."""

TURN_ELEMENTS: tuple[Element, ...] = tuple(name for name in ELEMENTS if name != "prompt")
"""What a turn of a seed file can belong to; `prompt` is no turn but the end of every user turn."""

ROLES: tuple[Role, ...] = get_args(Role)

PLACEHOLDER = "{prompt}"
"""Inside a seed's text: the shell prompt, or nothing where that is switched off."""


class SeedTurn(msgspec.Struct, frozen=True):
    """One `[[turn]]` of a seed file."""

    element: Element
    role: Role
    text: str
    """A user turn's is what the person or the shell says, without the prompt; it is empty where a
    command printed nothing. An assistant turn's is one command line."""
    reasoning: str = ""
    """What the operator thinks before it types; shown where the element `reasoning` is on."""
    line: int = 0
    """Where it stands in the file."""


class Seed(msgspec.Struct, frozen=True):
    """A seed file that was read and found right."""

    name: str
    version: int
    summary: str
    prompt: str
    """The shell prompt that ends every user turn; empty in a seed that cannot have one."""
    default: tuple[Element, ...]
    """The elements that are on when only the seed is named, in canonical order."""
    turns: tuple[SeedTurn, ...]
    source: str
    """The file's full text."""
    path: str
    yours: bool = False
    """Whether it lies in the person's own folder."""
    overrides: bool = False
    """Whether it stands in for a built-in of the same name."""
    meant: tuple[str, ...] = ()
    """Rules of `engine.lint` that it breaks on purpose, to show what comes of it."""

    @property
    def elements(self) -> tuple[Element, ...]:
        """The elements it has, in canonical order."""
        has: set[Element] = {turn.element for turn in self.turns}
        if any(turn.reasoning for turn in self.turns):
            has.add("reasoning")
        if self.prompt:
            has.add("prompt")
        return tuple(name for name in ELEMENTS if name in has)
