"""What the tests of prompts share."""

import copy
from collections.abc import Sequence
from typing import Any

from engine.scrollback import Turn


def plainly(tokenizer: Any, turns: Sequence[Turn]) -> list[int]:
    """The ids that transformers gives for these turns by itself, control tokens in them included."""
    messages = [{"role": turn.role, "content": turn.text} for turn in turns]
    ids: list[int] = tokenizer.apply_chat_template(
        messages, add_generation_prompt=True, return_dict=False
    )
    return ids


def with_template(tokenizer: Any, template: str) -> Any:
    """A copy of the tokenizer with another chat template."""
    changed = copy.copy(tokenizer)
    changed.chat_template = template
    return changed
