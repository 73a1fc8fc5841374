"""Which runner a model can have: found out by trying, not by its name.

A short text goes through the model as it is, and again through shelves, a shared prefix and single
steps. Only where the logits agree is the fast way taken.
"""

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import msgspec
import torch

from engine.model.attention import Unsupported
from engine.model.device import choose_cache_dtype
from engine.model.kv import LEAST_SHARED, Store
from engine.model.llama import Llama, is_llama
from engine.model.prepare import prepare
from engine.model.runner import Forward, PlainRunner, Runner, SharedRunner, Transformers, Work
from engine.model.shelf import Layout

_log = logging.getLogger(__name__)

_CHUNKED = LEAST_SHARED + 4
_TOKENS = _CHUNKED + 8
"""Of the text: some in chunks, the others one by one."""
_ALIKE = {torch.float32: 1e-3, torch.float16: 3e-2, torch.bfloat16: 1e-1}
"""Relative deviation of logits that rounding explains. A wrong mask or position gives about 1."""

_Way: TypeAlias = Callable[[Any], Forward]


class _Seen(msgspec.Struct, frozen=True):
    """What a model did with the short text before anything of it was replaced."""

    logits: torch.Tensor
    """After the tokens that the trial takes one by one: `[tokens, vocabulary]`."""
    layers: tuple[tuple[int, int, int], ...] | None
    """KV heads and widths by layer; none where it caches more than plain keys and values."""
    token_bytes: int


def runner_for(read: Callable[[], Any], limit: int) -> Runner:
    """The fastest runner that computes what the model's own forward does.

    `read` gives the model, a causal LM of transformers, anew each time: what was tried on it in vain
    cannot be undone. `limit`: bytes of keys and values at most.
    """
    model = read()
    ids = _text(model)
    seen = _look(model, ids)
    for name, way in _ways(model) if seen.layers is not None else ():
        runner = _shared(model, name, way, ids, seen, limit)
        if runner is not None:
            return runner
        del model
        model = read()
    _log.warning("This model runs one completion at a time.")
    layout = Layout((), model.dtype, model.device, seen.token_bytes)
    return PlainRunner(model, Store(layout, limit, shares=False, rewinds=seen.layers is not None))


def _prepared(model: Any) -> Forward:
    prepare(model)
    return Transformers(model)


def _ways(model: Any) -> list[tuple[str, _Way]]:
    """To compute a model over a plan, by name, the fastest first."""
    written: list[tuple[str, _Way]] = [("written out", Llama)] if is_llama(model) else []
    return [*written, ("transformers with fused layers", _prepared), ("transformers", Transformers)]


@torch.inference_mode()
def _look(model: Any, ids: list[int]) -> _Seen:
    out = model(input_ids=torch.tensor([ids], device=model.device), use_cache=True)
    cache = out.past_key_values
    return _Seen(
        logits=out.logits[0, _CHUNKED:].float(),
        layers=_plain_layers(cache, model.dtype),
        token_bytes=_cache_bytes(cache) // len(ids),
    )


@torch.inference_mode()
def _shared(
    model: Any, name: str, way: _Way, ids: list[int], seen: _Seen, limit: int
) -> SharedRunner | None:
    """A shared runner, if it gives the logits that were seen."""
    assert seen.layers is not None
    dtype = choose_cache_dtype(model.dtype, model.device)
    held = seen.token_bytes * dtype.itemsize // model.dtype.itemsize
    layout = Layout(seen.layers, dtype, model.device, held)
    try:
        forward = way(model)
        logits = _trial(SharedRunner(model, forward, Store(layout, limit)), ids)
    except (Unsupported, TypeError, AttributeError, NotImplementedError) as error:
        _log.info("This model cannot be computed by the forward “%s”: %s.", name, error)
        return None
    deviation = float((logits.float() - seen.logits).norm())
    deviation /= float((seen.logits - seen.logits.mean(-1, keepdim=True)).norm())
    if not deviation < _ALIKE.get(model.dtype, 0.0):
        _log.warning(
            "The forward “%s” changes what this model says: logits deviate by %.2g.",
            name,
            deviation,
        )
        return None
    return SharedRunner(model, forward, Store(layout, limit), name)


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
    runner.run([Work(one, tuple(ids[:_CHUNKED]), wanted=False)])
    two = store.open("two", ids, LEAST_SHARED)
    assert two is not None
    store.reserve(two, len(ids))
    runner.run([Work(two, tuple(ids[LEAST_SHARED : _CHUNKED + 2]), wanted=False)])
    rows = [
        runner.run([Work(two, (ids[0],), wanted=False), Work(one, (token,), wanted=True)])
        for token in ids[_CHUNKED:]
    ]
    return torch.cat(rows)


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
