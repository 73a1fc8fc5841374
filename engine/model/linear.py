"""Linear layers as the hardware likes them: those with one input as one matrix, packed once.

On a CPU oneDNN's packed form is not only faster (measured: up to 2 times at 8 rows in float32). It
also sums in the same order however many rows there are, bit for bit, which plain matrix products do
not below 16 rows: so a sequence gets the same numbers alone and in any batch.
"""

import logging
from functools import lru_cache
from typing import Any

import torch
from torch import nn

_log = logging.getLogger(__name__)

_PACKED_FOR = 64
"""Rows that the packed form is made for; measured no slower than one made for 1 at any number."""

_MOST_TRIED = 8192
"""Outputs of the layer by which it is seen whether a row alone comes out as among others."""

_SIBLINGS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
"""Layers that read the same input, by the names that Llama gave them and most models kept."""


class Linear(nn.Module):
    """`x @ weight.T + bias`, packed where that can be had."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None) -> None:
        """`weight: [out, in]`, `bias: [out]`."""
        super().__init__()
        self.out_features, self.in_features = weight.shape
        self._bias = bias
        self._packed = _pack(weight)
        self._weight = weight if self._packed is None else None
        self._pairs = self._packed is not None and not _alone_as_among_others(
            min(self.out_features, _MOST_TRIED), self.in_features, weight.dtype
        )
        """Whether a single row has to be computed twice over to come out as it does among others."""

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, in]` to `[…, out]`."""
        if self._packed is None:
            assert self._weight is not None
            return nn.functional.linear(rows, self._weight, self._bias)
        if self._pairs and rows.numel() == self.in_features:
            flat = rows.reshape(1, -1)
            return self._product(torch.cat([flat, flat]))[:1].view(*rows.shape[:-1], -1)
        return self._product(rows)

    def _product(self, rows: torch.Tensor) -> torch.Tensor:
        return _product(rows, self._packed, self._bias)


class Siblings:
    """Several linear layers of one input as one product."""

    def __init__(self, layers: list[nn.Linear]) -> None:
        biases = [layer.bias for layer in layers]
        self._whole = Linear(
            torch.cat([layer.weight for layer in layers]),
            torch.cat(biases) if biases[0] is not None else None,
        )
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


class Norm(nn.Module):
    """Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467) in one call."""

    def __init__(self, weight: torch.Tensor, epsilon: float) -> None:
        super().__init__()
        self._weight, self._epsilon = weight, epsilon

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, width]` to the same."""
        return nn.functional.rms_norm(rows, self._weight.shape, self._weight, self._epsilon)


@torch.no_grad()
def prepare(model: nn.Module) -> None:
    """Replace the linear layers and norms of a model in place; their own weights are let go.

    What comes out has to be checked against what the model gave before: a model that reaches for
    its layers' weights by name cannot be run any more.
    """
    # Only those that have layers: a list of all would keep every weight until the last is packed.
    parents = [module for module in model.modules() if next(module.children(), None) is not None]
    for module in parents:
        for names in _SIBLINGS:
            layers = [getattr(module, name, None) for name in names]
            if _alike(layers):
                siblings = Siblings(layers)
                for index, (name, layer) in enumerate(zip(names, layers, strict=True)):
                    setattr(module, name, Sibling(siblings, index, layer))
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear:
                setattr(module, name, Linear(child.weight.detach(), _detached(child.bias)))
            elif (norm := _norm(child)) is not None:
                setattr(module, name, norm)


def _alike(layers: list[Any]) -> bool:
    """Whether these are linear layers of one input width, all with a bias or all without."""
    return all(type(layer) is nn.Linear for layer in layers) and (
        len({(layer.in_features, layer.bias is None, layer.weight.dtype) for layer in layers}) == 1
    )


def _norm(child: nn.Module) -> Norm | None:
    """The same norm in one call; none where it is no RMS norm or does something of its own."""
    weight = getattr(child, "weight", None)
    epsilon = getattr(child, "variance_epsilon", None)
    if not type(child).__name__.endswith("RMSNorm") or weight is None or epsilon is None:
        return None
    generator = torch.Generator().manual_seed(0)
    rows = torch.randn(3, *weight.shape, generator=generator).to(weight.device, weight.dtype)
    norm = Norm(weight.detach(), float(epsilon))
    theirs = child(rows)
    close = (norm(rows) - theirs).abs().max() <= 4 * torch.finfo(
        weight.dtype
    ).eps * theirs.abs().max()
    return norm if bool(close) else None


def _detached(bias: torch.Tensor | None) -> torch.Tensor | None:
    return None if bias is None else bias.detach()


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
