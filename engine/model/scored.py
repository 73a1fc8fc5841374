"""What scoring says of the places of a completion that is already there: how likely, and how near.

A completion is put through the model once more, token by token as it was written (teacher forcing).
At each place stand what the model thought of it, and which token the run's random numbers choose by
these logits. Where they choose another than was written, `TokenScore.behind` tells by how little: a
near-tie lies within the rounding noise of the logits, a real difference does not.
"""

import msgspec


class Alternative(msgspec.Struct, frozen=True, array_like=True):
    """A token that could have come."""

    id: int
    text: str
    logprob: float
    """Natural logarithm of the model's own probability."""


class Choice(msgspec.Struct, frozen=True, kw_only=True):
    """Which token the run's random numbers choose."""

    id: int
    text: str
    lead: float
    """In logits: by how much the runner-up would have to gain on it to be chosen instead. Infinite
    where nothing else could have been."""
    ends: bool = False
    """Whether it ends the turn."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What the model thinks at one place of a completion, before the token there."""

    entropy: float
    """Of the model's own distribution, in nats."""
    command: float
    """Probability that a token that can begin a command comes here; it means something where a line
    can begin. See `engine.model.heads`."""
    alternatives: tuple[Alternative, ...]
    """The likeliest tokens, in falling order."""
    choice: Choice


class TokenScore(msgspec.Struct, frozen=True, kw_only=True):
    """A token of the completion, and its place."""

    id: int
    text: str
    """What it adds to the text; empty while a character is incomplete."""
    logprob: float
    """Natural logarithm of the model's own probability, before penalty, temperature, truncation."""
    rank: int
    """1 for the likeliest."""
    behind: float | None
    """In logits: how much it would have to gain to be the one that is chosen; 0 where it is. None
    where truncation (top-k, top-p, min-p) leaves it out."""
    place: Place

    @property
    def agrees(self) -> bool:
        """Whether the same token is chosen again."""
        return self.place.choice.id == self.id
