"""The scrollback as prompt ids, such that no content ever becomes a control token.

The chat template's skeleton is found with nonces in place of the contents (`template`), and encoded
apart from them (`tokens`). The operator's own turns go back as the ids it sampled.
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple, Protocol

from engine.errors import ModelError, PromptUnsafe
from engine.prompt.template import ChatTemplate, ChatTokenizer, turn_name
from engine.prompt.tokens import Encoded, TokenTable, Vocabulary
from engine.scrollback import Origin, Payload, Role, Span, Turn

_BROKEN = re.compile("[\ud800-\udfff]")


class PromptTokenizer(ChatTokenizer, TokenTable, Protocol):
    """A Hugging Face tokenizer of the fast kind, as far as prompts need it."""

    def __len__(self) -> int:
        """How many ids there are, added tokens included."""
        ...


class PromptEncoder:
    """Encodes scrollbacks for one tokenizer.

    What a completion leaves in the KV cache, its prompt and the ids it sampled, is the beginning of
    the next prompt, whatever the template would write in an earlier turn's place. A template that
    marks turns with ordinary text instead of control tokens (`[INST]`, `### Response:`) works too,
    but then a content can say the same words: ids alone cannot tell them apart.
    """

    def __init__(self, tokenizer: PromptTokenizer, window: int = 0) -> None:
        """`window` is the model's context length in tokens, for the payloads.

        Raises `ModelError` where the tokenizer has no chat template or no fast form.
        """
        if not getattr(tokenizer, "chat_template", None):
            raise ModelError(
                "The tokenizer has no chat template, so the model is no chat model; choose the "
                "instruct or chat variant of it."
            )
        self._vocabulary = Vocabulary(tokenizer)
        try:
            self._template = ChatTemplate(tokenizer)
        except ValueError as error:
            raise ModelError(
                f"The tokenizer has several chat templates and none is its default ({error}); name "
                "one of them `default` in its files, or choose another model."
            ) from error
        self._size = len(tokenizer)
        self._window = window

    @property
    def control(self) -> frozenset[int]:
        """Ids that no content may yield, and that an operator has no business to write."""
        return self._vocabulary.control

    def opening(self, turns: Sequence[Turn]) -> str:
        """The text between the last turn's content and the first token of the completion.

        It shows whether the template opened the reasoning by itself. Raises `PromptUnsafe`.
        """
        return self._template.opening(tuple(turn.role for turn in turns))

    def encode(self, turns: Sequence[Turn], seed_turns: int = 0) -> Payload:
        """The prompt that asks for the turn after these.

        The first `seed_turns` of them are the seed's: `Payload.seam` counts the ids up to where the
        last of them has been closed. Skeleton that the template adds by itself, and the opening of
        the turn asked for, belong to turn -1. Raises `PromptUnsafe`.
        """
        roles = tuple(turn.role for turn in turns)
        skeleton = self._template.skeleton(roles)
        contents = self._template.contents(skeleton, turns)
        chunks: list[_Chunk] = []
        seam = 0
        for index in range(len(turns) + 1):
            piece, closing = skeleton.pieces[index], skeleton.closings[index]
            if index < len(turns) and turns[index].ids and turns[index].role == "assistant":
                piece, closing = self._asked(roles[:index], piece, closing)
            owner = index if index < len(turns) else -1
            laid = len(chunks)
            closed = self._lay(chunks, piece, closing, (index - 1, owner))
            if index == seed_turns:
                seam = laid + closed
            if index < len(turns):
                turn = turns[index]
                self._check(index, turn)
                text = "" if turn.ids else contents[index]
                chunks.append(_Chunk(index, turn.origin, text, turn.ids))
        return self._payload(chunks, seam, turns)

    def _asked(self, roles: tuple[Role, ...], piece: str, closing: int) -> tuple[str, int]:
        """What stood before the operator's first token when it was asked, where that can be told.

        Some templates open the reasoning there and leave that out of earlier turns.
        """
        try:
            asked = self._template.skeleton(roles)
        except PromptUnsafe:
            return piece, closing
        return asked.pieces[-1], asked.closings[-1]

    def _lay(
        self, chunks: list["_Chunk"], piece: str, closing: int, owners: tuple[int, int]
    ) -> int:
        """Lay a piece of the template's text, its control tokens apart.

        The first `closing` characters belong to the first of the two owners, the rest to the other;
        returns how many chunks the first got.
        """
        closed = 0
        for start, cut in self._vocabulary.cut(piece):
            if isinstance(cut, int):
                chunks.append(_Chunk(owners[start >= closing], "skeleton", "", (cut,)))
                closed += start < closing
                continue
            inside = max(0, closing - start)
            if cut[:inside]:
                chunks.append(_Chunk(owners[0], "skeleton", cut[:inside], ()))
                closed += 1
            if cut[inside:]:
                chunks.append(_Chunk(owners[1], "skeleton", cut[inside:], ()))
        return closed

    def _check(self, index: int, turn: Turn) -> None:
        if turn.ids and not 0 <= min(turn.ids) <= max(turn.ids) < self._size:
            raise PromptUnsafe(
                f"{turn_name(index, turn).capitalize()} holds a token id that this model does not "
                "have, so another model wrote it; send the turn as text instead."
            )
        if not turn.text.isascii() and _BROKEN.search(turn.text):
            raise PromptUnsafe(
                f"{turn_name(index, turn).capitalize()} holds half a character (a lone surrogate), "
                "which no tokenizer can encode; take it out of the turn."
            )

    def _payload(self, chunks: list["_Chunk"], seam: int, turns: Sequence[Turn]) -> Payload:
        """Encode neighbouring text together and note where each chunk begins."""
        ids: list[int] = []
        starts: list[int] = []
        for sampled, group in groupby(chunks, key=lambda chunk: bool(chunk.ids)):
            run = list(group)
            if sampled:
                for chunk in run:
                    starts.append(len(ids))
                    ids.extend(chunk.ids)
                continue
            encoded = self._vocabulary.encode(
                tuple(chunk.text for chunk in run),
                tuple(chunk.origin != "skeleton" for chunk in run),
                first=not ids,
            )
            if not self.control.isdisjoint(encoded.ids):
                self._refuse(run, encoded, turns)
            starts.extend(len(ids) + bound for bound in encoded.bounds[:-1])
            ids.extend(encoded.ids)
        starts.append(len(ids))
        spans = _spans(chunks, starts)
        return Payload(ids=tuple(ids), spans=spans, seam=starts[seam], window=self._window)

    def _refuse(self, run: list["_Chunk"], encoded: Encoded, turns: Sequence[Turn]) -> None:
        """Raise for the chunk that yielded a control id."""
        at = next(at for at, number in enumerate(encoded.ids) if number in self.control)
        chunk = run[bisect_right(encoded.bounds, at) - 1]
        where = (
            turn_name(chunk.turn, turns[chunk.turn]).capitalize()
            if chunk.origin != "skeleton"
            else "The text that the chat template writes"
        )
        raise PromptUnsafe(
            f"{where} would become a control token (id {encoded.ids[at]}) whichever way it is "
            "encoded, because this model's vocabulary holds its text as an ordinary word too; take "
            "it out of the turn, or choose another model."
        )


class _Chunk(NamedTuple):
    """A stretch of prompt with one origin: text to be encoded, or ids."""

    turn: int
    origin: Origin
    text: str
    ids: tuple[int, ...]


def _spans(chunks: Sequence[_Chunk], starts: Sequence[int]) -> tuple[Span, ...]:
    """Neighbouring chunks of one turn and origin as one span; empty ones as none."""
    spans: list[Span] = []
    for chunk, (start, stop) in zip(chunks, pairwise(starts), strict=True):
        if start == stop:
            continue
        if spans and (spans[-1].turn, spans[-1].origin) == (chunk.turn, chunk.origin):
            spans[-1] = Span(spans[-1].start, stop, chunk.turn, chunk.origin)
        else:
            spans.append(Span(start, stop, chunk.turn, chunk.origin))
    return tuple(spans)
