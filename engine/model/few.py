"""The product of few rows with a weight: read in fewer bytes, and the same bits come out.

One row waits for memory. Where a weight has a compact form (`engine.model.compact`) and a product can
be compiled for it (`engine.model.jit`), few rows take that one. Which order of summing the product of
many rows has is found out by trying, and in float32 this one is only taken where every bit is the
same, so that a row gets the same numbers alone and in any batch.
"""

import logging
import math
import time
from collections.abc import Callable

import torch

from engine.model.compact import Compact, compact
from engine.model.jit import product
from engine.model.kernel import TILE

_log = logging.getLogger(__name__)

Many = Callable[[torch.Tensor], torch.Tensor]
"""The product of many rows: from `[rows, inputs]` to `[rows, outputs]`."""

_SINGLE = 3
"""Rows up to which each is computed by itself, and beyond which eight at once, which fill the
registers: what that takes is compiled and tried when so many rows come for the first time."""
_AT_ONCE = 8
_TRIED = (16, 8, 4)
"""Rows for which it is measured whether this way is faster, until it is."""
_TIMES = 4
_SPANS = (4096, 2048, 1024, 512, 384, 256, 192, 128, 64)
"""Inputs after which sums may start anew, unless they never do."""

_WIDEST = 2
"""Bytes of a number in the widest of the narrow forms."""

_left: list[float] = [math.inf]
"""Bytes that narrow forms may still take."""
_span_of: dict[tuple[int, int], int | None] = {}
"""By a weight's shape: the span that the product of many has; none where it has another order."""
_faster_of: dict[tuple[str, torch.dtype], bool] = {}
"""By form: whether this way is faster for a row alone."""
_most_of: dict[tuple[str, torch.dtype], int] = {}
"""By form: up to how many rows it is."""


class Few:
    """The product of few rows with one weight."""

    def __init__(
        self,
        held: Compact,
        shape: tuple[int, int],
        bias: torch.Tensor | None,
        dtype: torch.dtype,
        many: Many,
    ) -> None:
        """`held`: the weight, of `shape` `[outputs, inputs]`; `bias: [outputs]`; `dtype`: of rows."""
        self.form, self.shape, self.dtype, self.many = held.form, shape, dtype, many
        self.span = shape[1]
        """Inputs after which sums start anew."""
        self._bias = None if bias is None else bias.float()
        self._content = held.content
        self._at: int = held.content.data_ptr()

    def takes(self, rows: int) -> bool:
        """Whether this product is the faster one for so many rows."""
        if rows <= _SINGLE:
            return rows > 0
        if rows > _TRIED[0] or product(self.form, _AT_ONCE) is None:
            return False
        key = (self.form, self.dtype)
        if key not in _most_of:
            _most_of[key] = next((tried for tried in _TRIED if is_faster(self, tried)), _SINGLE)
        return rows <= _most_of[key]

    def __call__(self, rows: torch.Tensor) -> torch.Tensor:
        """From `[rows, inputs]`, at least one, to `[rows, outputs]`, of the weight's dtype.

        Raises `ValueError` for rows of another shape or device: what is compiled reads addresses.
        """
        outputs, inputs = self.shape
        count = len(rows)
        if rows.shape != (count, inputs) or not count or rows.device.type != "cpu":
            raise ValueError(f"no rows of {inputs} numbers: {tuple(rows.shape)} on {rows.device}")
        size = 1 if count <= _SINGLE else _AT_ONCE
        groups = -(-count // size)
        compiled = product(self.form, size)
        assert compiled is not None
        wide = rows.float().contiguous()
        if groups * size != count:
            wide = torch.cat([wide, wide.new_zeros(groups * size - count, inputs)])
        # In so many bytes whatever dtype and device are the default, also for another thread's sake.
        out = torch.empty(groups * size, outputs, dtype=torch.float32, device="cpu")
        addresses = (self._at, wide.data_ptr(), out.data_ptr())
        compiled(*addresses, inputs, outputs, outputs // TILE, self.span, groups)
        out = out[:count]
        if self._bias is not None:
            out += self._bias
        return out.to(self.dtype)


def allow(most: float) -> None:
    """Let the weights that come from here on take so many bytes more for their narrow forms.

    They come on top of the weights: what the rest of a model needs must not go to them.
    """
    _left[0] = most


def few(weight: torch.Tensor, bias: torch.Tensor | None, many: Many) -> Few | None:
    """The product of few rows with `weight: [outputs, inputs]`, plus `bias: [outputs]`, which gives
    what `many` does for more.

    None where there is none that is faster, or in float32 none with the same bits, or no memory.
    """
    if weight.device.type != "cpu" or product("bytes", 1) is None:
        return None
    if weight.numel() * _WIDEST > _left[0]:
        _log.info("No memory is left to keep a weight in fewer bytes for few rows.")
        return None
    held = compact(weight.detach())
    if held is None or product(held.form, 1) is None:
        return None
    outputs, inputs = weight.shape
    made = Few(held, (outputs, inputs), bias, weight.dtype, many)
    if weight.dtype == torch.float32 and not _aligned(made):
        return None
    key = (held.form, weight.dtype)
    if key not in _faster_of:
        _faster_of[key] = is_faster(made, 1)
    if not _faster_of[key]:
        return None
    _left[0] -= held.content.numel()
    return made


def is_faster(made: Few, count: int) -> bool:
    """Whether it takes less time than the product of many, for so many rows."""
    rows = _rows(made, count)
    return _seconds(made, rows) < _seconds(made.many, rows)


def _aligned(made: Few) -> bool:
    """Give the product the order of summing that the one of many has; false where none tried is."""
    rows = _rows(made, _SINGLE)
    wanted = made.many(rows)
    if made.shape not in _span_of:
        inputs = made.shape[1]
        spans = (inputs, *(span for span in _SPANS if span < inputs))
        _span_of[made.shape] = next(
            (span for span in spans if _same(made, span, rows, wanted)), None
        )
    span = _span_of[made.shape]
    return span is not None and _same(made, span, rows, wanted)


def _same(made: Few, span: int, rows: torch.Tensor, wanted: torch.Tensor) -> bool:
    made.span = span
    return torch.equal(made(rows), wanted)


def _rows(made: Few, count: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randn(count, made.shape[1], generator=generator).to(made.dtype)


def _seconds(work: Many, rows: torch.Tensor) -> float:
    """Of the faster of a few runs, so that what else runs on the machine counts less."""
    times = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        work(rows)
        times.append(time.perf_counter() - began)
    return min(times)
