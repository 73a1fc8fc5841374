"""One prompt as it was sent, taken apart: every token with its text and where it came from.

Nothing here is made up afterwards: ids, spans and texts are those that were recorded with the
request. The screen and the command line both print what `inspected` gives.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from engine.events import Provenance, ScrollbackShortened
from engine.run import RunSpec, Sampling
from engine.scrollback import Origin, Role, Span, Turn

ORIGINS: tuple[Origin, ...] = ("skeleton", "seed", "shell", "operator", "person")
"""In the order in which counts are told."""

LABELS: dict[Origin, str] = {
    "skeleton": "template",
    "seed": "seed",
    "shell": "shell",
    "operator": "operator",
    "person": "person",
}
"""What a person reads for an origin."""

BROKEN = "�"
"""What a token's text holds where it is part of a character."""


class Wrote(msgspec.Struct, frozen=True):
    """What the model wrote after a prompt, as it was recorded. Parallel tuples."""

    ids: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    logprobs: tuple[float, ...] = ()
    """Natural logarithms of the model's own probabilities."""
    weighed: tuple[tuple[int, float], ...] = ()
    """Places where a line could begin, and how likely a command was there."""
    drift: str = ""
    """Its kind, where the line was judged a drift."""
    reason: str = ""
    """Why it stopped; empty while it writes, or where that is not recorded."""

    def grown(
        self,
        position: int,
        ids: tuple[int, ...],
        texts: tuple[str, ...],
        logprobs: tuple[float, ...],
    ) -> "Wrote":
        """With more tokens from a position on; what stood there before is gone."""
        return msgspec.structs.replace(
            self,
            ids=self.ids[:position] + ids,
            texts=self.texts[:position] + texts,
            logprobs=self.logprobs[:position] + logprobs,
        )


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt as it was sent, and all that was recorded beside it."""

    turn: int
    """Of the run, from 1."""
    ids: tuple[int, ...]
    texts: tuple[str, ...] = ()
    """Parallel to `ids`; empty where the recording does not name its tokens."""
    spans: tuple[Span, ...]
    turns: tuple[Turn, ...]
    """The scrollback that it was made of."""
    seed_turns: int = 0
    seam: int = 0
    cached: int = 0
    kept: int = 0
    """How many leading ids are those of the prompt before."""
    window: int = 0
    sampling: Sampling | None = None
    spec: RunSpec | None = None
    provenance: Provenance | None = None
    shortened: ScrollbackShortened | None = None
    """What was made shorter right before this prompt."""
    wrote: Wrote = Wrote()


class Token(NamedTuple):
    """One id of a prompt."""

    place: int
    """In the prompt, from 0."""
    id: int
    text: str
    """Empty where the recording does not name it; see `Sent.texts`."""
    span: int
    """Which stretch it is in."""
    turn: int
    """Of the scrollback; -1 for what the template added by itself."""
    role: str
    """`system`, `user` or `assistant`; empty where no turn has it."""
    origin: Origin
    element: str
    """The seed element that laid it; empty for anything else."""
    cached: bool


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """A run of ids with one turn and origin."""

    start: int
    stop: int
    turn: int
    role: Role | None
    origin: Origin
    element: str
    text: str
    """As the scrollback has it; for the template's own text, as its tokens are named."""
    cached: int
    """How many of its tokens were not computed again."""
    own: bool
    """Whether the template put it in by itself, for no turn and not to open the one asked for."""

    def __len__(self) -> int:
        """Tokens."""
        return self.stop - self.start

    @property
    def label(self) -> str:
        """Whose words it is, for a person."""
        return LABELS[self.origin]


class Count(NamedTuple):
    """How many tokens came from somewhere."""

    origin: Origin
    tokens: int
    of_prompt: float
    """Share of the prompt, from 0 to 1."""
    of_window: float
    """Share of the context window, from 0 to 1; 0 where the model names none."""


class Inspected(msgspec.Struct, frozen=True):
    """A prompt taken apart."""

    sent: Sent
    stretches: tuple[Stretch, ...]
    """In order, without gaps."""
    counts: tuple[Count, ...]
    """One for each origin that has tokens."""

    @property
    def inserted(self) -> tuple[Stretch, ...]:
        """What the template put in by itself, such as a default system message."""
        return tuple(one for one in self.stretches if one.own)

    @property
    def named(self) -> bool:
        """Whether the recording tells what its ids are in text."""
        return len(self.sent.texts) == len(self.sent.ids)

    def texts(self, index: int) -> tuple[str, ...]:
        """What each token of a stretch shows, so that joined they are its text.

        A character of several tokens stands with the last of them. Empty where tokens are unnamed.
        """
        one = self.stretches[index]
        texts = self.sent.texts[one.start : one.stop]
        if not texts or one.origin == "skeleton":
            return texts
        return aligned(texts, one.text) or texts

    def tokens(self) -> Iterator[Token]:
        """Every token in order."""
        ids, cached = self.sent.ids, self.sent.cached
        for number, one in enumerate(self.stretches):
            role, texts = one.role or "", self.texts(number)
            for offset in range(len(one)):
                place = one.start + offset
                yield Token(
                    place,
                    ids[place],
                    texts[offset] if texts else "",
                    number,
                    one.turn,
                    role,
                    one.origin,
                    one.element,
                    place < cached,
                )

    def stretch_at(self, place: int) -> int:
        """Which stretch a token is in."""
        for number, one in enumerate(self.stretches):
            if place < one.stop:
                return number
        return len(self.stretches) - 1

    def place_of(self, turn: int, offset: int = 0) -> int:
        """The token in which a character of a turn's text lies; 0 where the turn is not in it."""
        for number, one in enumerate(self.stretches):
            if one.turn != turn or one.origin == "skeleton":
                continue
            texts, seen = self.texts(number), 0
            for at, text in enumerate(texts):
                seen += len(text)
                if seen > offset:
                    return one.start + at
            return one.start
        return 0


def inspected(sent: Sent) -> Inspected:
    """Take a prompt apart: its stretches, and how much of it came from where."""
    stretches = tuple(_stretch(sent, span, index) for index, span in enumerate(sent.spans))
    totals = dict.fromkeys(ORIGINS, 0)
    for one in stretches:
        totals[one.origin] += len(one)
    whole = max(1, len(sent.ids))
    counts = tuple(
        Count(origin, tokens, tokens / whole, tokens / sent.window if sent.window else 0.0)
        for origin, tokens in totals.items()
        if tokens
    )
    return Inspected(sent, stretches, counts)


def texts_of(ids: Sequence[int], names: Mapping[int, str]) -> tuple[str, ...]:
    """What ids are in text; empty where any of them was never named."""
    try:
        return tuple([names[one] for one in ids])
    except KeyError:
        return ()


def aligned(texts: Sequence[str], whole: str) -> tuple[str, ...]:
    """Texts of tokens such that joined they are `whole`; empty where they do not fit it.

    Tokens that are parts of a character have no text of their own: what stands between their
    neighbours goes to the last of them. A tokenizer that drops a blank at the edge is forgiven.
    """
    if BROKEN not in "".join(texts):
        return _edged(texts, whole)
    shown: list[str] = []
    at, waiting = 0, 0
    for text in texts:
        if BROKEN in text:
            waiting += 1
            continue
        found = whole.find(text, at)
        if found < 0 or (not waiting and found != at):
            return ()
        if waiting:
            shown += [""] * (waiting - 1) + [whole[at:found]]
            waiting = 0
        shown.append(text)
        at = found + len(text)
    if waiting:
        shown += [""] * (waiting - 1) + [whole[at:]]
    return tuple(shown)


def _edged(texts: Sequence[str], whole: str) -> tuple[str, ...]:
    return tuple(texts) if "".join(texts).strip() == whole.strip() else ()


def _stretch(sent: Sent, span: Span, index: int) -> Stretch:
    turn = sent.turns[span.turn] if 0 <= span.turn < len(sent.turns) else None
    if span.origin == "skeleton" or turn is None:
        text = "".join(sent.texts[span.start : span.stop])
    else:
        text = turn.text
    last = index == len(sent.spans) - 1
    return Stretch(
        start=span.start,
        stop=span.stop,
        turn=span.turn,
        role=turn.role if turn else None,
        origin=span.origin,
        element=turn.element if turn else "",
        text=text,
        cached=max(0, min(span.stop, sent.cached) - span.start),
        own=span.origin == "skeleton" and span.turn < 0 and not last,
    )
