"""Every prompt of the current session, as it was sent, folded from the events that tell of it."""

import msgspec
from msgspec.structs import replace

from console.view.inspected import Inspected, Sent, Wrote, inspected, texts_of
from engine.events import (
    AnyEvent,
    CompletionEnded,
    DriftSeen,
    FirstTokenWeighed,
    ModelReady,
    PromptSent,
    Provenance,
    SamplingChanged,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    TokensNamed,
    TokensSampled,
)
from engine.figures import number
from engine.run import RunSpec, Sampling
from engine.scrollback import Span, Turn

FOLDED = (
    "SessionStarted",
    "ModelReady",
    "SamplingChanged",
    "ScrollbackSeeded",
    "ScrollbackGrew",
    "ScrollbackShortened",
    "TokensNamed",
    "PromptSent",
    "TokensSampled",
    "FirstTokenWeighed",
    "CompletionEnded",
    "DriftSeen",
)
"""Types of the events that a payload view needs."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A prompt as its event tells it: what it adds to the one before."""

    prompt: PromptSent
    turns: tuple[Turn, ...]
    sampling: Sampling | None
    shortened: ScrollbackShortened | None
    wrote: Wrote = Wrote()


class Names(msgspec.Struct, frozen=True):
    """What ids are in text. Only ever added to, so that snapshots of the view may share it."""

    of: dict[int, str]


class PayloadView:
    """The prompts of a session; the last one's numbers at hand, any other one's when asked for."""

    def __init__(self) -> None:
        self.version = 0
        self.asked: list[Asked] = []
        self.turns: list[Turn] = []
        """The scrollback as it stands."""
        self.ids: tuple[int, ...] = ()
        """Of the last prompt; so are those that follow."""
        self.spans: tuple[Span, ...] = ()
        self.seam = 0
        self.cached = 0
        self.window = 0
        self.turn = 0
        self.spec: RunSpec | None = None
        self.provenance: Provenance | None = None
        self.session = ""
        self._sampling: Sampling | None = None
        self._shortened: ScrollbackShortened | None = None
        self._seeded = 0
        self._names = Names({})

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted(spec=spec, session=session):
                vars(self).update(vars(PayloadView()) | {"version": self.version})
                self.spec, self.session = spec, session
                self._sampling = spec.sampling
            case ModelReady(provenance=provenance):
                self.provenance = provenance
            case SamplingChanged(sampling=sampling):
                self._sampling = sampling
            case ScrollbackSeeded(turns=turns):
                self.turns, self._seeded = list(turns), len(turns)
            case ScrollbackGrew(added=added):
                self.turns.append(added)
            case ScrollbackShortened(turns=turns):
                self.turns[self._seeded :] = turns
                self._shortened = event
            case TokensNamed(ids=ids, texts=texts):
                self._names.of.update(zip(ids, texts, strict=True))
            case PromptSent():
                self._sent(event)
            case TokensSampled() | FirstTokenWeighed() | CompletionEnded() | DriftSeen():
                self._wrote(event)
            case _:
                return
        self.version += 1

    def __len__(self) -> int:
        """How many prompts were sent."""
        return len(self.asked)

    def index_of(self, turn: int) -> int | None:
        """The last prompt of a turn; none where it has none."""
        for index in range(len(self.asked) - 1, -1, -1):
            if self.asked[index].prompt.turn == turn:
                return index
        return None

    def sent(self, index: int = -1) -> Sent | None:
        """A prompt as it was sent, by its place among all; none where it is not there."""
        try:
            asked = self.asked[index]
        except IndexError:
            return None
        prompt, ids = asked.prompt, self._ids(range(len(self.asked))[index])
        return Sent(
            turn=prompt.turn,
            ids=ids,
            texts=texts_of(ids, self._names.of),
            spans=prompt.spans,
            turns=asked.turns,
            seed_turns=self._seeded,
            seam=prompt.seam,
            cached=prompt.cached,
            kept=prompt.kept,
            window=prompt.window,
            sampling=asked.sampling,
            spec=self.spec,
            provenance=self.provenance,
            shortened=asked.shortened,
            wrote=asked.wrote,
        )

    def inspected(self, index: int = -1) -> Inspected | None:
        """A prompt taken apart; none where it is not there."""
        sent = self.sent(index)
        return inspected(sent) if sent else None

    def summary(self) -> str:
        """How big the payload is and how much of it was there before."""
        if not self.ids:
            return "nothing sent yet"
        room = f" of {self.window:,}" if self.window else ""
        return (
            f"turn {self.turn} · {number(len(self.ids), 'token')}{room} · "
            f"{self.seam:,} seed · {self.cached:,} cached"
        )

    def _ids(self, index: int) -> tuple[int, ...]:
        if index == len(self.asked) - 1:
            return self.ids
        ids: tuple[int, ...] = ()
        for asked in self.asked[: index + 1]:
            ids = ids[: asked.prompt.kept] + asked.prompt.ids
        return ids

    def _sent(self, prompt: PromptSent) -> None:
        self.ids = self.ids[: prompt.kept] + prompt.ids
        self.spans, self.seam, self.cached = prompt.spans, prompt.seam, prompt.cached
        self.window, self.turn = prompt.window, prompt.turn
        self.asked.append(
            Asked(
                prompt=prompt,
                turns=tuple(self.turns),
                sampling=self._sampling,
                shortened=self._shortened,
            )
        )
        self._shortened = None

    def _wrote(
        self, event: TokensSampled | FirstTokenWeighed | CompletionEnded | DriftSeen
    ) -> None:
        if not self.asked:
            return
        asked = self.asked[-1]
        match event:
            case TokensSampled():
                wrote = asked.wrote.grown(event.position, event.ids, event.texts, event.logprobs)
            case FirstTokenWeighed():
                weighed = (*asked.wrote.weighed, (event.position, event.command))
                wrote = replace(asked.wrote, weighed=weighed)
            case CompletionEnded():
                wrote = replace(asked.wrote, reason=event.reason)
            case DriftSeen():
                wrote = replace(asked.wrote, drift=event.kind)
        self.asked[-1] = replace(asked, wrote=wrote)
