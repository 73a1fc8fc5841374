"""The keys and values of everything seen, by sequence, with what seeds share stored once.

A sequence is a shared prefix (its seed's leading ids) and a lane of its own after it. Between turns
it stays where it is; the next prompt keeps the longest common prefix and computes only the rest.
When room runs out, the sequence that waited longest goes first.
"""

import itertools
from collections.abc import Sequence as Ids

from engine.model.shelf import Lane, Layout, Shelf
from engine.prefix import shared_prefix

LEAST_CAPACITY = 128
"""Tokens of the smallest slot; each next size has twice as many."""
LEAST_SHARED = 16
"""A shorter prefix is not worth a second attention: it is kept in the sequence's own lane."""
LEAST_INHERITED = 128
"""A sequence that begins as another did, but goes on otherwise, copies no less. Where it starts to
compute decides in which order attention adds up: what tasks of one experiment have in common by chance
is computed anew, or a run's last bits would depend on which others were there."""


class Prefix:
    """Leading ids that sequences share."""

    def __init__(self, ids: tuple[int, ...]) -> None:
        self.ids = ids
        self.lane = Lane()
        self.writer: Sequence | None = None
        """Who computes it while it is not whole."""
        self.used = 0

    @property
    def whole(self) -> bool:
        """Whether all of it is computed."""
        return len(self.lane.ids) == len(self.ids)


class Sequence:
    """One run's tokens, as far as their keys and values are cached."""

    def __init__(self, name: str, prefix: Prefix | None) -> None:
        self.name = name
        self.prefix = prefix
        self.lane = Lane()
        self.busy = False
        """Whether a completion goes on from it now."""
        self.used = 0
        self.opening: tuple[int, ...] = ()
        """While its first prompt is computed: that prompt, but for the seed and the last id."""

    @property
    def shared(self) -> int:
        """How many of its leading ids lie in the prefix."""
        return len(self.prefix.ids) if self.prefix else 0

    @property
    def cached(self) -> int:
        """How many of its leading ids are computed."""
        return (len(self.prefix.lane.ids) if self.prefix else 0) + len(self.lane.ids)


class Store:
    """All sequences and prefixes within a bound of bytes."""

    def __init__(
        self, layout: Layout, limit: int, *, shares: bool = True, rewinds: bool = True
    ) -> None:
        """`limit`: bytes of keys and values at most.

        `shares`: one sequence can use what another computed. `rewinds`: a sequence can be cut back;
        where it cannot, a prompt that does not go on from all of it starts anew.
        """
        self.layout = layout
        self.limit = limit
        self._shares, self._rewinds = shares, rewinds
        self.sequences: dict[str, Sequence] = {}
        self.prefixes: dict[tuple[int, ...], Prefix] = {}
        self._shelves: dict[tuple[Prefix | None, int], Shelf] = {}
        self._ticks = itertools.count(1)

    @property
    def bytes(self) -> int:
        """Bytes reserved."""
        lone = (prefix.lane.shelf for prefix in self.prefixes.values())
        return sum(shelf.bytes for shelf in (*self._shelves.values(), *filter(None, lone)))

    @property
    def tokens(self) -> int:
        """How many tokens are cached, shared ones counted once."""
        lanes = [sequence.lane for sequence in self.sequences.values()]
        lanes += [prefix.lane for prefix in self.prefixes.values()]
        return sum(len(lane.ids) for lane in lanes)

    def cached(self, name: str, ids: Ids[int], seam: int) -> int:
        """How many leading ids of a prompt would not be computed again; changes nothing."""
        head = self._shared(ids, seam)
        prefix = self.prefixes.get(head)
        known = self.sequences.get(name)
        if known is not None and known.prefix is prefix and len(head) == known.shared:
            return len(head) * (prefix.whole if prefix else 1) + self._kept(known, ids)
        return len(prefix.lane.ids) if prefix else 0

    def open(self, name: str, ids: Ids[int], seam: int) -> Sequence | None:
        """The sequence to go on from, marked busy and cut to what it shares with the prompt `ids`.

        At least the last id is always left to compute. None while another completion is in the way:
        one that uses the sequence, or one that computes the same prefix, or the same first prompt.
        """
        known = self.sequences.get(name)
        if known is not None and known.busy:
            return None
        prefix = self._prefix(self._shared(ids, seam))
        if prefix is not None and not prefix.whole and prefix.writer is not None:
            return None
        if known is None or known.prefix is not prefix:
            opening = self._opening(prefix, ids)
            if self._computed_now(prefix, opening):
                return None
            self.forget(name)
            known = self.sequences[name] = Sequence(name, prefix)
            known.opening = opening
            self._inherit(known)
        else:
            known.opening = ()
        del known.lane.ids[self._kept(known, ids) :]
        known.busy = True
        known.used = next(self._ticks)
        if prefix is not None:
            prefix.used = known.used
            if not prefix.whole:
                prefix.writer = known
        return known

    def close(self, sequence: Sequence) -> None:
        """The completion is over; what is cached stays for the next."""
        sequence.busy = False
        if sequence.prefix is not None and sequence.prefix.writer is sequence:
            sequence.prefix.writer = None

    def forget(self, name: str) -> None:
        """Drop a sequence that is not busy; its prefix stays for others."""
        sequence = self.sequences.pop(name, None)
        if sequence is not None:
            self._vacate(sequence.lane)

    def discard(self, prefix: Prefix) -> None:
        """Drop a prefix that no sequence uses."""
        if all(sequence.prefix is not prefix for sequence in self.sequences.values()):
            del self.prefixes[prefix.ids]
            prefix.lane.leave()

    def holds(self, sequence: Sequence, tokens: int) -> bool:
        """Whether there is room for `tokens` more already, in the prefix first."""
        prefix, lane = sequence.prefix, sequence.lane
        if prefix is not None and not prefix.whole and prefix.lane.shelf is None:
            return False
        needed = self._own(sequence, tokens)
        return needed == 0 or (lane.shelf is not None and needed <= lane.shelf.capacity)

    def reserve(self, sequence: Sequence, tokens: int) -> bool:
        """Make room for `tokens` more, in the prefix first. False where there is none to be had."""
        prefix = sequence.prefix
        unsettled = prefix is not None and not prefix.whole and prefix.lane.shelf is None
        if prefix is not None and unsettled and not self._settle(prefix):
            return False
        return self.holds(sequence, tokens) or self._place(sequence, self._own(sequence, tokens))

    def shed(self) -> bool:
        """Drop the idle sequence or unused prefix that waited longest. False where there is none."""
        in_use = {id(sequence.prefix) for sequence in self.sequences.values()}
        spare: list[Sequence | Prefix] = [s for s in self.sequences.values() if not s.busy]
        spare += [p for p in self.prefixes.values() if id(p) not in in_use]
        if not spare:
            return False
        oldest = min(spare, key=lambda item: item.used)
        if isinstance(oldest, Sequence):
            self.forget(oldest.name)
        else:
            del self.prefixes[oldest.ids]
            oldest.lane.leave()
        return True

    def _prefix(self, ids: tuple[int, ...]) -> Prefix | None:
        if not ids:
            return None
        if ids not in self.prefixes:
            prefix = Prefix(ids)
            self._copy_common(prefix)
            self.prefixes[ids] = prefix
        return self.prefixes[ids]

    def _copy_common(self, prefix: Prefix) -> None:
        """Start a prefix with what another has in common: seeds differ late, as elements toggle."""
        nearest = max(
            self.prefixes.values(),
            key=lambda p: shared_prefix(p.lane.ids, prefix.ids),
            default=None,
        )
        common = shared_prefix(nearest.lane.ids, prefix.ids) if nearest else 0
        if nearest is None or common < LEAST_SHARED:
            return
        nearest.used = next(self._ticks)
        if self._settle(prefix) and nearest.lane.shelf and prefix.lane.shelf:
            nearest.lane.shelf.copy(nearest.lane.slot, prefix.lane.shelf, 0, common)
            prefix.lane.ids = list(prefix.ids[:common])

    def _opening(self, prefix: Prefix | None, ids: Ids[int]) -> tuple[int, ...]:
        """What of a first prompt another sequence may have computed."""
        own = tuple(ids[len(prefix.ids) if prefix else 0 : len(ids) - 1]) if self._shares else ()
        return own if len(own) >= LEAST_SHARED else ()

    def _computed_now(self, prefix: Prefix | None, opening: tuple[int, ...]) -> bool:
        """Whether another sequence is at the same first prompt: all runs of one task begin alike."""
        return bool(opening) and any(
            s.busy
            and s.prefix is prefix
            and s.opening == opening
            and len(s.lane.ids) < len(opening)
            for s in self.sequences.values()
        )

    def _inherit(self, sequence: Sequence) -> None:
        """Start a sequence with what another has in common: its first prompt, or a fork's parent."""
        own = sequence.opening
        if not own:
            return
        kin = [s for s in self.sequences.values() if s.prefix is sequence.prefix]
        nearest = max(kin, key=lambda s: shared_prefix(s.lane.ids, own))
        common = shared_prefix(nearest.lane.ids, own)
        if common < min(len(own), LEAST_INHERITED):
            return
        nearest.used = next(self._ticks)
        was_busy, nearest.busy = nearest.busy, True
        placed = self._place(sequence, common)
        nearest.busy = was_busy
        if placed and nearest.lane.shelf and sequence.lane.shelf:
            nearest.lane.shelf.copy(
                nearest.lane.slot, sequence.lane.shelf, sequence.lane.slot, common
            )
            sequence.lane.ids = list(own[:common])

    def _kept(self, sequence: Sequence, ids: Ids[int]) -> int:
        """How much of the sequence's own lane the prompt goes on from."""
        kept = shared_prefix(sequence.lane.ids, ids[sequence.shared : len(ids) - 1])
        return kept if self._rewinds or kept == len(sequence.lane.ids) else 0

    def _shared(self, ids: Ids[int], seam: int) -> tuple[int, ...]:
        """The ids of a prompt that are worth sharing; the last of the prompt never is."""
        head = tuple(ids[: min(seam, len(ids) - 1)]) if self._shares else ()
        return head if len(head) >= LEAST_SHARED else ()

    def _own(self, sequence: Sequence, tokens: int) -> int:
        """Tokens in a sequence's own lane once there are `tokens` more."""
        prefix = sequence.prefix
        if prefix is not None and not prefix.whole:
            tokens -= len(prefix.ids) - len(prefix.lane.ids)
        return len(sequence.lane.ids) + max(tokens, 0)

    def _settle(self, prefix: Prefix) -> bool:
        shelf = Shelf(self.layout, len(prefix.ids))
        if not self._free(shelf.slot_bytes):
            return False
        shelf.resize(1)
        shelf.put(prefix.lane)
        return True

    def _place(self, sequence: Sequence, tokens: int) -> bool:
        """Put a sequence's lane where so many tokens fit."""
        capacity = LEAST_CAPACITY
        while capacity < tokens:
            capacity *= 2
        key = (sequence.prefix, capacity)
        shelf = self._shelves.get(key) or Shelf(self.layout, capacity)
        if shelf.full:
            if not self._free(shelf.slot_bytes, sequence, shelf):
                return False
            # What made room may have vacated a slot here, or this whole shelf.
            shelf = self._shelves.setdefault(key, shelf)
        if shelf.full:
            slots = len(shelf.owners)
            doubled = self.bytes + slots * shelf.slot_bytes <= self.limit
            shelf.resize(2 * slots if doubled and slots else slots + 1)
        left = sequence.lane.shelf
        shelf.put(sequence.lane)
        self._tidy(left)
        return True

    def _free(self, wanted: int, keep: Sequence | None = None, shelf: Shelf | None = None) -> bool:
        """Shed until so many bytes are free, or a slot of `shelf`; `keep` counts as busy."""
        was_busy = keep is not None and keep.busy
        if keep is not None:
            keep.busy = True
        try:
            while self.bytes + wanted > self.limit and (shelf is None or shelf.full):
                if not self._compact() and not self.shed():
                    return False
        finally:
            if keep is not None:
                keep.busy = was_busy
        return True

    def _compact(self) -> bool:
        """Give back slots that nobody has; false where all have an owner."""
        gaping = [shelf for shelf in self._shelves.values() if not shelf.full]
        for shelf in gaping:
            shelf.resize(shelf.taken)
        return bool(gaping)

    def _vacate(self, lane: Lane) -> None:
        left = lane.shelf
        lane.leave()
        self._tidy(left)

    def _tidy(self, shelf: Shelf | None) -> None:
        """Give back the room of a shelf that is mostly empty."""
        if shelf is None:
            return
        taken = shelf.taken
        if taken == 0:
            for key in [key for key, known in self._shelves.items() if known is shelf]:
                del self._shelves[key]
        elif taken <= len(shelf.owners) // 4:
            shelf.resize(2 * taken)
