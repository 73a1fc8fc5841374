"""Room for keys and values: shelves of slots, one slot a sequence.

All slots of a shelf have one capacity and lie in one tensor a layer, so that a decode step attends
over any run of neighbouring slots as a view, without gathering anything.
"""

import math

import msgspec
import numpy as np
import torch


class Layout(msgspec.Struct, frozen=True):
    """What the keys and values of one token look like."""

    layers: tuple[tuple[int, int, int], ...]
    """Of each layer: KV heads, width of a key, width of a value. None where the model's own cache
    holds them, and shelves only count."""
    dtype: torch.dtype
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
    """Slots of one capacity, in tokens: a tensor `[slots, heads, capacity, width]` a layer."""

    def __init__(self, layout: Layout, capacity: int) -> None:
        self.layout = layout
        self.capacity = capacity
        self.owners: list[Lane | None] = []
        """Who lies where; the length is the number of slots."""
        self.keys = [self._room(0, heads, k) for heads, k, _ in layout.layers]
        self.values = [self._room(0, heads, v) for heads, _, v in layout.layers]

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
        for mine, theirs in zip(
            (*self.keys, *self.values), (*other.keys, *other.values), strict=True
        ):
            theirs[target, :, :tokens].copy_(mine[slot, :, :tokens])

    def resize(self, slots: int) -> None:
        """Have this many slots, at least as many as are taken; owners move to the lowest.

        A layer at a time, so that it never takes twice the room.
        """
        owners = [owner for owner in self.owners if owner is not None]
        for rooms in (self.keys, self.values):
            for layer, old in enumerate(rooms):
                new = self._room(slots, old.shape[1], old.shape[3])
                for slot, owner in enumerate(owners):
                    tokens = len(owner.ids)
                    new[slot, :, :tokens].copy_(old[owner.slot, :, :tokens])
                rooms[layer] = new
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
        tokens = max(len(owner.ids) for slot in (left, right) if (owner := owners[slot]))
        for room in (*self.keys, *self.values):
            kept = room[left, :, :tokens].clone()
            room[left, :, :tokens].copy_(room[right, :, :tokens])
            room[right, :, :tokens].copy_(kept)
        owners[left], owners[right] = owners[right], owners[left]
        for slot in (left, right):
            owner = owners[slot]
            if owner is not None:
                owner.slot = slot

    def _room(self, slots: int, heads: int, width: int) -> torch.Tensor:
        # Zeros, not empty: a masked position has weight nought, and nought times NaN is NaN.
        shape = (slots, heads, self.capacity, width)
        dtype, device = self.layout.dtype, self.layout.device
        if device.type != "cpu" or 0 in shape:
            return torch.zeros(shape, dtype=dtype, device=device)
        # NumPy's zeros take no memory until they are written to; torch's take all of it at once.
        zeros = np.zeros(math.prod(shape) * dtype.itemsize, np.uint8)
        return torch.from_numpy(zeros).view(dtype).view(shape)
