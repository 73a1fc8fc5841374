"""How much each turn of a scrollback matters: leave one out, ask how likely a command still is.

For each turn the scrollback is rendered without it, and the model says how likely a command is as
its first token (`engine.model.heads`). What that loses against the whole scrollback is the turn's
weight: leave-one-out, as in Cook's distance, with the output's probability as the statistic.

It measures one turn at a time. Two turns that say the same make each other look unimportant, and
what a turn does beyond the first token is not seen. Where leaving a turn out brings two turns of one
role together, they are made one, so that roles alternate as the template needs; where the template
puts something in a turn's place, such as a default system message, that counts as well.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import msgspec

from engine.errors import PromptUnsafe
from engine.model.protocol import Scored
from engine.run import Sampling
from engine.scrollback import Payload, Turn


class Weighs(Protocol):
    """What is needed of a model; every `Model` is one."""

    async def render(self, turns: tuple[Turn, ...], seed_turns: int = 0) -> Payload:
        """The payload that turns make."""
        ...

    async def score(
        self,
        prompt: tuple[int, ...],
        completion: tuple[int, ...],
        *,
        seam: int = 0,
        sampling: Sampling,
        rng: int,
        turn: int,
        top: int = 8,
    ) -> Scored:
        """What the model thinks of a completion."""
        ...


class Influence(msgspec.Struct, frozen=True, kw_only=True):
    """What leaving one turn out does."""

    turn: int
    """Index into the scrollback."""
    whole: float
    """Probability of a command as the first token, with every turn."""
    without: float
    """The same without this one; `whole` where it could not be left out."""
    tokens: int
    """How many tokens fewer the prompt has."""
    why: str = ""
    """Why it could not be left out; empty where it could."""

    @property
    def weight(self) -> float:
        """What the turn adds to the probability of a command, from -1 to 1."""
        return self.whole - self.without


def without(turns: Sequence[Turn], index: int) -> tuple[Turn, ...]:
    """A scrollback without one of its turns; neighbours that then have one role are made one."""
    kept = [*turns[:index], *turns[index + 1 :]]
    if not 0 < index < len(kept) or kept[index - 1].role != kept[index].role:
        return tuple(kept)
    before, after = kept[index - 1], kept[index]
    apart = "" if before.text.endswith("\n") or not before.text else "\n"
    joined = Turn(before.role, f"{before.text}{apart}{after.text}", before.origin, before.element)
    return (*kept[: index - 1], joined, *kept[index + 1 :])


async def influences(
    model: Weighs,
    prompt: tuple[int, ...],
    turns: Sequence[Turn],
    *,
    of: int,
    seam: int,
    sampling: Sampling,
    rng: int,
    turn: int,
) -> AsyncIterator[Influence]:
    """The influence of the first `of` turns, each as soon as it is known.

    `prompt`: the ids that the whole scrollback was sent as, `seam` how many of them are the seed's;
    `rng` and `turn` are the run's. Computes each shortened prompt anew, so it takes about `of` times
    a prefill. Raises what the model raises, but for a turn that the template cannot do without.
    """
    drawn = {"sampling": sampling, "rng": rng, "turn": turn, "top": 1}
    whole = (await model.score(prompt, (), seam=seam, **drawn)).first.command  # type: ignore[arg-type]  # by name
    for index in range(min(of, len(turns))):
        try:
            payload = await model.render(without(turns, index), 0)
        except PromptUnsafe as error:
            yield Influence(turn=index, whole=whole, without=whole, tokens=0, why=str(error))
            continue
        scored = await model.score(payload.ids, (), **drawn)  # type: ignore[arg-type]  # by name
        yield Influence(
            turn=index,
            whole=whole,
            without=scored.first.command,
            tokens=len(prompt) - len(payload.ids),
        )
