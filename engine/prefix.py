"""How far two sequences go together."""

from collections.abc import Sequence


def shared_prefix(one: Sequence[object], other: Sequence[object]) -> int:
    """How many leading items of two sequences are equal: token ids of two prompts, say."""
    for at, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return at
    return min(len(one), len(other))
