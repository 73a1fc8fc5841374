"""A line cut into words as a shell would read it, and what each word looks like."""

import itertools
import re
from functools import lru_cache
from typing import Literal, TypeAlias

import msgspec

from engine.drift.lexicon import lexicon

WordKind: TypeAlias = Literal[
    "function", "content", "plain", "option", "operator", "quoted", "number", "shell"
]
"""`function`, `content` and `plain` are English (of decreasing certainty); `shell` is what no
sentence contains: a path, a glob, a variable, a brace."""

HeadKind: TypeAlias = Literal[
    "known",
    "verb",
    "keyword",
    "path",
    "assignment",
    "expansion",
    "number",
    "lower",
    "odd",
    "capital",
    "other",
]
"""What the first word is. `verb`: a command that is an English word too. `number`: begins with a
digit. `lower`: a lower-case word that is no known command. `odd`: the same with digits, dots or dashes
in it. `capital`: begins with a capital."""

MARK = "\x01"
"""Stands for a quoted part: it has no words in it, but keeps its place in its word."""

_QUOTED = re.compile(
    r"""(?<!\w)'[^']*'(?!\w)"""  # an apostrophe inside a word opens no quote
    r"""|"(?:\\.|[^"\\])*"|`[^`]*`|“[^”]*”|«[^»]*»|\\."""
)
_COMMENT = re.compile(r"(?:^|\s)#.*")
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^]]*\])?\+?=")
_FUNCTION = re.compile(r"[A-Za-z_][\w-]*\(\)\Z")
_LETTERS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*\Z")
_NAME = re.compile(r"[a-z0-9][a-z0-9._+-]*\Z")
_CAPITAL = re.compile(r"[A-Z][a-z]*(?:['’-][a-z]+)*[,.:;!?]*\Z|[A-Z]{2,}[,.:;!?]*\Z")
_OPERATORS = frozenset(("|", "||", "&&", ">", ">>", "<", "&", ";", "2>&1", "|&", "<<", "<<<"))
_PUNCTUATION = ".,;:?!()[]{}\"'“”‘’…"


class Word(msgspec.Struct, frozen=True):
    """One word after the first."""

    text: str
    """As typed, each quoted part replaced by `MARK`."""
    bare: str
    """Lower case, without punctuation around it."""
    kind: WordKind


class Words(msgspec.Struct, frozen=True):
    """A line's words, the first one told apart."""

    line: str
    """Masked: quoted parts are `MARK`, a trailing comment is gone."""
    head: str
    """The first word as typed; empty for a line without words."""
    head_kind: HeadKind
    rest: tuple[Word, ...]

    @property
    def name(self) -> str:
        """The first word without opening brackets and folders: a program's name, if it is one."""
        return _opened(self.head).rsplit("/", 1)[-1]

    def of(self, *kinds: WordKind) -> tuple[Word, ...]:
        """The words after the first that are of these kinds."""
        return tuple(word for word in self.rest if word.kind in kinds)


@lru_cache(maxsize=64)
def words(line: str) -> Words:
    """Cut a line into words; what is quoted, escaped or commented out has no words in it."""
    masked = _COMMENT.sub("", _QUOTED.sub(MARK, line)).strip()
    texts = _without_prefix(masked.split())
    if not texts:
        return Words(line=masked, head="", head_kind="other", rest=())
    kind = _head_kind(texts[0])
    in_construct = kind == "keyword" or ";" in masked
    rest = tuple(_word(text, in_construct) for text in texts[1:])
    return Words(line=masked, head=texts[0], head_kind=kind, rest=rest)


def _without_prefix(texts: list[str]) -> list[str]:
    """The words from the command that a first word like `sudo` or `time` is put before."""
    known = lexicon()
    while len(texts) > 1 and texts[0] in known.prefixes and texts[1] in known.commands:
        texts = texts[1:]
    return texts


def is_command_name(name: str) -> bool:
    """Whether a shell may know a command of this name."""
    return name in lexicon().commands


def _opened(text: str) -> str:
    return text.lstrip("({!") or text


def _head_kind(text: str) -> HeadKind:
    known = lexicon()
    text = _opened(text)
    if text in known.keywords or text in ("(", "(("):
        return "keyword"
    if _ASSIGNMENT.match(text):
        return "assignment"
    if _FUNCTION.match(text):
        return "keyword"
    name = text.rstrip(";&|)")
    if name in known.commands:
        return "verb" if name in known.verbs else "known"
    if text.startswith(("$", MARK)):
        return "expansion"
    if "/" in text or text.startswith("~"):
        return "path"
    if text[0].isdigit():
        return "number"
    if _CAPITAL.match(text):
        return "capital"
    if _NAME.match(name):
        return "lower" if name.isalpha() else "odd"
    return "other"


def _word(text: str, in_construct: bool) -> Word:
    known = lexicon()
    bare = text.strip(_PUNCTUATION).lower().replace("’", "'")
    kind: WordKind = "shell"
    if in_construct and text in known.keywords:
        kind = "operator"
    elif bare in known.function and text != "." and not (in_construct and len(bare) == 1):
        kind = "function"
    elif _LETTERS.match(bare):
        kind = "content" if bare in known.content else "plain"
    elif text.startswith("-") and len(text) > 1:
        kind = "option"
    elif text in _OPERATORS:
        kind = "operator"
    elif MARK in text and len(text.strip(_PUNCTUATION)) == 1:
        kind = "quoted"
    elif bare.replace(".", "").isdigit():
        kind = "number"
    return Word(text=text, bare=bare, kind=kind)


def is_english(word: str) -> bool:
    """Whether a word is one of the English words that sentences about shells are made of."""
    known = lexicon()
    bare = word.strip(_PUNCTUATION).lower()
    return bare in known.function or bare in known.content or bare in known.verbs


def is_misspelt_command(name: str) -> bool:
    """Whether one slip of the fingers (a letter left out, doubled or swapped) makes it a command."""
    known = lexicon()
    if len(name) < 3 or is_english(name) or name in known.predicates:
        return False
    pairs = [(name[:at], name[at:]) for at in range(1, len(name) + 1)]
    swapped = (a[:-1] + b[0] + a[-1] + b[1:] for a, b in pairs if b)
    shorter = (a + b[1:] for a, b in pairs if b and (b != "s"))
    longer = (a + letter + b for a, b in pairs for letter in "abcdefghijklmnopqrstuvwxyz")
    slips = itertools.chain(swapped, shorter, longer)
    return any(len(slip) > 2 and slip in known.commands for slip in slips)
