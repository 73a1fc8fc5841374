"""Room for keys and values: shelves of slots, one slot a sequence.

All slots of a shelf have one capacity and lie in one tensor a layer, so that a decode step attends
over any run of neighbouring slots as a view, without gathering anything.
"""

import math
import mmap

import msgspec
import numpy as np
import torch


class Layout(msgspec.Struct, frozen=True):
    """What the keys and values of one token look like."""

    layers: tuple[tuple[int, int, int], ...]
    """Of each layer: KV heads, width of a key, width of a value. None where the model's own cache
    holds them, and shelves only count."""
    dtype: torch.dtype
    """Of the cache, which need not be that of the model."""
    device: torch.device
    token_bytes: int
    """What one token takes over all layers."""


class Lane:
    """A stretch of tokens and where their keys and values lie; in no shelf while it is empty."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        """The tokens whose keys and values are there."""
        self.shelf: Shelf | None = None
        self.slot = -1

    def leave(self) -> None:
        """Give up the slot and all that was in it."""
        if self.shelf is not None:
            self.shelf.owners[self.slot] = None
        self.ids.clear()
        self.shelf, self.slot = None, -1


class Shelf:
    """Slots of one capacity, in tokens, with the keys and the values of a layer in one tensor each.

    Values are `[slots, heads, capacity, width]`; keys have their last two turned round, because the
    product of few queries with them is then 2.6 times as fast (measured in float32 on a CPU).
    """

    def __init__(self, layout: Layout, capacity: int) -> None:
        self.layout = layout
        self.capacity = capacity
        self.owners: list[Lane | None] = []
        """Who lies where; the length is the number of slots."""
        self.keys = [self._room(0, heads, k, capacity) for heads, k, _ in layout.layers]
        self.values = [self._room(0, heads, capacity, v) for heads, _, v in layout.layers]

    @property
    def slot_bytes(self) -> int:
        """Bytes of one slot over all layers."""
        return self.capacity * self.layout.token_bytes

    @property
    def bytes(self) -> int:
        """Bytes of all slots."""
        return len(self.owners) * self.slot_bytes

    @property
    def taken(self) -> int:
        """How many slots have an owner."""
        return sum(owner is not None for owner in self.owners)

    @property
    def full(self) -> bool:
        """Whether every slot has an owner."""
        return None not in self.owners

    def put(self, lane: Lane) -> None:
        """Move a lane into the first free slot, with what it has. Needs a free slot and its fit."""
        slot = self.owners.index(None)
        if lane.shelf is not None:
            lane.shelf.copy(lane.slot, self, slot, len(lane.ids))
            lane.shelf.owners[lane.slot] = None
        self.owners[slot] = lane
        lane.shelf, lane.slot = self, slot

    def copy(self, slot: int, other: "Shelf", target: int, tokens: int) -> None:
        """Copy the first `tokens` of a slot into a slot of another shelf, or of this one."""
        for mine, theirs in zip(self.keys, other.keys, strict=True):
            theirs[target, :, :, :tokens] = mine[slot, :, :, :tokens]
        for mine, theirs in zip(self.values, other.values, strict=True):
            theirs[target, :, :tokens] = mine[slot, :, :tokens]

    def resize(self, slots: int) -> None:
        """Have this many slots, at least as many as are taken; owners move to the lowest.

        A layer at a time, so that it never takes twice the room.
        """
        owners = [owner for owner in self.owners if owner is not None]
        for layer, (heads, k, v) in enumerate(self.layout.layers):
            keys = self._room(slots, heads, k, self.capacity)
            for slot, owner in enumerate(owners):
                room = slice(len(owner.ids))
                keys[slot, :, :, room] = self.keys[layer][owner.slot, :, :, room]
            self.keys[layer] = keys
            values = self._room(slots, heads, self.capacity, v)
            for slot, owner in enumerate(owners):
                room = slice(len(owner.ids))
                values[slot, :, room] = self.values[layer][owner.slot, :, room]
            self.values[layer] = values
        for slot, owner in enumerate(owners):
            owner.slot = slot
        self.owners = [*owners, *([None] * (slots - len(owners)))]

    def gather(self, lanes: list[Lane]) -> None:
        """Swap these lanes into the lowest slots, so that a view over them holds no others."""
        wanted = {id(lane) for lane in lanes}
        holes = [s for s in range(len(lanes)) if id(self.owners[s]) not in wanted]
        for lane in lanes:
            if lane.slot >= len(lanes):
                self._swap(lane.slot, holes.pop())

    def _swap(self, left: int, right: int) -> None:
        owners = self.owners
        room = slice(max(len(owner.ids) for slot in (left, right) if (owner := owners[slot])))
        for keys, values in zip(self.keys, self.values, strict=True):
            for left_view, right_view in (
                (keys[left, :, :, room], keys[right, :, :, room]),
                (values[left, :, room], values[right, :, room]),
            ):
                kept = left_view.clone()
                left_view.copy_(right_view)
                right_view.copy_(kept)
        owners[left], owners[right] = owners[right], owners[left]
        for slot in (left, right):
            owner = owners[slot]
            if owner is not None:
                owner.slot = slot

    def _room(self, *shape: int) -> torch.Tensor:
        # Zeros, not empty: a masked position has weight nought, and nought times NaN is NaN.
        dtype, device = self.layout.dtype, self.layout.device
        if device.type != "cpu" or 0 in shape:
            return torch.zeros(shape, dtype=dtype, device=device)
        # A mapping of its own takes no memory until it is written to, where torch's zeros take all of
        # it at once; and it goes back whole when a shelf has grown, where the heap would keep holes.
        zeros = np.frombuffer(mmap.mmap(-1, math.prod(shape) * dtype.itemsize), np.uint8)
        return torch.from_numpy(zeros).view(dtype).view(shape)
