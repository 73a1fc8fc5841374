"""The scrollback of a run under way: it grows, and is shortened where the window is full."""

from collections.abc import Sequence
from typing import NamedTuple

from engine.model.protocol import Model
from engine.prefix import shared_prefix
from engine.scrollback import Payload, Turn
from engine.shortening import LOW_WATER, Live, at_most, shorten


class Shortening(NamedTuple):
    """What shortening a scrollback came to; counts are of tokens but for `cut` and `folded`."""

    turns: tuple[Turn, ...]
    """All live turns as they are now."""
    were: tuple[int, ...]
    """For each of them, which of the live turns before it is."""
    cut: int
    folded: int
    before: int
    after: int
    kept: int
    window: int


class LiveScrollback:
    """Seed turns, then live turns; what they are for the model, and how each command ended."""

    def __init__(self, seed: Sequence[Turn], prompt: str) -> None:
        """`prompt`: the shell's, which an output goes on to end with when it is cut."""
        self.turns: list[Turn] = list(seed)
        self.shared = len(seed)
        """How many leading turns runs of the same beginning have in common."""
        self._seed = len(seed)
        self._prompt = prompt
        self._how = [""] * len(seed)

    @property
    def last(self) -> str:
        """The last turn's text."""
        return self.turns[-1].text

    def grow(self, turn: Turn, how: str = "") -> None:
        """Add a live turn; `how` a command ended whose output it is."""
        self.turns.append(turn)
        self._how.append(how)

    async def make_room(self, model: Model, sequence: str, completion: int) -> Shortening | None:
        """Shorten the oldest live turns where a completion of so many tokens would not fit after
        them; none where it does, or where nothing can be shortened.

        Raises what `Model.render` does.
        """
        window = model.provenance.window
        room = window - completion
        if not window or at_most(self.turns) <= room:
            return None
        before = await model.render(tuple(self.turns), self.shared, sequence)
        if len(before.ids) <= room:
            return None
        surplus = len(before.ids) - min(room, int(window * LOW_WATER))
        shortened = shorten(self._live(before), surplus, self._prompt)
        if shortened is None:
            return None
        live = tuple(each.turn for each in shortened.live)
        self.turns[self._seed :] = live
        self._how[self._seed :] = [each.how for each in shortened.live]
        self.shared = self._seed
        after = await model.render(tuple(self.turns), self.shared, sequence)
        return Shortening(
            turns=live,
            were=shortened.kept,
            cut=shortened.cut,
            folded=shortened.folded,
            before=len(before.ids),
            after=len(after.ids),
            kept=shared_prefix(before.ids, after.ids),
            window=window,
        )

    def _live(self, payload: Payload) -> list[Live]:
        tokens = [0] * len(self.turns)
        for span in payload.spans:
            if span.turn >= 0:
                tokens[span.turn] += span.stop - span.start
        told = zip(self.turns, tokens, self._how, strict=True)
        return [Live(*each) for each in told][self._seed :]
