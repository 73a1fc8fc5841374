"""The product of few rows: the bits of the one of many, in every form and number of rows."""

import math
import subprocess
import sys
from collections.abc import Iterator

import pytest
import torch

from engine.model import few as ways
from engine.model import jit
from engine.model.compact import Compact, compact
from engine.model.few import Few, allow, few
from engine.model.linear import Linear

OUTPUTS, INPUTS = 96, 320
FORMS = ("nibbles", "bytes", "bfloat16", "float16")

compiled = pytest.mark.skipif(
    jit.product("bytes", 1) is None, reason="nothing can be compiled for this processor"
)


def _numbers(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def _weight(form: str) -> torch.Tensor:
    """A weight `[OUTPUTS, INPUTS]` that the form can hold and no narrower one."""
    if form in ("bfloat16", "float16"):
        return _numbers(OUTPUTS, INPUTS).to(getattr(torch, form)).float()
    least, most = (0, 15) if form == "nibbles" else (-127, 127)
    generator = torch.Generator().manual_seed(1)
    steps = torch.randint(least, most + 1, (OUTPUTS, INPUTS // 32, 32), generator=generator).float()
    steps[..., 0], steps[..., 1] = least, most
    scale = _numbers(OUTPUTS, INPUTS // 32, 1).abs().half().float()
    offset = -8 * scale if form == "nibbles" else 0
    return (steps * scale + offset).view(OUTPUTS, INPUTS)


def _held(form: str) -> Compact:
    held = compact(_weight(form))
    assert held is not None
    assert held.form == form
    return held


def _few(held: Compact, dtype: torch.dtype = torch.float32) -> Few:
    return Few(held, (OUTPUTS, INPUTS), None, dtype, lambda rows: rows)


def _in_order(rows: torch.Tensor, weight: torch.Tensor, span: int) -> torch.Tensor:
    """Sums over the inputs in order, each step rounded once, anew after every span."""
    wide = weight.double()
    total = torch.zeros(len(rows), len(weight))
    for begin in range(0, weight.shape[1], span):
        sums = torch.zeros(len(rows), len(weight))
        for place in range(begin, min(begin + span, weight.shape[1])):
            # In float64 a product of two float32 numbers is exact.
            sums = _added(rows[:, place : place + 1].double() * wide[:, place], sums.double())
        total = sums if begin == 0 else total + sums
    return total


def _added(one: torch.Tensor, other: torch.Tensor) -> torch.Tensor:
    """Their sum in float32, rounded once.

    A sum in float64 is rounded itself, perhaps to half-way between two float32 numbers. So of the two
    neighbours of the true sum the odd one is taken, which never lies there.
    """
    near = one + other
    part = near - one
    error = (one - (near - part)) + (other - part)
    bits = near.view(torch.int64)
    towards = torch.where((error > 0) == (near > 0), 1, -1)
    odd = torch.where((error != 0) & (bits % 2 == 0), bits + towards, bits)
    return odd.view(torch.float64).float()


@compiled
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("span", [INPUTS, 128])
def test_sums_go_over_the_inputs_in_order_and_anew_after_a_span(form: str, span: int) -> None:
    made = _few(_held(form))
    made.span = span
    rows = _numbers(9, INPUTS, seed=2)
    wanted = _in_order(rows, _weight(form), span)
    for count in (1, 2, 4, 5, 8, 9):
        assert torch.equal(made(rows[:count]), wanted[:count])


@compiled
@pytest.mark.parametrize("form", FORMS)
def test_threads_share_the_work_without_a_trace(form: str, threads_after: None) -> None:
    made = _few(_held(form))
    rows = _numbers(3, INPUTS, seed=2)
    outputs = []
    for threads in (1, 2, 5):
        torch.set_num_threads(threads)
        outputs.append(made(rows))
    assert torch.equal(outputs[0], outputs[1])
    assert torch.equal(outputs[0], outputs[2])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("biased", [False, True])
def test_a_row_comes_out_alone_as_among_others(form: str, biased: bool) -> None:
    bias = _numbers(OUTPUTS, seed=3) if biased else None
    layer = Linear(_weight(form), bias)
    rows = _numbers(40, INPUTS, seed=2)
    among = layer(rows)
    for count in (1, 3, 8, 16, 17):
        assert torch.equal(layer(rows[:count]), among[:count])
    assert layer(rows[:0]).shape == (0, OUTPUTS)
    assert layer(rows.view(4, 10, INPUTS)[:1, :2]).shape == (1, 2, OUTPUTS)


@compiled
def test_bfloat16_stays_bfloat16() -> None:
    weight = _weight("bfloat16").bfloat16()
    held = compact(weight)
    assert held is not None
    rows = _numbers(2, INPUTS, seed=2).bfloat16()
    out = _few(held, torch.bfloat16)(rows)
    assert out.dtype == torch.bfloat16
    assert torch.equal(out, _in_order(rows.float(), weight.float(), INPUTS).bfloat16())


@compiled
def test_another_order_of_summing_is_refused_in_float32(fresh: None) -> None:
    weight = _weight("bytes")

    def backwards(rows: torch.Tensor) -> torch.Tensor:
        return _in_order(rows.flip(1), weight.flip(1), INPUTS)

    assert few(weight, None, backwards) is None


@compiled
def test_a_way_that_is_not_faster_is_not_taken(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = _weight("bytes")
    monkeypatch.setattr(ways, "_seconds", lambda work, rows: float(isinstance(work, Few)))
    assert few(weight, None, lambda rows: _in_order(rows, weight, 256)) is None


@compiled
def test_it_is_taken_up_to_the_rows_for_which_it_is_faster(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    weight = _weight("bytes")
    monkeypatch.setattr(
        ways, "_seconds", lambda work, rows: len(rows) if isinstance(work, Few) else 5.0
    )
    made = few(weight, None, lambda rows: _in_order(rows, weight, 256))
    assert made is not None
    assert made.span == 256
    assert [rows for rows in range(20) if made.takes(rows)] == [1, 2, 3, 4]


def test_without_a_compiler_every_row_takes_the_common_way(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    layer = Linear(_weight("bytes"), None)
    rows = _numbers(3, INPUTS, seed=2)
    assert layer._few is None
    assert torch.allclose(layer(rows), rows @ _weight("bytes").T, atol=1e-2)


@compiled
def test_what_cannot_be_compiled_is_done_without(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jit, "text", lambda *asked: "no such language")
    assert few(_weight("bytes"), None, lambda rows: rows) is None


@compiled
def test_rows_that_it_would_read_beyond_are_refused() -> None:
    made = _few(_held("bytes"))
    for rows in (torch.zeros(0, INPUTS), torch.zeros(1, INPUTS - 32), torch.zeros(INPUTS)):
        with pytest.raises(ValueError, match="no rows of 320 numbers"):
            made(rows)
    with pytest.raises(ValueError, match="on meta"):
        made(torch.zeros(1, INPUTS, device="meta"))


@compiled
def test_rows_twice_as_wide_are_not_taken_for_two(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "is_faster", lambda made, count: True)
    layer = Linear(_weight("bytes"), None)
    with pytest.raises(RuntimeError):
        layer(_numbers(1, 2 * INPUTS))


@compiled
def test_rows_that_do_not_lie_together_come_out_like_their_copy() -> None:
    made = _few(_held("bytes"))
    wide = _numbers(4, 2 * INPUTS)
    assert torch.equal(made(wide[:, ::2]), made(wide[:, ::2].clone()))
    assert torch.equal(made(wide[:1, :INPUTS].expand(4, -1)), made(wide[:1, :INPUTS]).expand(4, -1))


@compiled
def test_a_narrower_default_dtype_changes_nothing() -> None:
    made, rows = _few(_held("bytes")), _numbers(9, INPUTS)
    wanted = made(rows)
    held = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        assert torch.equal(made(rows), wanted)
    finally:
        torch.set_default_dtype(held)


@compiled
def test_a_weight_that_could_be_trained_is_taken(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "is_faster", lambda made, count: True)
    weight = _weight("bytes").requires_grad_()
    assert few(weight, None, lambda rows: _in_order(rows, weight.detach(), INPUTS)) is not None


@compiled
def test_narrow_forms_take_no_more_memory_than_is_allowed(
    fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "is_faster", lambda made, count: True)
    weight = _weight("bfloat16").bfloat16()
    allow(weight.numel() * 3)
    assert few(weight, None, lambda rows: rows) is not None
    assert few(weight, None, lambda rows: rows) is None
    allow(-1.0)
    assert few(weight, None, lambda rows: rows) is None


_FORBIDDEN = """
import ctypes
import torch
from engine.model.linear import Linear
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    raise SystemExit(77)
layer = Linear(torch.ones(64, 64), None)
print(layer._few, layer(torch.ones(1, 64)).sum().item())
"""
"""The process forbids itself to make memory executable (PR_SET_MDWE)."""


@pytest.mark.skipif(sys.platform != "linux", reason="a call of Linux")
def test_where_no_memory_may_become_executable_nothing_is_compiled() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _FORBIDDEN], capture_output=True, text=True, check=False
    )
    if done.returncode == 77:
        pytest.skip("this kernel has no such rule")
    assert (done.returncode, done.stdout) == (0, "None 4096.0\n"), done.stderr


@pytest.mark.parametrize("error", [OSError("no library"), RuntimeError("no target")])
def test_a_compiler_that_fails_is_done_without(
    error: Exception, fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(llvm: object) -> None:
        raise error

    monkeypatch.setattr(jit, "_target", fail)
    assert jit.product("bytes", 1) is None


@pytest.fixture
def threads_after() -> Iterator[None]:
    held = torch.get_num_threads()
    yield
    torch.set_num_threads(held)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing found out about spans, speeds, memory and compilers before, and nothing kept."""
    monkeypatch.setattr(ways, "_left", [math.inf])
    monkeypatch.setattr(ways, "_span_of", {})
    monkeypatch.setattr(ways, "_faster_of", {})
    monkeypatch.setattr(ways, "_most_of", {})
    jit.product.cache_clear()
    yield
    jit.product.cache_clear()
