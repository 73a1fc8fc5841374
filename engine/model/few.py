"""The product of few rows with a weight: read in fewer bytes, and the same bits come out.

One row waits for memory. Where a weight has a compact form (`engine.model.compact`) and a product can
be compiled for it (`engine.model.jit`), few rows take that one. Which order of summing the product of
many rows has is found out by trying, and in float32 this one is only taken where every bit is the
same, so that a row gets the same numbers alone and in any batch.
"""

import time
from collections.abc import Callable

import torch

from engine.model.compact import Compact, compact
from engine.model.jit import Product, product
from engine.model.kernel import TILE

Many = Callable[[torch.Tensor], torch.Tensor]
"""The product of many rows: from `[rows, inputs]` to `[rows, outputs]`."""

_GROUPS = (1, 4, 8)
"""Rows that are computed at once; 8 fill the registers."""
_SPANS = (4096, 2048, 1024, 512, 384, 256, 192, 128, 64)
"""Inputs after which sums may start anew, unless they never do."""
_TRIED = (16, 8, 4, 1)
"""Rows for which it is measured whether this way is faster, until it is."""
_TIMES = 3

_span_of: dict[tuple[int, int], int | None] = {}
"""By a weight's shape: the span that oneDNN's product has; none where it has another order."""
_most_of: dict[tuple[str, torch.dtype], int] = {}
"""By form: up to how many rows this way is faster."""


class Few:
    """The product of up to `most` rows with one weight."""

    def __init__(self, held: Compact, outputs: int, inputs: int, bias: torch.Tensor | None) -> None:
        """`held`: the weight, `[outputs, inputs]`; `bias: [outputs]`."""
        self.most = 0
        """Rows up to which this is faster; 0 until that is known."""
        self.span = inputs
        self._content = held.content
        self._at: int = held.content.data_ptr()
        self._outputs, self._inputs = outputs, inputs
        self._bias = None if bias is None else bias.float()
        self._products = _products(held.form)

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[rows, inputs]` to `[rows, outputs]`, of the same dtype."""
        count = len(rows)
        size = next((size for size in _GROUPS if count <= size), _GROUPS[-1])
        groups = -(-count // size)
        wide = rows.float().contiguous()
        if groups * size != count:
            wide = torch.cat([wide, wide.new_zeros(groups * size - count, self._inputs)])
        out = torch.empty(groups * size, self._outputs)
        self._products[size](
            self._at,
            wide.data_ptr(),
            out.data_ptr(),
            self._inputs,
            self._outputs,
            self._outputs // TILE,
            self.span,
            groups,
        )
        out = out[:count]
        if self._bias is not None:
            out += self._bias
        return out.to(rows.dtype)


def few(weight: torch.Tensor, bias: torch.Tensor | None, many: Many) -> Few | None:
    """The product of few rows with `weight: [outputs, inputs]`, plus `bias: [outputs]`, which gives
    what `many` does for more.

    None where there is none that is faster, or in float32 none with the same bits.
    """
    if weight.device.type != "cpu" or product("bfloat16", 1) is None:
        return None
    held = compact(weight)
    if held is None:
        return None
    outputs, inputs = weight.shape
    made = Few(held, outputs, inputs, bias)
    if weight.dtype == torch.float32 and not _aligned(made, weight, many):
        return None
    key = (held.form, weight.dtype)
    if key not in _most_of:
        _most_of[key] = _faster_up_to(made, weight, many)
    made.most = _most_of[key]
    return made if made.most else None


def _products(form: str) -> dict[int, Product]:
    made = {size: product(form, size) for size in _GROUPS}
    return {size: each for size, each in made.items() if each is not None}


def _aligned(made: Few, weight: torch.Tensor, many: Many) -> bool:
    """Give the product the order of summing that `many` has; false where none tried is that."""
    outputs, inputs = weight.shape
    shape = (outputs, inputs)
    rows = _rows(_GROUPS[-1], weight)
    wanted = many(rows)
    if shape not in _span_of:
        spans = (inputs, *(span for span in _SPANS if span < inputs))
        _span_of[shape] = next((span for span in spans if _same(made, span, rows, wanted)), None)
    span = _span_of[shape]
    return span is not None and _same(made, span, rows, wanted)


def _same(made: Few, span: int, rows: torch.Tensor, wanted: torch.Tensor) -> bool:
    made.span = span
    return torch.equal(made(rows), wanted)


def _faster_up_to(made: Few, weight: torch.Tensor, many: Many) -> int:
    """Up to how many rows this product takes less time than the one of many."""
    for count in _TRIED:
        rows = _rows(count, weight)
        if _seconds(made, rows) < _seconds(many, rows):
            return count
    return 0


def _rows(count: int, weight: torch.Tensor) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, weight.shape[1], generator=generator).to(weight.dtype)


def _seconds(work: Many, rows: torch.Tensor) -> float:
    """Of the faster of a few runs, so that what else runs on the machine counts less."""
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        work(rows)
        times.append(time.perf_counter() - began)
    return min(times)
