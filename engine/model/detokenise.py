"""Token ids to text while they come: no half characters, and spaces as in the whole."""

from typing import Protocol

_MOST_HELD = 8
"""A character is at most four tokens of one byte each. What is still no text after twice as many
never will be, and waiting on would hold back all that follows."""

_INCOMPLETE = "\ufffd"


class Tokenizer(Protocol):
    """What a detokeniser needs of a tokenizer of transformers."""

    def decode(
        self,
        token_ids: list[int],
        *,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool | None = None,
    ) -> str:
        """The text of some ids."""
        ...


class Detokeniser:
    """Says what each token adds to the text.

    Tokens are decoded together with those of the last step, because the text of a token may depend
    on whether it stands first. The pieces joined are the text of all ids, less what is incomplete
    at the end.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        """Those of the last step, then those that are no whole text yet."""
        self._told = 0
        """How many of them belong to the last step."""
        self._before = ""
        """The text of those alone."""

    def push(self, token: int) -> str:
        """The text that this token completes; empty while a character is incomplete."""
        self._ids.append(token)
        text = self._decode(self._ids)
        held = len(self._ids) - self._told
        if text.endswith(_INCOMPLETE) and held < _MOST_HELD:
            return ""
        added = text[len(self._before) :]
        self._ids = self._ids[self._told :]
        self._told = len(self._ids)
        self._before = self._decode(self._ids)
        return added

    def _decode(self, ids: list[int]) -> str:
        return self._tokenizer.decode(
            ids, skip_special_tokens=False, clean_up_tokenization_spaces=False
        )
