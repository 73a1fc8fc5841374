"""A session's payloads as subjects of the rules, folded from its events."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from engine.events import (
    AnyEvent,
    PromptSent,
    SamplingChanged,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    TokensNamed,
)
from engine.lint.finding import Subject
from engine.run import RunSpec
from engine.scrollback import Payload, Turn

UNNAMED = "\ufffd"
"""The text of an id that nobody named."""


class PayloadWatch(msgspec.Struct):
    """Follows what a session sends its model."""

    exists: Callable[[str], bool] | None = None
    """Whether the sandbox has a command of that name; none where it cannot be asked."""
    turn: int = 0
    """Of the last prompt."""
    spec: RunSpec | None = None
    turns: tuple[Turn, ...] = ()
    """The scrollback as it is."""
    seed: int = 0
    """How many of them are the seed's."""
    names: dict[int, str] = {}
    """Text by id."""
    payload: Payload | None = None
    """The last that was sent."""
    sent: tuple[Turn, ...] = ()
    """The scrollback that it was made of."""
    max_tokens: int = 0

    def absorb(self, event: AnyEvent) -> bool:
        """Take in an event; returns whether a payload was sent with it."""
        match event:
            case SessionStarted(spec=spec):
                self.spec, self.max_tokens = spec, spec.sampling.max_tokens
                self.turns, self.payload, self.names = (), None, {}
            case ScrollbackSeeded(turns=turns):
                self.turns, self.seed = turns, len(turns)
            case ScrollbackGrew(added=added):
                self.turns += (added,)
            case ScrollbackShortened(turns=turns):
                self.turns = self.turns[: self.seed] + turns
            case SamplingChanged(sampling=sampling):
                self.max_tokens = sampling.max_tokens
            case TokensNamed(ids=ids, texts=texts):
                self.names.update(zip(ids, texts, strict=True))
            case PromptSent():
                before = self.payload.ids if self.payload else ()
                self.turn, self.sent = event.turn, self.turns
                self.payload = Payload(
                    before[: event.kept] + event.ids,
                    event.spans,
                    event.seam,
                    event.cached,
                    event.window,
                )
                return True
            case _:
                pass
        return False

    @property
    def subject(self) -> Subject | None:
        """The last payload sent, as the rules look at it; none before the first."""
        if self.payload is None or self.spec is None:
            return None
        return Subject(
            turns=self.sent,
            seed_turns=self.seed,
            prompt=self.spec.config.prompt,
            budget=self.spec.budget,
            payload=self.payload,
            texts=texts_of(self.payload.ids, self.names),
            max_tokens=self.max_tokens,
            exists=self.exists,
        )


def texts_of(ids: Sequence[int], names: Mapping[int, str]) -> tuple[str, ...]:
    """What each id is in text; nothing where no id is named."""
    return tuple(names.get(token, UNNAMED) for token in ids) if names else ()


def named(payload: Payload) -> tuple[str, ...]:
    """The texts of a payload's ids, by its own names."""
    return texts_of(payload.ids, dict(payload.names))
