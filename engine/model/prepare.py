"""A model's layers replaced by faster ones that compute the same: fewer and larger operations.

Eager transformers spends about 1,000 small operations a step. What is done here about them needs no
knowledge of the model but the names that Llama gave its layers and most models kept.
"""

from typing import Any

import torch
from torch import nn

from engine.model.linear import Linear, Sibling, Siblings

_SIBLINGS = (("q_proj", "k_proj", "v_proj"), ("gate_proj", "up_proj"))
"""Layers that read the same input."""


class Norm(nn.Module):
    """Root mean square norm (Zhang and Sennrich 2019, arXiv:1910.07467) in one call."""

    def __init__(self, weight: torch.Tensor, epsilon: float) -> None:
        super().__init__()
        self._weight, self._epsilon = weight, epsilon

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[…, width]` to the same."""
        return nn.functional.rms_norm(rows, self._weight.shape, self._weight, self._epsilon)


@torch.no_grad()
def prepare(module: nn.Module) -> None:
    """Replace layers of a model in place, from the top down; their own weights are let go one by one.

    What comes out has to be checked against what the model gave before: a model that reaches for
    its layers' weights by name cannot be run any more.
    """
    for names in _SIBLINGS:
        layers = [getattr(module, name, None) for name in names]
        if _alike(layers):
            siblings = Siblings(layers)
            for index, (name, layer) in enumerate(zip(names, layers, strict=True)):
                setattr(module, name, Sibling(siblings, index, layer))
    for name, child in list(module.named_children()):
        faster = _faster(child)
        if faster is not None:
            setattr(module, name, faster)
        else:
            prepare(child)


def _faster(child: nn.Module) -> nn.Module | None:
    if type(child) is nn.Linear:
        return Linear(child.weight, child.bias)
    return _norm(child)


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
    norm = Norm(weight, float(epsilon))
    theirs = child(rows)
    most = 4 * torch.finfo(weight.dtype).eps * theirs.abs().max()
    return norm if bool((norm(rows) - theirs).abs().max() <= most) else None
