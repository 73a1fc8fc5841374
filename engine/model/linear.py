"""Linear layers as the hardware likes them: packed once, and those with one input as one matrix.

On a CPU oneDNN's packed form is not only faster (measured: up to twice at 8 rows in float32, twice
at 1 row in bfloat16). It also sums in the same order however many rows there are, bit for bit, which
plain matrix products do not: so a sequence gets the same numbers alone and in any batch.
"""

import logging
from functools import lru_cache

import torch
from torch import nn

from engine.model.few import few

_log = logging.getLogger(__name__)

_PACKED_FOR = 64
"""Rows that the packed form is made for; measured no slower than one made for 1 at any number."""

_MOST_TRIED = 8192
"""Outputs of the layer by which it is seen whether a row alone comes out as among others."""


class Linear(nn.Module):
    """`x @ weight.T + bias`, packed where that can be had."""

    def __init__(
        self, weight: torch.Tensor, bias: torch.Tensor | None, *, alone: bool = True
    ) -> None:
        """`weight: [out, in]`, `bias: [out]`. `alone`: whether few rows may have a way of their own."""
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._bias = None if bias is None else bias.clone()
        self._packed = _pack(weight)
        self._weight = weight if self._packed is None else None
        self._doubles = self._packed is not None and not _alone_as_among_others(
            min(self.out_features, _MOST_TRIED), self.in_features, weight.dtype
        )
        """Whether a row alone is computed twice over, to come out as it does among others."""
        self._few = few(weight, self._bias, self._among) if alone else None

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, in]` to `[…, out]`."""
        # Rows of another width are left to what refuses them.
        if self._few is not None and rows.shape[-1] == self.in_features:
            count = rows.numel() // self.in_features
            if self._few.takes(count):
                return self._few(rows.reshape(count, -1)).view(*rows.shape[:-1], -1)
        return self._among(rows)

    def _among(self, rows: torch.Tensor) -> torch.Tensor:
        """The product of any number of rows."""
        if self._packed is None:
            assert self._weight is not None
            return nn.functional.linear(rows, self._weight, self._bias)
        if self._doubles and rows.numel() == self.in_features:
            flat = rows.reshape(1, -1)
            pair = _product(torch.cat([flat, flat]), self._packed, self._bias)
            return pair[:1].view(*rows.shape[:-1], -1)
        return _product(rows, self._packed, self._bias)


def joined(layers: list[nn.Linear]) -> Linear:
    """Linear layers of one input, all with a bias or all without, as one; outputs side by side."""
    biases = [layer.bias for layer in layers]
    return Linear(
        torch.cat([layer.weight for layer in layers]),
        torch.cat(biases) if biases[0] is not None else None,
    )


class Siblings:
    """Several linear layers of one input as one product."""

    def __init__(self, layers: list[nn.Linear]) -> None:
        self._whole = joined(layers)
        self._widths = [layer.out_features for layer in layers]
        self._input: torch.Tensor | None = None
        self._outputs: tuple[torch.Tensor, ...] = ()

    def output(self, rows: torch.Tensor, index: int) -> torch.Tensor:
        """What the layer `index` makes of `rows`. The first that asks computes all."""
        if self._input is not rows:
            self._outputs = self._whole(rows).split(self._widths, -1)
            self._input = rows
        output = self._outputs[index]
        if index == len(self._widths) - 1:
            self._input, self._outputs = None, ()
        return output


class Sibling(nn.Module):
    """One of them, in the place of the layer it was."""

    def __init__(self, siblings: Siblings, index: int, layer: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = layer.in_features, layer.out_features
        self._siblings = siblings
        self._index = index

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, in]` to `[…, out]`."""
        return self._siblings.output(rows, self._index)


def _product(
    rows: torch.Tensor, packed: torch.Tensor | None, bias: torch.Tensor | None
) -> torch.Tensor:
    product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(rows, packed, bias, "none", [], "")
    return product


@lru_cache
def _alone_as_among_others(outputs: int, inputs: int, dtype: torch.dtype) -> bool:
    """Whether one row gives, bit for bit, what it gives among others, for layers of this shape.

    Each output is a sum that cancels out, so that what is left of it shows the order of summing.
    """
    generator = torch.Generator().manual_seed(0)
    half = torch.randn(outputs, inputs // 2, generator=generator).to(dtype)
    rows = torch.randn(4, inputs // 2, generator=generator).to(dtype)
    packed = _pack(torch.cat([half, half.flip(1)], 1))
    rows = torch.cat([rows, -rows.flip(1)], 1)
    alone = torch.cat([_product(row[None], packed, None) for row in rows])
    return torch.equal(_product(rows, packed, None), alone)


def _pack(weight: torch.Tensor) -> torch.Tensor | None:
    """oneDNN's own form of a weight; none where there is no such thing."""
    if weight.device.type != "cpu" or weight.dtype not in (torch.float32, torch.bfloat16):
        return None
    try:
        packed: torch.Tensor = torch.ops.mkldnn._reorder_linear_weight(
            weight.detach().contiguous(), _PACKED_FOR
        )
        _product(torch.zeros(2, weight.shape[1], dtype=weight.dtype), packed, None)
    except (AttributeError, RuntimeError, NotImplementedError) as error:
        _log.info("Linear layers are not packed: %s", error)
        return None
    return packed
