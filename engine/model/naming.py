"""What each id of a vocabulary is in text."""

from collections.abc import Iterable
from typing import Any

_SPACE = "\u2581"
"""What SentencePiece writes in place of a blank before a word; decoding a token alone loses it."""


class Names:
    """Texts of ids, looked up once each."""

    def __init__(self, tokenizer: Any) -> None:
        """`tokenizer`: one of transformers, of the fast kind."""
        self._tokenizer = tokenizer
        self._known: dict[int, str] = {}

    def of(self, ids: Iterable[int]) -> tuple[tuple[int, str], ...]:
        """Each distinct id and its text, in the order of the ids; what is part of a character is
        U+FFFD."""
        distinct = sorted(set(ids))
        unknown = [token for token in distinct if token not in self._known]
        if unknown:
            backend = self._tokenizer.backend_tokenizer
            texts = backend.decode_batch([[token] for token in unknown], skip_special_tokens=False)
            for token, text in zip(unknown, texts, strict=True):
                blank = (backend.id_to_token(token) or "").startswith(_SPACE)
                self._known[token] = f" {text}" if blank and not text.startswith(" ") else text
        return tuple((token, self._known[token]) for token in distinct)
