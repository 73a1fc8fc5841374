"""What is wrong with the scrollback as a conversation: roles, tags, turns said twice or not at all."""

import re
from collections.abc import Iterator
from itertools import pairwise

from engine.drift.shapes import CONTROL_ANYWHERE
from engine.lint.finding import Hit, Rule, Subject

LABELS = re.compile(
    r"(?im)^\s*(?:#{2,4}\s*)?(?:(?P<asks>user|human)|(?P<answers>assistant|ai))\s*:"
)
"""Role names as text, as old prompts have them: of both sides, for `user: alice` may be anything."""

REPEATED = 60
"""Characters: shorter texts come twice in the best of shells."""
DIGESTED = 24
"""Characters of a message, so that finding it elsewhere is no coincidence; of the shell's, which says
what a task or a seed has asked for, `REPEATED`, and more than a line."""

SPACES = re.compile(r"[\u00a0\u1680\u2000-\u200b\u202f\u205f\u2060\u3000\ufeff\u00ad]|\r")
"""Spaces that look like one, or like none, and are other tokens."""


def role_tags(subject: Subject) -> Iterator[Hit]:
    """Role tags as literal text."""
    for index, turn in enumerate(subject.turns):
        tag = CONTROL_ANYWHERE.search(turn.text)
        if tag is None:
            labels = list(LABELS.finditer(turn.text))
            both = {each.lastgroup for each in labels} == {"asks", "answers"}
            tag = labels[0] if both else None
        if tag is not None:
            yield Hit(
                f"{tag.group().strip()!r} stands in the text of one {turn.role} turn: it looks like "
                "a turn of its own and is none.",
                index,
                tag.start(),
                tag.end(),
            )


def alternation(subject: Subject) -> Iterator[Hit]:
    """Roles out of the order that chat templates are made for."""
    turns = subject.turns
    for index, turn in enumerate(turns):
        if turn.role == "system" and index:
            yield Hit("A system turn stands after other turns.", index)
    talk = [(index, turn) for index, turn in enumerate(turns) if turn.role != "system"]
    if talk and talk[0][1].role == "assistant":
        yield Hit("The conversation begins with an assistant turn.", talk[0][0])
    first = True
    for (_, before), (index, turn) in pairwise(talk):
        same = before.role == turn.role
        if same and first:
            yield Hit(f"Two {turn.role} turns follow one another.", index)
        # Of a row of them, only the first is told.
        first = not same


def repeated(subject: Subject) -> Iterator[Hit]:
    """The same long text in two turns that are not the operator's.

    A command that was typed again says the same again: that is the operator's doing.
    """
    seen: dict[str, int] = {}
    for index, turn in enumerate(subject.turns):
        body = _body(turn.text, subject.prompt)
        if turn.role == "assistant" or len(body) < REPEATED:
            continue
        before = seen.setdefault(body, index)
        if before != index and not _asked_again(subject, before, index):
            yield Hit(
                f"The same {len(body):,} characters stand in turn {before + 1} already.",
                index,
                0,
                len(turn.text),
            )


def _asked_again(subject: Subject, first: int, second: int) -> bool:
    """Whether two turns of the live shell answer the same command."""
    turns = subject.turns
    return (
        turns[first].origin == turns[second].origin == "shell"
        and turns[first - 1].role == turns[second - 1].role == "assistant"
        and turns[first - 1].text == turns[second - 1].text
    )


def digested(subject: Subject) -> Iterator[Hit]:
    """The current message inside an earlier turn that is neither the shell's nor the operator's, or
    twice in its own."""
    index = max((at for at, turn in enumerate(subject.turns) if turn.role == "user"), default=-1)
    if index < 0:
        return
    live = subject.turns[index].origin == "shell"
    text = subject.turns[index].text
    message = _body(text, subject.prompt)
    longest = max(message.split("\n"), key=len)
    again = text.find(longest, text.find(longest) + 1)
    if not live and len(longest) >= DIGESTED and again >= 0:
        yield Hit("The current message says this twice.", index, again, again + len(longest))
        return
    if len(message) < (REPEATED if live else DIGESTED) or (live and "\n" not in message):
        return
    for other, turn in enumerate(subject.turns[:index]):
        at = turn.text.find(message)
        told = turn.origin == "person" or turn.role == "system" or not live
        if at >= 0 and told and turn.role != "assistant" and turn.origin != "shell":
            if _body(turn.text, subject.prompt) == message:
                continue  # the same message again, not a digest of it
            yield Hit(
                f"Turn {other + 1} holds the current message already.",
                other,
                at,
                at + len(message),
            )
            return


def empty(subject: Subject) -> Iterator[Hit]:
    """Turns without a word."""
    for index, turn in enumerate(subject.turns):
        if not turn.text and not turn.ids:
            yield Hit(f"An empty {turn.role} turn.", index)
        elif not turn.text.strip() and turn.role != "user":
            yield Hit(f"A {turn.role} turn of nothing but blanks.", index)


def whitespace(subject: Subject) -> Iterator[Hit]:
    """Blanks that the tokenizer sees differently from those around them."""
    for index, turn in enumerate(subject.turns):
        odd = SPACES.search(turn.text)
        if odd:
            yield Hit(
                f"U+{ord(odd.group()):04X} looks like a blank, or like nothing, and is another "
                "token.",
                index,
                odd.start(),
                odd.end(),
            )
        elif turn.role == "assistant" and not turn.ids and turn.text != turn.text.strip():
            stripped = turn.text.rstrip()
            at = len(stripped) if stripped != turn.text else 0
            yield Hit(
                "Blanks at the edge of a command make other tokens of it than the operator types.",
                index,
                at,
                len(turn.text) if at else len(turn.text) - len(turn.text.lstrip()),
            )


def _body(text: str, prompt: str) -> str:
    return text.removesuffix(prompt).strip() if prompt else text.strip()


RULES = (
    Rule(
        "literal-role-tags",
        "error",
        "Role tags as text are not turns: the model reads one long message about a conversation.",
        "Make each of them a turn, and let the chat template write the tags.",
        role_tags,
    ),
    Rule(
        "roles-alternate",
        "warning",
        "Chat models are trained on user and assistant in turn, after at most one system turn; some "
        "templates refuse anything else, others join or drop turns.",
        "Join neighbouring turns of one role.",
        alternation,
    ),
    Rule(
        "repeated-content",
        "warning",
        "A text that comes twice weighs twice, and teaches the model to repeat.",
        "Leave one of them out.",
        repeated,
    ),
    Rule(
        "message-in-digest",
        "error",
        "The current message stands in the payload twice: as itself, and inside a summary or excerpt "
        "of what went before.",
        "Take the digest before the message is added to what it digests.",
        digested,
    ),
    Rule(
        "empty-turn",
        "warning",
        "A turn without a word makes most templates write two tags with nothing between them, which "
        "no model was trained on.",
        "Leave the turn out, or show what a terminal shows: a blank line.",
        empty,
    ),
    Rule(
        "odd-whitespace",
        "warning",
        "Blanks that look alike are different tokens: what the model is shown is not what it types.",
        "Use plain blanks, and none at the edges of a command.",
        whitespace,
    ),
)
