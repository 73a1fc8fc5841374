"""Where a completion left the commands: at any token, not only where a line could begin.

The command manifold is the set of texts that are commands, or can still become one. A token keeps a
line in it where the line so far, read by the judge of whole lines, is a command: while its first word
is under way, where a known command's name begins so; later, as it stands, with open quotes closed.
Half a line may read worse than the whole of it (`make all`, before ` -j4`), so a line has left the
commands where it reads as none from a token *to its end*.

How likely the model was to stay is the share of what could have come there, by its own probabilities,
that would have kept the line a command: over the likeliest tokens, as scored. Where a line could begin,
all of the vocabulary is weighed instead (`engine.model.heads`).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from math import exp
from typing import NamedTuple

from engine.drift.judge import judge
from engine.drift.lexicon import lexicon
from engine.drift.shapes import CONTROL_ANYWHERE
from engine.model.protocol import Scored
from engine.model.scored import TokenScore
from engine.prompt.parts import PartParser

_QUOTES = "'\"`"


class Staying(NamedTuple):
    """A token of a line, and whether the line could stay a command with it."""

    position: int
    """In the completion, from 0."""
    stays: bool
    """Whether the line as it is with this token is a command, or can become one."""
    share: float | None
    """How likely the model was to stay among commands here, from 0 to 1; none where it is not scored,
    or nothing of the line stood there yet."""


def stays(line: str) -> bool:
    """Whether a line, perhaps not at its end, is a command or can become one."""
    text = line.strip()
    if not text:
        return True
    if not any(blank in line.lstrip() for blank in " \t;|&<>(") and _begins_a_name(text):
        return True
    return judge(text + _open_quote(text)).drift is None


@lru_cache(maxsize=8)
def stayings(
    texts: tuple[str, ...], scored: Scored | None = None
) -> tuple[tuple[Staying, ...], ...]:
    """Line by line, every token of a completion's lines; reasoning and comments are no lines.

    `texts`: what each token adds to the text; `scored`: what the model thinks of each.
    """
    lines: list[list[Staying]] = []
    before: int | None = None
    for position, number, line in _lines(texts):
        here = line + texts[position].split("\n")[0]
        score = scored.tokens[position] if scored and position < len(scored.tokens) else None
        share = _share(line, score) if score and line.strip() else None
        if number != before:
            lines.append([])
            before = number
        lines[-1].append(Staying(position, stays(here), share))
    return tuple(map(tuple, lines))


def gone(line: Sequence[Staying]) -> Staying | None:
    """The token from which on a line is no command to its end; none where it ends as one."""
    left: Staying | None = None
    for one in reversed(line):
        if one.stays:
            break
        left = one
    return left


def _lines(texts: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Of every token of a line: its position, which line, and the line before it."""
    parser, said, number = PartParser("whole-turn"), "", 0
    inside = False
    """Whether reasoning or a comment is under way."""
    for position, text in enumerate(texts):
        deltas = parser.feed(text)
        line = said[said.rfind("\n") + 1 :]
        for delta in deltas:
            if delta.state == "open":
                inside = delta.kind != "line"
        if not inside and text.strip():
            yield position, number, line
        said += text
        if any(delta.state == "close" for delta in deltas):
            inside = False
        number += "\n" in text


def _share(line: str, score: TokenScore) -> float | None:
    """How likely the model was to keep a line a command, by the tokens that were scored."""
    could = {one.id: (one.text, one.logprob) for one in score.place.alternatives}
    could.setdefault(score.id, (score.text, score.logprob))
    kept = whole = 0.0
    for text, logprob in could.values():
        ends = not text or CONTROL_ANYWHERE.fullmatch(text)
        chance = exp(logprob)
        whole += chance
        kept += chance * stays(line if ends else line + text.split("\n")[0])
    return kept / whole if whole else None


def _open_quote(text: str) -> str:
    """The quote that a text leaves open; empty where it leaves none."""
    opened, skip = "", False
    for character in text:
        if skip:
            skip = False
        elif character == "\\" and opened != "'":
            skip = True
        elif opened:
            opened = "" if character == opened else opened
        elif character in _QUOTES:
            opened = character
    return opened


def _begins_a_name(text: str) -> bool:
    names = _names()
    at = bisect_left(names, text)
    return at < len(names) and names[at].startswith(text)


@cache
def _names() -> list[str]:
    return sorted(lexicon().commands)
