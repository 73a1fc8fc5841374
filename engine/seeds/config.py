"""Configs: a seed with a choice of its elements, by name or by hand.

`operator` is the seed with its default elements, `operator+history+exit` with exactly these two, and
`operator+none` with none. However it was asked for, a config is shown and recorded under its full
name, its elements in canonical order.
"""

import hashlib
from collections.abc import Iterable

import msgspec

from engine.errors import SeedError
from engine.run import Config
from engine.scrollback import Turn
from engine.seeds.library import SeedLibrary
from engine.seeds.render import render
from engine.seeds.seed import ELEMENTS, Seed
from engine.tomlfields import near

NONE = "none"
"""The word for a config without any element."""


def parse_config(text: str, library: SeedLibrary) -> Config:
    """The config of a name such as `operator+history+exit`.

    Raises `SeedError` for a seed that is unknown or broken, and for an element it does not have.
    """
    name, plus, chosen = text.strip().partition("+")
    seed = library.seed(name.strip())
    if not plus:
        return configure(seed, seed.default)
    words = [word.strip() for word in chosen.split("+")]
    return configure(seed, [] if words == [NONE] else words)


def configure(seed: Seed, elements: Iterable[str]) -> Config:
    """The config of a seed with these elements on.

    Raises `SeedError` for an element the seed does not have.
    """
    chosen = frozenset(elements)
    for word in sorted(chosen.difference(seed.elements)):
        raise SeedError(f"{_lacking(seed, word)}: {near(word, (*seed.elements, NONE))}.")
    turns = render(seed, chosen)
    prompt = seed.prompt if "prompt" in chosen else ""
    ordered = tuple(element for element in ELEMENTS if element in chosen)
    return Config(
        name="+".join((seed.name, *(ordered or (NONE,)))),
        seed=seed.name,
        elements=ordered,
        turns=turns,
        prompt=prompt,
        hash=_hash(turns, prompt),
        source=seed.source,
    )


def _lacking(seed: Seed, word: str) -> str:
    if word == NONE:
        return f'"{seed.name}+{NONE}" takes no further elements'
    if word in ELEMENTS:
        return f'The seed "{seed.name}" has no element "{word}"'
    return f'There is no element "{word}"' if word else f'An element is missing in "{seed.name}+…"'


def _hash(turns: tuple[Turn, ...], prompt: str) -> str:
    """Over what the model sees: two configs that render alike have one hash."""
    seen = {"prompt": prompt, "turns": [[turn.role, turn.text] for turn in turns]}
    return hashlib.sha256(msgspec.json.encode(seen, order="sorted")).hexdigest()
