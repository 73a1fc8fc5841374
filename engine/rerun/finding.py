"""What re-running a recording came to: where it is the same, where not, and what could explain it."""

from typing import Literal

import msgspec

from engine.start import WorldDifference


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token, and what the model that wrote it thought of it."""

    id: int | None
    """None where no token came, since the completion ended."""
    text: str
    logprob: float | None
    """Natural logarithm of the model's own probability; none where that is not known."""


class Divergence(msgspec.Struct, frozen=True, kw_only=True):
    """A place where the model, given all that was recorded before, chooses another token now."""

    turn: int
    position: int
    """In the completion, from 0."""
    recorded: Token
    now: Token
    recorded_now: float | None
    """What the model thinks now of the recorded token: a logarithm, to be held against that of then."""
    behind: float | None
    """In logits: by how much the recorded token misses being chosen. None where truncation leaves it
    out, or where it cannot be told."""
    near_tie: bool
    """Whether rounding noise of the logits is enough to explain it."""
    why: str
    """What makes it one or the other, in a clause."""


class Continuation(msgspec.Struct, frozen=True, kw_only=True):
    """The two ways in which a completion goes on from its first divergence."""

    recorded: tuple[Token, ...]
    recorded_reason: str
    """Why it ended: `line`, `end`, `length` …; empty where it was broken off."""
    now: tuple[Token, ...]
    now_reason: str


class PromptDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The same scrollback made other ids: another tokenizer, template, or way of encoding."""

    at: int
    """The first id that is not the same."""
    recorded: int
    """How many ids there were."""
    now: int


class TurnFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One completion, generated again."""

    turn: int
    tokens: int
    """Recorded ones, compared one by one."""
    partial: bool = False
    """Whether it was broken off: what there is of it was compared."""
    prompt: PromptDifference | None = None
    divergences: tuple[Divergence, ...] = ()
    """Each with everything before it as recorded."""
    continuation: Continuation | None = None
    """From the first divergence on; none where there is none."""
    deviation: float = 0.0
    """The largest difference between the log-probabilities of then and now, over equal tokens."""

    @property
    def identical(self) -> bool:
        """Whether the same tokens came from the same prompt."""
        return not self.divergences and self.prompt is None


class ProvenanceDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Something about who answers that is not what it was."""

    what: str
    """`weights`, `device`, `dtype`, `torch` …"""
    recorded: str
    now: str


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What re-running a session came to."""

    session: str
    turns: tuple[TurnFinding, ...]
    provenance: tuple[ProvenanceDifference, ...]
    notes: tuple[str, ...] = ()
    """What could not be compared, and why."""
    world: tuple[WorldDifference, ...] | None = None
    """What the shell did otherwise, done again; none where it was not asked to."""
    commands: int = 0
    """How many things were done to a shell again."""
    took: int = 0
    """Nanoseconds."""

    @property
    def tokens(self) -> int:
        """How many were compared."""
        return sum(turn.tokens for turn in self.turns)

    @property
    def divergences(self) -> tuple[Divergence, ...]:
        """All, in order."""
        return tuple(each for turn in self.turns for each in turn.divergences)

    @property
    def deviation(self) -> float:
        """The largest difference between the log-probabilities of equal tokens."""
        return max((turn.deviation for turn in self.turns), default=0.0)

    @property
    def verdict(self) -> Literal["identical", "near-tie", "different", "nothing"]:
        """`near-tie`: rounding explains all that differs. `nothing`: there was nothing to compare."""
        if not self.turns:
            return "nothing"
        if any(turn.prompt for turn in self.turns):
            return "different"
        if not self.divergences:
            return "identical"
        return "near-tie" if all(each.near_tie for each in self.divergences) else "different"

    @property
    def world_same(self) -> bool:
        """Whether the shell did the same again, but for clocks and numbers; true where not asked."""
        return all(each.volatile for each in self.world or ())
