"""Attention over many sequences at once, with the prefix they share stored once.

The tokens of a step lie in one flat row, `[1, tokens]`, whoever they belong to: the linear layers
see one matrix, and only attention needs to know where the sequences are. A `Plan` says that. Models
of transformers take it unmodified, through the attention interface that they all share; the
registered function writes the new keys and values to their shelves and attends piece by piece.
"""

from typing import Any, Literal

import torch
from torch.nn.functional import scaled_dot_product_attention as sdpa
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
        self._mask: torch.Tensor | None = None

    def write(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Put new keys and values `[1, heads, tokens, width]` where they belong."""
        room = slice(self._before, self._end)
        self._shelf.keys[layer][self._lane.slot, :, room] = keys[0, :, self._span]
        self._shelf.values[layer][self._lane.slot, :, room] = values[0, :, self._span]

    def attend(self, layer: int, queries: torch.Tensor, scale: float, out: torch.Tensor) -> None:
        """From queries `[1, heads, tokens, width]` to out `[1, tokens, heads, width]`."""
        keys = self._shelf.keys[layer][self._lane.slot, :, : self._end]
        values = self._shelf.values[layer][self._lane.slot, :, : self._end]
        if self._prefix is not None:
            keys = torch.cat([_shared(self._prefix, layer, "keys"), keys], 1)
            values = torch.cat([_shared(self._prefix, layer, "values"), values], 1)
        mine = queries[0, :, self._span]
        heads, tokens, width = mine.shape
        # The query heads of one KV head stand one under the other, so that none is repeated.
        folded = mine.reshape(keys.shape[0], -1, width)
        if self._mask is None:
            self._mask = _causal(tokens, keys.shape[1], heads // keys.shape[0], queries)
        seen = sdpa(folded[None], keys[None], values[None], attn_mask=self._mask, scale=scale)
        out[0, self._span] = seen[0].reshape(heads, tokens, -1).transpose(0, 1)


class Decode:
    """One new token of each of several lanes of one shelf."""

    def __init__(self, start: int, lanes: list[Lane], shelf: Shelf, prefix: Prefix | None) -> None:
        """`start`: of their tokens in the flat row, which stand in the order of `lanes`."""
        device = shelf.layout.device
        slots = [lane.slot for lane in lanes]
        low, high = min(slots), max(slots) + 1
        if high - low > 2 * len(lanes):
            shelf.gather(lanes)
            slots = [lane.slot for lane in lanes]
            low, high = 0, len(lanes)
        self._span = slice(start, start + len(lanes))
        self._shelf, self._prefix = shelf, prefix
        self._view = slice(low, high)
        lengths = [len(lane.ids) for lane in lanes]
        # Rounded up, or a short row's softmax would add up in another order than a long one's.
        self._seen = _GRAIN * (max(lengths) // _GRAIN + 1)
        self._slots = torch.tensor(slots, device=device)
        self._places = torch.tensor(lengths, device=device)
        self._rows = (
            None if slots == list(range(low, high)) else torch.tensor(slots, device=device) - low
        )
        """Where the lanes stand in the view; none where it holds them in order and nothing else."""
        self._mask: torch.Tensor | None = None
        if min(lengths) + 1 < self._seen:
            later = torch.arange(self._seen, device=device) > self._places[:, None]
            mask = torch.zeros(later.shape, dtype=shelf.layout.dtype, device=device)
            self._mask = mask.masked_fill_(later, float("-inf"))[:, None, None, :]

    def write(self, layer: int, keys: torch.Tensor, values: torch.Tensor) -> None:
        """Put new keys and values `[1, heads, tokens, width]` where they belong."""
        self._shelf.keys[layer][self._slots, :, self._places] = keys[0, :, self._span].transpose(
            0, 1
        )
        self._shelf.values[layer][self._slots, :, self._places] = values[
            0, :, self._span
        ].transpose(0, 1)

    def attend(self, layer: int, queries: torch.Tensor, scale: float, out: torch.Tensor) -> None:
        """From queries `[1, heads, tokens, width]` to out `[1, tokens, heads, width]`.

        The scores over the prefix, one product for all rows, and those over each row's own tokens
        go through one softmax: exact, and no merging of partial results.
        """
        keys = self._shelf.keys[layer][self._view, :, : self._seen]
        values = self._shelf.values[layer][self._view, :, : self._seen]
        mine = queries[0, :, self._span].transpose(0, 1)
        rows, heads, width = mine.shape
        groups = keys.shape[1]
        # [rows, KV heads, query heads of each, width]
        mine = mine.reshape(rows, groups, heads // groups, width) * scale
        scores = self._narrow(torch.matmul(self._spread(mine), keys.transpose(-1, -2)))
        if self._mask is not None:
            scores = scores + self._mask
        if self._prefix is None:
            weights = _softmax(scores)
            seen = self._narrow(torch.matmul(self._spread(weights), values))
        else:
            above_keys = _shared(self._prefix, layer, "keys")
            folded = mine.transpose(0, 1).reshape(groups, -1, width)
            above = torch.matmul(folded, above_keys.transpose(-1, -2))
            above = above.view(groups, rows, heads // groups, -1).transpose(0, 1)
            weights = _softmax(torch.cat([above, scores], -1))
            split = above.shape[-1]
            own = weights[..., split:]
            seen = self._narrow(torch.matmul(self._spread(own), values))
            folded = weights[..., :split].transpose(0, 1).reshape(groups, -1, split)
            above = torch.matmul(folded, _shared(self._prefix, layer, "values"))
            seen = seen + above.view(groups, rows, heads // groups, -1).transpose(0, 1)
        out[0, self._span] = seen.reshape(rows, heads, -1)

    def _spread(self, rows: torch.Tensor) -> torch.Tensor:
        """Rows in the order of the lanes to where they stand in the view."""
        if self._rows is None:
            return rows
        spread = rows.new_zeros((self._view.stop - self._view.start, *rows.shape[1:]))
        spread[self._rows] = rows
        return spread

    def _narrow(self, rows: torch.Tensor) -> torch.Tensor:
        """And back."""
        return rows if self._rows is None else rows[self._rows]


class Plan:
    """Where the tokens of a step belong."""

    def __init__(self, pieces: list[Chunk | Decode]) -> None:
        self.pieces = pieces

    def attend(
        self,
        layer: int,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
        scale: float,
    ) -> torch.Tensor:
        """One layer's attention: `[1, heads, tokens, width]` each, to `[1, tokens, heads, width]`."""
        for piece in self.pieces:
            piece.write(layer, keys, values)
        _, heads, tokens, _ = queries.shape
        out = queries.new_empty((1, tokens, heads, values.shape[-1]))
        for piece in self.pieces:
            piece.attend(layer, queries, scale, out)
        return out


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
    return plan.attend(layer, query, key, value, scale), None


def _shared(prefix: Prefix, layer: int, room: Literal["keys", "values"]) -> torch.Tensor:
    """A prefix's keys or values, `[heads, tokens, width]`."""
    assert prefix.lane.shelf is not None
    rooms = prefix.lane.shelf.keys if room == "keys" else prefix.lane.shelf.values
    return rooms[layer][prefix.lane.slot]


def _softmax(scores: torch.Tensor) -> torch.Tensor:
    return torch.softmax(scores, -1, dtype=torch.float32).to(scores.dtype)


def _causal(tokens: int, seen: int, repeats: int, like: torch.Tensor) -> torch.Tensor:
    """What each of the last `tokens` of `seen` may see, added to scores; `[repeats * tokens, seen]`."""
    mask = torch.full((tokens, seen), float("-inf"), dtype=like.dtype, device=like.device)
    return mask.triu_(seen - tokens + 1).repeat(repeats, 1)
