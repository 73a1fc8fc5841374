"""Text to token ids, twice over: a template's text with its control tokens, a content without any.

A tokenizer first cuts a text at its added tokens and then encodes what lies between. Here the cuts
are made in the template's own text only, and what lies between, contents included, is encoded by a
tokenizer of the same model and rules that knows no control token. So a harmless prompt gets the ids
that encoding it as a whole would give, and a harmful one gets letters.
"""

import copy
import re
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Protocol

import msgspec
from tokenizers import AddedToken, Encoding, Tokenizer
from tokenizers.models import Unigram

from engine.errors import ModelError

_REMEMBERED_CHARACTERS = 4_000_000
"""How much text is kept encoded: thousands of turns of ordinary length."""

_BYTE = re.compile("<0x[0-9A-F]{2}>")
"""How a vocabulary writes the bytes that stand for characters without a token of their own."""


class TokenTable(Protocol):
    """What is asked of a Hugging Face tokenizer to encode text."""

    backend_tokenizer: Tokenizer
    added_tokens_decoder: dict[int, Any]
    chat_template: object
    unk_token_id: int | None
    bos_token_id: int | None
    eos_token_id: int | None

    def __call__(
        self,
        text: str,
        *,
        add_special_tokens: bool,
        split_special_tokens: bool,
        return_offsets_mapping: bool,
    ) -> Any:
        """Encode text; gives `input_ids` and `offset_mapping`, characters from and to."""
        ...


class Encoded(msgspec.Struct, frozen=True):
    """Some chunks of text, encoded as one."""

    ids: tuple[int, ...]
    bounds: tuple[int, ...]
    """Where each chunk begins in `ids`, and at the end their length: one more than chunks."""


class Vocabulary:
    """A tokenizer, as far as prompts are concerned."""

    def __init__(self, tokenizer: TokenTable) -> None:
        """Raises `ModelError` for a tokenizer that has no fast form."""
        full = getattr(tokenizer, "backend_tokenizer", None)
        if not isinstance(full, Tokenizer):
            raise ModelError(
                f"The tokenizer {type(tokenizer).__name__} has no fast form, and without one text "
                "cannot be told from control tokens; choose a model with a tokenizer.json."
            )
        self._tokenizer = tokenizer
        added = tokenizer.added_tokens_decoder
        template = str(tokenizer.chat_template or "")
        plain = {
            number: token
            for number, token in added.items()
            if token.content.isspace() and not token.special
        }
        self.control = frozenset(
            number
            for number, token in added.items()
            if number not in plain
            and (token.special or token.content in template)
            and not _BYTE.fullmatch(token.content)
            and not _stands_for_unknown(number, tokenizer)
        )
        """Ids that no content may yield: special tokens, and added ones that the template writes."""
        self._cuts = frozenset(added) - frozenset(plain)
        self._first = _bare(full, plain.values(), begins=True)
        self._later = _bare(full, plain.values(), begins=False)
        self._ids = {
            self._first.token_to_id(token.content): number for number, token in plain.items()
        }
        self._memory: OrderedDict[tuple[bool, tuple[bool, ...], tuple[str, ...]], Encoded]
        self._memory = OrderedDict()
        self._remembered = 0
        self.cut = lru_cache(4096)(self._cut)
        """A template's text as control ids and what lies between them, in order, each with the
        offset of its first character."""

    def encode(self, chunks: Sequence[str], claims: Sequence[bool], first: bool) -> Encoded:
        """Encode neighbouring chunks of text as one, without any control token in between.

        A token that crosses from one chunk into the next belongs to the one that claims it, and to
        the earlier where both do or none does. `first`: nothing stands before them in the prompt,
        which some tokenizers treat apart.
        """
        key = (first, tuple(claims), tuple(chunks))
        known = self._memory.get(key)
        if known is not None:
            self._memory.move_to_end(key)
            return known
        encoded = self._encode(chunks, claims, self._first if first else self._later)
        self._memory[key] = encoded
        self._remembered += sum(map(len, chunks))
        while self._remembered > _REMEMBERED_CHARACTERS and len(self._memory) > 1:
            (_, _, forgotten), _ = self._memory.popitem(last=False)
            self._remembered -= sum(map(len, forgotten))
        return encoded

    def _encode(self, chunks: Sequence[str], claims: Sequence[bool], bare: Tokenizer) -> Encoded:
        encoding = bare.encode("".join(chunks), add_special_tokens=False)
        bounds = [0]
        at = 0
        for index, chunk in enumerate(chunks[:-1]):
            at += len(chunk)
            bound = _token_at(encoding, at)
            if bound < len(encoding) and (claims[index] or not claims[index + 1]):
                span = encoding.token_to_chars(bound)
                bound += span is not None and span[0] < at
            bounds.append(max(bound, bounds[-1]))
        ids = encoding.ids
        if self._ids:
            ids = [self._ids.get(number, number) for number in ids]
        return Encoded(ids=tuple(ids), bounds=(*bounds, len(ids)))

    def _cut(self, text: str) -> tuple[tuple[int, int | str], ...]:
        encoding = self._tokenizer(
            text, add_special_tokens=False, split_special_tokens=False, return_offsets_mapping=True
        )
        cut: list[tuple[int, int | str]] = []
        at = 0
        for number, (start, stop) in zip(
            encoding["input_ids"], encoding["offset_mapping"], strict=True
        ):
            if number in self._cuts:
                if start > at:
                    cut.append((at, text[at:start]))
                cut.append((start, number))
                at = stop
        return (*cut, (at, text[at:])) if at < len(text) else tuple(cut)


def _bare(full: Tokenizer, plain: Iterable[AddedToken], begins: bool) -> Tokenizer:
    """A tokenizer of the same model and rules, with no added token but the `plain` ones.

    `begins`: whether its text begins the prompt; else a pre-tokenizer that puts a blank before the
    first word of a text, and only there, does not.
    """
    bare = Tokenizer(full.model)
    if full.normalizer is not None:
        bare.normalizer = full.normalizer
    if full.pre_tokenizer is not None:
        rules = copy.deepcopy(full.pre_tokenizer)
        if not begins:
            first, never = b'"prepend_scheme":"first"', b'"prepend_scheme":"never"'
            rules.__setstate__(rules.__getstate__().replace(first, never))
        bare.pre_tokenizer = rules
    bare.add_tokens(list(plain))
    return bare


def _token_at(encoding: Encoding, character: int) -> int:
    """The first token that holds this character or stands after it."""
    token: int | None = encoding.char_to_token(character)
    if token is None:
        return bisect_left(encoding.offsets, (character, 0))
    return token


def _stands_for_unknown(number: int, tokenizer: TokenTable) -> bool:
    """Whether this id means a character without a token, and nothing else.

    Many tokenizers name some unknown token and have no use for it, as bytes cover every character.
    """
    model = tokenizer.backend_tokenizer.model
    used = isinstance(model, Unigram) or getattr(model, "unk_token", None) is not None
    ends = (tokenizer.bos_token_id, tokenizer.eos_token_id)
    return used and number == tokenizer.unk_token_id and number not in ends
