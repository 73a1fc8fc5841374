"""Which tokens end a turn, and which the operator has no business to write."""

from typing import Any

import msgspec

from engine.errors import PromptUnsafe
from engine.prompt.encode import PromptEncoder
from engine.prompt.parts import THINK_TAGS
from engine.scrollback import Turn


class Endings(msgspec.Struct, frozen=True):
    """Ids that end a completion; none of them is kept among what was sampled."""

    turn: frozenset[int]
    """The model ended its turn."""
    control: frozenset[int]
    """Any other special token: a role tag, a file separator."""


def endings_of(tokenizer: Any, encoder: PromptEncoder, declared: Any) -> Endings:
    """What ends a turn for this tokenizer.

    `declared`: the generation config's end-of-text id or ids, or none. To those come the
    tokenizer's own and the one that the chat template puts after an assistant turn.
    """
    special = {
        number: str(token.content)
        for number, token in tokenizer.added_tokens_decoder.items()
        if token.special
    }
    ends = set(declared if isinstance(declared, list | tuple) else [declared])
    ends.add(tokenizer.eos_token_id)
    ends.add(_closing(encoder, special))
    turn = frozenset(int(number) for number in ends if number is not None)
    tags = {tag for pair in THINK_TAGS.pairs for tag in pair}
    text = {tokenizer.unk_token_id} - {tokenizer.bos_token_id, tokenizer.pad_token_id}
    control = {number for number, content in special.items() if content not in tags}
    return Endings(turn=turn, control=frozenset(control - turn - text))


def _closing(encoder: PromptEncoder, special: dict[int, str]) -> int | None:
    """The special token that the template puts right after what an assistant said."""
    turns = (Turn("user", "x", "shell"), Turn("assistant", "x", "operator"))
    try:
        payload = encoder.encode(turns)
    except PromptUnsafe:
        return None
    said = [span.stop for span in payload.spans if span.turn == 1 and span.origin == "operator"]
    after = payload.ids[said[-1]] if said and said[-1] < len(payload.ids) else None
    return after if after in special else None
