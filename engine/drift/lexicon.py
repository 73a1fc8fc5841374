"""The words that tell a command from prose, read once from `lexicon.toml`."""

import tomllib
from functools import cache
from pathlib import Path

import msgspec


class Lexicon(msgspec.Struct, frozen=True):
    """Sets of words, all as they are typed; English ones in lower case."""

    commands: frozenset[str]
    """Names that a shell may know: keywords, builtins, common programs."""
    keywords: frozenset[str]
    """The shell's reserved words, also among `commands`."""
    builtins: frozenset[str]
    """What a shell does by itself, also among `commands`."""
    prefixes: frozenset[str]
    """Commands and keywords that are put before a command."""
    verbs: frozenset[str]
    """Commands with whose names English sentences begin, too: find, make, exit."""
    predicates: frozenset[str]
    """Third-person verbs: after a command's name they say something about it."""
    function: frozenset[str]
    """English function words: articles, pronouns, auxiliaries, prepositions, conjunctions."""
    content: frozenset[str]
    """English content words that sentences about files and shells are made of."""


@cache
def lexicon() -> Lexicon:
    """The words this version ships with."""
    with Path(__file__).with_name("lexicon.toml").open("rb") as file:
        table = tomllib.load(file)
    commands = {group: words.split() for group, words in table["commands"].items()}
    english = {group: words.split() for group, words in table["english"].items()}
    verbs, content = english.pop("verbs"), english.pop("content")
    predicates = english.pop("predicates")
    return Lexicon(
        commands=frozenset().union(*commands.values()),
        keywords=frozenset(commands["keywords"]),
        builtins=frozenset(commands["builtins"]),
        prefixes=frozenset(table["prefixes"]["names"].split()),
        verbs=frozenset(verbs),
        predicates=frozenset(predicates),
        function=frozenset().union(*english.values()),
        content=frozenset(content),
    )
