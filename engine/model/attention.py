"""Attention over many sequences at once, with the prefix they share stored once.

The tokens of a step lie in one flat row, `[1, tokens]`, whoever they belong to: the linear layers
see one matrix, and only attention needs to know where the sequences are. A `Plan` says that. Models
of transformers take it unmodified, through the attention interface that they all share; the
registered function writes the new keys and values to their shelves and attends piece by piece.
"""

import math
from typing import Any

import torch
from transformers import AttentionInterface

from engine.model.kv import Prefix
from engine.model.shelf import Lane, Shelf

NAME = "driftty"
"""Under which the attention is registered with transformers."""

_GRAIN = 16
"""Tokens: as many float32 numbers as the widest vector registers hold. Slots have a multiple."""

_UNSUPPORTED = ("sliding_window", "softcap", "s_aux", "position_bias", "attn_bias")
"""What some models ask of attention and this one does not do."""


class Unsupported(RuntimeError):
    """The model asks for an attention that cannot be done here."""


class Scratch:
    """Where scores are put, one piece's after the other's: what was just used is in the caches."""

    def __init__(self) -> None:
        self._numbers: torch.Tensor | None = None

    def room(self, shape: tuple[int, ...], like: torch.Tensor) -> torch.Tensor:
        """Room for this shape; what was there before is lost."""
        size = math.prod(shape)
        if self._numbers is None or len(self._numbers) < size or self._numbers.dtype != like.dtype:
            self._numbers = like.new_empty(size)
        return self._numbers[:size].view(shape)


class Chunk:
    """Some new tokens of one lane, which also see a prefix where there is one."""

    def __init__(self, start: int, tokens: int, lane: Lane, prefix: Prefix | None) -> None:
        """`start`: of its tokens in the flat row. The lane's ids are those before the chunk."""
        assert lane.shelf is not None
        self._span = slice(start, start + tokens)
        self._prefix = prefix
        self._shelf, self._lane = lane.shelf, lane
        self._before = len(lane.ids)
        self._end = self._before + tokens
        self._masks: dict[int, torch.Tensor] = {}
        """By how many query heads a KV head has."""

    @property
    def dtype(self) -> torch.dtype:
        """Of keys and values."""
        return self._shelf.layout.dtype

    def write(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Put new keys and values `[tokens, heads, width]` where they belong."""
        room = slice(self._before, self._end)
        slot = self._lane.slot
        self._shelf.keys[layer][slot, :, :, room] = keys[self._span].permute(1, 2, 0)
        self._shelf.values[layer][slot, :, room] = values[self._span].transpose(0, 1)

    def attend(
        self, layer: int, queries: torch.Tensor, out: torch.Tensor, scratch: "Scratch"
    ) -> None:
        """From scaled queries to out, both `[tokens, heads, width]`."""
        slot = self._lane.slot
        keys = self._shelf.keys[layer][slot, :, :, : self._end]
        values = self._shelf.values[layer][slot, :, : self._end]
        mine = queries[self._span]
        tokens, heads, width = mine.shape
        groups = len(keys)
        # The query heads of one KV head stand one under the other, so that none is repeated.
        folded = mine.transpose(0, 1).reshape(groups, -1, width)
        above = _shared(self._prefix, layer) if self._prefix is not None else None
        split = above[0].shape[-1] if above is not None else 0
        scores = scratch.room((groups, folded.shape[1], split + self._end), folded)
        if above is not None:
            torch.bmm(folded, above[0], out=scores[..., :split])
        torch.bmm(folded, keys, out=scores[..., split:])
        scores[..., split + self._before :] += self._causal(heads // groups, folded)
        weights = _softmax(scores)
        if above is None:
            seen = torch.bmm(weights, values)
        else:
            seen = torch.bmm(weights[..., :split], above[1])
            seen.baddbmm_(weights[..., split:], values)
        out[self._span] = seen.view(heads, tokens, -1).transpose(0, 1)

    def _causal(self, repeats: int, like: torch.Tensor) -> torch.Tensor:
        """What each of its tokens may see of the others, added to scores; `[repeats * tokens,
        tokens]`."""
        if repeats not in self._masks:
            tokens = self._end - self._before
            mask = torch.full((tokens, tokens), float("-inf"), dtype=like.dtype, device=like.device)
            self._masks[repeats] = mask.triu_(1).repeat(repeats, 1)
        return self._masks[repeats]


class Decode:
    """One new token of each of several lanes of one shelf."""

    def __init__(
        self, start: int, lanes: list[tuple[Lane, int]], shelf: Shelf, prefix: Prefix | None
    ) -> None:
        """`start`: of their tokens in the flat row, which stand in the order of `lanes`, each with
        how many tokens are in it when the new one comes."""
        device = shelf.layout.device
        slots = [lane.slot for lane, _ in lanes]
        low, high = min(slots), max(slots) + 1
        if high - low > 2 * len(lanes):
            shelf.gather([lane for lane, _ in lanes])
            slots = [lane.slot for lane, _ in lanes]
            low, high = 0, len(lanes)
        self._span = slice(start, start + len(lanes))
        self._shelf, self._prefix = shelf, prefix
        self._view = slice(low, high)
        lengths = [before for _, before in lanes]
        # Rounded up, or a short row's softmax would add up in another order than a long one's.
        self._seen = _GRAIN * (max(lengths) // _GRAIN + 1)
        self._slots = torch.tensor(slots, device=device)
        self._places = torch.tensor(lengths, device=device)
        self._rows = (
            None if slots == list(range(low, high)) else torch.tensor(slots, device=device) - low
        )
        """Where the lanes stand in the view; none where it holds them in order and nothing else."""
        self._only = (slots[0], lengths[0]) if len(lanes) == 1 else None
        reach = torch.full((high - low,), -1, device=device)
        reach[self._slots - low] = self._places
        later = torch.arange(self._seen, device=device) > reach[:, None]
        # A slot of none of the lanes sees its first token, or its softmax would not be numbers.
        later[:, 0] = False
        mask = torch.zeros(later.shape, dtype=shelf.layout.dtype, device=device)
        self._mask = mask.masked_fill_(later, float("-inf"))[:, None, None]
        self._masks: dict[int, torch.Tensor] = {}
        """The same for each KV head, by how many a layer has."""

    @property
    def dtype(self) -> torch.dtype:
        """Of keys and values."""
        return self._shelf.layout.dtype

    def write(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Put new keys and values `[tokens, heads, width]` where they belong."""
        stored_keys, stored_values = self._shelf.keys[layer], self._shelf.values[layer]
        if self._only is not None:
            slot, place = self._only
            stored_keys[slot, :, :, place] = keys[self._span.start]
            stored_values[slot, :, place] = values[self._span.start]
        else:
            dtype = stored_keys.dtype
            stored_keys[self._slots, :, :, self._places] = keys[self._span].to(dtype)
            stored_values[self._slots, :, self._places] = values[self._span].to(dtype)

    def attend(
        self, layer: int, queries: torch.Tensor, out: torch.Tensor, scratch: "Scratch"
    ) -> None:
        """From scaled queries to out, both `[tokens, heads, width]`.

        The scores over the prefix, one product for all rows, and those over each row's own tokens
        go through one softmax: exact, and no merging of partial results.
        """
        keys = self._shelf.keys[layer][self._view, :, :, : self._seen]
        values = self._shelf.values[layer][self._view, :, : self._seen]
        slots, groups, width, seen = keys.shape
        mine = queries[self._span]
        rows, heads, _ = mine.shape
        repeats = heads // groups
        mine = mine.view(rows, groups, repeats, width)
        target = out[self._span].view(rows, groups, repeats, -1)
        scores = torch.baddbmm(
            self._masked(slots, groups), self._spread(mine), keys.reshape(-1, width, seen)
        )
        values = values.reshape(slots * groups, seen, -1)
        if self._prefix is None:
            target.copy_(self._narrow(torch.bmm(_softmax(scores), values), slots))
            return
        above_keys, above_values = _shared(self._prefix, layer)
        split = above_keys.shape[-1]
        both = scratch.room((groups, rows * repeats, split + seen), scores)
        # The KV head first, since the prefix's part, which is the larger, is needed so again.
        folded = mine.transpose(0, 1).reshape(groups, -1, width)
        torch.bmm(folded, above_keys, out=both[..., :split])
        own = both[..., split:].unflatten(1, (rows, repeats)).transpose(0, 1)
        own.copy_(self._narrow(scores, slots))
        weights = _softmax(both)
        above = torch.bmm(weights[..., :split], above_values)
        own = weights[..., split:].unflatten(1, (rows, repeats)).transpose(0, 1)
        own = self._narrow(torch.bmm(self._spread(own), values), slots)
        torch.add(own, above.view(groups, rows, repeats, -1).transpose(0, 1), out=target)

    def _masked(self, slots: int, groups: int) -> torch.Tensor:
        """What is added to scores, `[slots * groups, 1, tokens]`."""
        if groups not in self._masks:
            each = self._mask.expand(slots, groups, 1, self._seen)
            self._masks[groups] = each.reshape(slots * groups, 1, self._seen)
        return self._masks[groups]

    def _spread(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[lanes, KV heads, …]` to `[slots in view * KV heads, …]`."""
        if self._rows is not None:
            spread = rows.new_zeros((self._view.stop - self._view.start, *rows.shape[1:]))
            spread[self._rows] = rows
            rows = spread
        return rows.flatten(0, 1)

    def _narrow(self, rows: torch.Tensor, slots: int) -> torch.Tensor:
        """And back."""
        rows = rows.view(slots, -1, *rows.shape[1:])
        return rows if self._rows is None else rows[self._rows]


class Plan:
    """Where the tokens of a step belong."""

    def __init__(self, pieces: list[Chunk | Decode]) -> None:
        self.pieces = pieces
        self._dtype = pieces[0].dtype
        self._scratch = Scratch()
        self._out: torch.Tensor | None = None

    def attend(
        self,
        layer: int,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """One layer's attention, all `[tokens, heads, width]`; good until the next layer's.

        Tokens that belong nowhere come out as zeros.
        """
        for piece in self.pieces:
            piece.write(layer, keys, values)
        shape = (*queries.shape[:2], values.shape[-1])
        if self._out is None or self._out.shape != shape:
            self._out = queries.new_zeros(shape)
        scaled = queries.to(self._dtype) * scale
        for piece in self.pieces:
            piece.attend(layer, scaled, self._out, self._scratch)
        return self._out


def register() -> None:
    """Make the attention known to transformers under `NAME`. No mask is ever made for it."""
    AttentionInterface.register(NAME, _planned_attention)


def _planned_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    plan: Plan | None = None,
    **asked: Any,
) -> tuple[torch.Tensor, None]:
    """The function that transformers calls in each layer; `plan` comes through its forward."""
    extra = [name for name in _UNSUPPORTED if asked.get(name) is not None]
    if plan is None or attention_mask is not None or extra:
        raise Unsupported(f"attention with {', '.join(extra) or 'a mask of its own'}")
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    layer: int = module.layer_idx
    query, key, value = (heads[0].transpose(0, 1) for heads in (query, key, value))
    return plan.attend(layer, query, key, value, scale)[None], None


def _shared(prefix: Prefix, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """A prefix's keys `[heads, width, tokens]` and values `[heads, tokens, width]`."""
    shelf = prefix.lane.shelf
    assert shelf is not None
    return shelf.keys[layer][0], shelf.values[layer][0]


def _softmax(scores: torch.Tensor) -> torch.Tensor:
    """Over the last dimension, in float32; may put it where the scores were."""
    if scores.dtype == torch.float32 and scores.device.type == "cpu":
        return torch.softmax(scores, -1, out=scores)
    return torch.softmax(scores, -1, dtype=torch.float32).to(scores.dtype)
