"""Which runner a model can have: found out by trying, not by its name.

A short text goes through the model as it is, and again through shelves, a shared prefix and single
steps. Only where the logits agree is the fast way taken.
"""

import logging
from typing import Any

import torch

from engine.model.attention import Unsupported
from engine.model.kv import LEAST_SHARED, Store
from engine.model.runner import PlainRunner, Runner, SharedRunner, Work
from engine.model.shelf import Layout

_log = logging.getLogger(__name__)

_TOKENS = LEAST_SHARED + 12
_ALIKE = {torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}
"""Relative deviation of logits that rounding explains. A wrong mask or position gives about 1."""


@torch.inference_mode()
def runner_for(model: Any, limit: int) -> Runner:
    """The fastest runner that computes what the model's own forward does.

    `limit`: bytes of keys and values at most.
    """
    ids = _text(model)
    device, dtype = model.device, model.dtype
    out = model(input_ids=torch.tensor([ids], device=device), use_cache=True)
    layers = _plain_layers(out.past_key_values, dtype)
    if layers is not None:
        width = sum(heads * (k + v) for heads, k, v in layers)
        layout = Layout(layers, dtype, device, dtype.itemsize * width)
        usual = model.config._attn_implementation
        trial = SharedRunner(model, Store(layout, limit))
        try:
            deviation = _deviation(_trial(trial, ids), out.logits[0, LEAST_SHARED + 4 :])
        except (Unsupported, TypeError) as error:
            deviation, why = float("inf"), str(error)
        else:
            why = f"its logits deviate by {deviation:.2g}"
        if deviation < _ALIKE.get(dtype, 0.0):
            return SharedRunner(model, Store(layout, limit))
        _log.warning("This model runs one completion at a time: %s.", why)
        model.set_attn_implementation(usual)
    held = _cache_bytes(out.past_key_values) // len(ids)
    rewinds = layers is not None
    return PlainRunner(
        model,
        Store(Layout((), dtype, device, held), limit, shares=False, rewinds=rewinds),
    )


def _text(model: Any) -> list[int]:
    generator = torch.Generator().manual_seed(0)
    size = model.get_input_embeddings().num_embeddings
    return [int(token) for token in torch.randint(size, (_TOKENS,), generator=generator)]


def _trial(runner: SharedRunner, ids: list[int]) -> torch.Tensor:
    """Logits of the last tokens: prefix and chunk in one step, a second chunk, single tokens, and
    another sequence beside."""
    store = runner.store
    one = store.open("one", ids, LEAST_SHARED)
    assert one is not None
    store.reserve(one, len(ids))
    begun = LEAST_SHARED + 4
    runner.run([Work(one, tuple(ids[:begun]), wanted=False)])
    two = store.open("two", ids, LEAST_SHARED)
    assert two is not None
    store.reserve(two, len(ids))
    runner.run([Work(two, tuple(ids[LEAST_SHARED : begun + 2]), wanted=False)])
    rows = [
        runner.run([Work(two, (ids[0],), wanted=False), Work(one, (token,), wanted=True)])
        for token in ids[begun:]
    ]
    return torch.cat(rows)


def _deviation(mine: torch.Tensor, theirs: torch.Tensor) -> float:
    spread = (theirs.float() - theirs.float().mean(-1, keepdim=True)).norm()
    return float((mine.float() - theirs.float()).norm() / spread)


def _plain_layers(cache: Any, dtype: torch.dtype) -> tuple[tuple[int, int, int], ...] | None:
    """Heads and widths by layer; none where the model caches more than plain keys and values."""
    from transformers.cache_utils import DynamicCache, DynamicLayer

    if type(cache) is not DynamicCache:
        return None
    layers = []
    for layer in cache.layers:
        if type(layer) is not DynamicLayer or not layer.is_initialized:
            return None
        if layer.keys.dtype != dtype or layer.values.dtype != dtype:
            return None
        layers.append((layer.keys.shape[1], layer.keys.shape[3], layer.values.shape[3]))
    return tuple(layers)


def _cache_bytes(cache: Any) -> int:
    tensors = (
        held
        for layer in getattr(cache, "layers", ())
        for held in vars(layer).values()
        if isinstance(held, torch.Tensor)
    )
    return sum(held.numel() * held.element_size() for held in tensors)
