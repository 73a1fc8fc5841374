"""Two recordings compared: aligned by turn, their tokens and payloads by id."""

from collections.abc import AsyncIterator, Iterable, Sequence
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, TypeAlias

import msgspec

from engine.events import (
    AnyEvent,
    CommandSubmitted,
    DriftSeen,
    PromptSent,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    TokensSampled,
    TurnStarted,
)
from engine.prefix import shared_prefix
from engine.scrollback import Span, Turn

COMPARED = (
    "TurnStarted",
    "PromptSent",
    "TokensSampled",
    "CommandSubmitted",
    "DriftSeen",
    "ScrollbackSeeded",
    "ScrollbackGrew",
    "ScrollbackShortened",
    "RunEnded",
)
"""Types of the events a comparison needs."""
LONGEST = 2000
"""Ids that differ in a stretch beyond which it is told as one change: finding out more would take
time that grows with the square of it."""

Side: TypeAlias = Literal["left", "right"]


class Change(NamedTuple):
    """Where two lists differ: `left[start:stop]` became `right[start:stop]`."""

    left: tuple[int, int]
    right: tuple[int, int]


class TurnTold(msgspec.Struct):
    """What one turn of a session was asked with, and what the model wrote."""

    turn: int
    payload: tuple[int, ...] = ()
    """Ids of the whole prompt."""
    spans: tuple[Span, ...] = ()
    """Over the payload."""
    scrollback: tuple[Turn, ...] = ()
    """What the spans' turns are."""
    ids: list[int] = []
    """Sampled."""
    texts: list[str] = []
    logprobs: list[float] = []
    commands: list[str] = []
    """That went to the shell."""
    drift: str = ""
    """Its kind, where there was one."""


class Pair(NamedTuple):
    """A turn of two sessions; none where one of them did not get so far."""

    turn: int
    left: TurnTold | None
    right: TurnTold | None
    tokens: tuple[Change, ...]
    payload: tuple[Change, ...]

    @property
    def same(self) -> bool:
        """Whether both were asked the same and wrote the same."""
        whole = self.left is not None and self.right is not None
        return whole and not self.tokens and not self.payload

    @property
    def first(self) -> int | None:
        """The first token written otherwise; none where they wrote the same."""
        if self.left is None or self.right is None:
            return 0
        return self.tokens[0].left[0] if self.tokens else None


class Told:
    """Folds a session's events into its turns."""

    def __init__(self) -> None:
        self.turns: dict[int, TurnTold] = {}
        self.outcome = ""
        self._prompt: tuple[int, ...] = ()
        self._scrollback: list[Turn] = []
        self._seed = 0

    def absorb(self, event: AnyEvent) -> None:
        """Take in an event; those that are not in `COMPARED` change nothing."""
        match event:
            case TurnStarted(turn=turn):
                self._turn(turn)
            case ScrollbackSeeded(turns=turns):
                self._scrollback, self._seed = list(turns), len(turns)
            case ScrollbackGrew(added=added):
                self._scrollback.append(added)
            case ScrollbackShortened(turns=turns):
                self._scrollback[self._seed :] = turns
            case PromptSent(turn=turn):
                self._prompt = self._prompt[: event.kept] + event.ids
                told = self._turn(turn)
                told.payload, told.spans = self._prompt, event.spans
                told.scrollback = tuple(self._scrollback)
            case TokensSampled(turn=turn):
                told = self._turn(turn)
                for mine, new in (
                    (told.ids, event.ids),
                    (told.texts, event.texts),
                    (told.logprobs, event.logprobs),
                ):
                    # After the loss of a worker the completion begins anew.
                    mine[event.position :] = new  # type: ignore[assignment]  # each of its own kind
            case CommandSubmitted(turn=turn, command=command):
                self._turn(turn).commands.append(command)
            case DriftSeen(turn=turn, kind=kind):
                self._turn(turn).drift = kind
            case RunEnded(outcome=outcome):
                self.outcome = outcome
            case _:
                pass

    def _turn(self, turn: int) -> TurnTold:
        return self.turns.setdefault(turn, TurnTold(turn))


async def told(events: AsyncIterator[AnyEvent]) -> Told:
    """A session's turns."""
    found = Told()
    async for event in events:
        found.absorb(event)
    return found


def changes(left: Sequence[int], right: Sequence[int]) -> tuple[Change, ...]:
    """Where two lists of ids differ, in order.

    Common beginnings and ends are found first; what is between, by difflib's longest matching
    blocks (Ratcliff and Obershelp), where it is not too long for that.
    """
    start = shared_prefix(left, right)
    end = shared_prefix(left[start:][::-1], right[start:][::-1])
    a, b = left[start : len(left) - end], right[start : len(right) - end]
    if not a and not b:
        return ()
    if max(len(a), len(b)) > LONGEST:
        return (Change((start, start + len(a)), (start, start + len(b))),)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    return tuple(
        Change((start + i1, start + i2), (start + j1, start + j2))
        for kind, i1, i2, j1, j2 in matcher.get_opcodes()
        if kind != "equal"
    )


def compare(left: Told, right: Told) -> list[Pair]:
    """Both sessions' turns side by side, by number."""
    return [
        _pair(turn, left.turns.get(turn), right.turns.get(turn))
        for turn in sorted(left.turns.keys() | right.turns.keys())
    ]


def first_difference(pairs: Iterable[Pair]) -> Pair | None:
    """The first turn in which the model wrote anything else, or only one of them wrote."""
    return next((pair for pair in pairs if pair.first is not None), None)


def _pair(turn: int, left: TurnTold | None, right: TurnTold | None) -> Pair:
    if left is None or right is None:
        return Pair(turn, left, right, (), ())
    return Pair(
        turn, left, right, changes(left.ids, right.ids), changes(left.payload, right.payload)
    )
