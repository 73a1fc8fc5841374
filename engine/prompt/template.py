"""What a chat template puts around the contents of turns, found out without trusting the contents.

The template is rendered once with a random nonce as each turn's content. What stands between the
nonces is the skeleton: text of the template's own, whatever the turns say. A template that leaves a
turn out, repeats it, moves it, or rewrites it because of what it says is refused by name.
"""

import re
import secrets
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Protocol, get_args

import msgspec
from jinja2 import TemplateError

from engine.errors import PromptUnsafe
from engine.prompt.parts import THINK_TAGS
from engine.scrollback import Role, Turn

_REMEMBERED = 4096
"""Sequences of roles whose skeleton is kept: a run of 30 turns needs about 60."""

_TODAY = datetime(2024, 7, 26)
"""The date that templates write which write one: always the same, or no prompt could be had twice.
The templates of Llama 3 write this one where they are told none."""
_ASKS_DATE = re.compile(r"""strftime_now\(\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*\)""")


class ChatTokenizer(Protocol):
    """What is asked of a Hugging Face tokenizer to render its chat template."""

    def get_chat_template(self) -> str:
        """The template's source; the default one where there are several."""
        ...

    def apply_chat_template(
        self,
        conversation: list[dict[str, str]],
        *,
        chat_template: str,
        add_generation_prompt: bool,
        tokenize: bool,
    ) -> str:
        """Render messages to text."""
        ...


class Skeleton(msgspec.Struct, frozen=True):
    """The template's own text for turns with certain roles."""

    pieces: tuple[str, ...]
    """Before the first content, between each two, and after the last: one more than turns. The last
    ends with the generation prompt."""
    closings: tuple[int, ...]
    """How many leading characters of each piece end the turn before it; of the first piece, how
    many the template adds by itself: a beginning-of-text token, a default system message."""
    marks: tuple[str, ...]
    """The nonces that stood for the contents."""


class ChatTemplate:
    """A tokenizer's chat template.

    Skeletons are remembered by the turns' roles, so that a scrollback that grows by a turn costs a
    few renderings of the template and no more.
    """

    def __init__(self, tokenizer: ChatTokenizer) -> None:
        self._tokenizer = tokenizer
        self._source = _ASKS_DATE.sub(_date, tokenizer.get_chat_template())
        self._closings: dict[Role, str] = {}
        self._nonce_skeleton = lru_cache(_REMEMBERED)(self._find_skeleton)
        self.skeleton = lru_cache(_REMEMBERED)(self._whole_skeleton)
        """Of turns with these roles, see `Skeleton`. Raises `PromptUnsafe`."""

    def opening(self, roles: tuple[Role, ...]) -> str:
        """The text between these turns' last content and the operator's first token.

        Raises `PromptUnsafe` where the template refuses such turns.
        """
        pieces, _ = self._nonce_skeleton(roles, True)
        return pieces[-1]

    def contents(self, skeleton: Skeleton, turns: Sequence[Turn]) -> tuple[str, ...]:
        """What the template makes of each turn's text: the same, or trimmed at its ends.

        A turn with ids stands for itself and its text is not shown to the template. Raises
        `PromptUnsafe` where the template does anything else to a text, or, because of it, to
        another turn.
        """
        shown = [
            mark if turn.ids else turn.text
            for turn, mark in zip(turns, skeleton.marks, strict=True)
        ]
        try:
            found = _contents(skeleton.pieces, shown, self._text(turns, shown))
        except PromptUnsafe:
            found = None
        if found is None:
            self._blame(skeleton, turns, shown)
        return tuple(found or ())

    def _whole_skeleton(self, roles: tuple[Role, ...]) -> Skeleton:
        pieces, marks = self._nonce_skeleton(roles, True)
        closings = (
            self._closing_length(roles[:index], pieces[index]) for index in range(1, len(pieces))
        )
        added = self._added(roles, pieces[0])
        return Skeleton(pieces=pieces, closings=(added, *closings), marks=marks)

    def _find_skeleton(
        self, roles: tuple[Role, ...], ask: bool
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The pieces around one nonce a turn, and the nonces; `ask` for a generation prompt."""
        nonce = secrets.token_hex(16)
        marks = tuple(f"{nonce}x{index}x" for index in range(len(roles)))
        turns = [Turn(role, mark, "skeleton") for role, mark in zip(roles, marks, strict=True)]
        text = self._text(turns, marks, ask)
        pieces: list[str] = []
        at = 0
        for index, mark in enumerate(marks):
            start = text.find(mark)
            if start < 0:
                raise PromptUnsafe(
                    f"The chat template leaves out or rewrites {turn_name(index, turns[index])} of "
                    f"{len(turns)}; leave that turn out, or choose another model."
                )
            if start < at:
                raise PromptUnsafe(
                    f"The chat template moves turns: {turn_name(index, turns[index])} comes before "
                    f"{turn_name(index - 1, turns[index - 1])}; leave one of the two out, or choose "
                    "another model."
                )
            if text.find(mark, start + 1) >= 0:
                raise PromptUnsafe(
                    f"The chat template repeats {turn_name(index, turns[index])} of {len(turns)}; "
                    f"leave that turn out, or choose another model."
                )
            pieces.append(text[at:start])
            at = start + len(mark)
        return (*pieces, text[at:]), marks

    def _closing_length(self, roles: tuple[Role, ...], piece: str) -> int:
        """How many characters of the piece after these turns end the last of them.

        What ends a turn is asked of the template once a role, and again where that does not fit.
        """
        closing = self._closings.get(roles[-1], "")
        if not closing or not piece.startswith(closing):
            closing = self._closings[roles[-1]] = self._closing(roles)
        return len(closing) if piece.startswith(closing) else 0

    def _closing(self, roles: tuple[Role, ...]) -> str:
        """What ends the last of these turns; empty where the template does not tell."""
        try:
            pieces, _ = self._nonce_skeleton(roles, False)
        except PromptUnsafe:
            return ""
        return pieces[-1]

    def _added(self, roles: tuple[Role, ...], first: str) -> int:
        """How many characters of the first piece are no header of the first turn.

        A header is what stands before a turn of that role elsewhere; a system turn stands nowhere
        else, and then all of the piece counts as its header.
        """
        if not roles or roles[0] == "system":
            return 0
        other: Role = "assistant" if roles[0] == "user" else "user"
        closing = self._closing((roles[0], other))
        try:
            pieces, _ = self._nonce_skeleton((roles[0], other, roles[0]), False)
        except PromptUnsafe:
            return 0
        header = pieces[2].removeprefix(closing)
        return len(first) - len(header) if first.endswith(header) else 0

    def _text(self, turns: Sequence[Turn], shown: Sequence[str], ask: bool = True) -> str:
        """Render turns with what is shown for each."""
        for index, turn in enumerate(turns):
            if turn.role not in get_args(Role):
                raise PromptUnsafe(
                    f"Turn {index + 1} has the role {turn.role!r}; a turn's role is one of "
                    f"{', '.join(get_args(Role))}."
                )
        messages = [
            {"role": turn.role, "content": text} for turn, text in zip(turns, shown, strict=True)
        ]
        try:
            return self._tokenizer.apply_chat_template(
                messages,
                chat_template=self._source,
                add_generation_prompt=ask,
                tokenize=False,
            )
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError) as error:
            roles = ", ".join(turn.role for turn in turns) or "none at all"
            raise PromptUnsafe(
                f"The chat template refuses turns with these roles: {roles} ({error}); switch off "
                "what lays the turn it does not take, or choose another model."
            ) from error

    def _blame(self, skeleton: Skeleton, turns: Sequence[Turn], shown: Sequence[str]) -> None:
        """Raise for the first turn whose text alone makes the template do something else."""
        for index, turn in enumerate(turns):
            alone = [*skeleton.marks[:index], shown[index], *skeleton.marks[index + 1 :]]
            try:
                spoilt = _contents(skeleton.pieces, alone, self._text(turns, alone)) is None
                how = "rewrites or drops"
            except PromptUnsafe as error:
                spoilt, how = True, f"refuses ({error.__cause__})"
            if spoilt:
                raise PromptUnsafe(
                    f"The chat template {how} {turn_name(index, turn)} because of what it says: "
                    f"{_excerpt(turn.text)}; {_remedy(turn)}, or choose another model."
                )
        raise PromptUnsafe(
            "The chat template lays these turns out otherwise than turns of the same roles because "
            "of what several of them say together; shorten the scrollback, or choose another model."
        )


def _contents(pieces: Sequence[str], shown: Sequence[str], text: str) -> list[str] | None:
    """What stands between the pieces in `text`, where each is as shown but for blank ends."""
    if not text.startswith(pieces[0]):
        return None
    found: list[str] = []
    at = len(pieces[0])
    for content, piece in zip(shown, pieces[1:], strict=True):
        last = len(found) == len(shown) - 1
        for form in _trimmed(content):
            end = at + len(form) + len(piece)
            if (
                text.startswith(form, at)
                and text.startswith(piece, at + len(form))
                and (not last or end == len(text))
            ):
                found.append(form)
                at = end
                break
        else:
            return None
    return found if found or len(text) == at else None


def _date(asked: re.Match[str]) -> str:
    """The fixed date in the format that is asked for, as a literal of the template's language."""
    return repr(_TODAY.strftime(asked[1] or asked[2] or ""))


def _trimmed(content: str) -> Iterator[str]:
    """The ways in which templates are known to trim a content, itself first."""
    yield content
    for signs in (None, "\n"):
        yield content.strip(signs)
        yield content.rstrip(signs)
        yield content.lstrip(signs)


def turn_name(index: int, turn: Turn) -> str:
    """A turn, for a sentence: its number from 1, its role and where it comes from."""
    source = f", seed element {turn.element}" if turn.element else f", from the {turn.origin}"
    return f"turn {index + 1} ({turn.role}{'' if turn.origin == 'skeleton' else source})"


def _remedy(turn: Turn) -> str:
    if turn.origin == "seed" and any(tag in turn.text for pair in THINK_TAGS.pairs for tag in pair):
        return "switch off the seed's reasoning, which some templates leave out of earlier turns"
    return "take that out of the turn"


def _excerpt(text: str) -> str:
    """The beginning of a text, as a Python literal, short enough for a sentence."""
    return repr(text if len(text) <= 60 else text[:60] + "…")
