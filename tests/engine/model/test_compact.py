"""Narrow forms of weights: found where they are exact, and only there."""

import gguf
import numpy as np
import pytest
import torch

from engine.model.compact import compact

OUTPUTS, INPUTS = 64, 96


def _numbers() -> torch.Tensor:
    return torch.randn(OUTPUTS, INPUTS, generator=torch.Generator().manual_seed(0))


def _from_blocks(name: str) -> torch.Tensor:
    """Numbers as a GGUF file of that kind gives them."""
    kind = gguf.GGMLQuantizationType[name]
    blocks = gguf.quants.quantize(_numbers().numpy(), kind)
    return torch.from_numpy(np.array(gguf.quants.dequantize(blocks, kind)))


@pytest.mark.parametrize(
    ("name", "form", "bits"),
    [("Q4_0", "nibbles", 5), ("Q4_1", "nibbles", 5), ("Q8_0", "bytes", 8.5)],
)
def test_blocks_of_gguf_are_found_in_their_numbers(name: str, form: str, bits: float) -> None:
    held = compact(_from_blocks(name))
    assert held is not None
    assert held.form == form
    assert held.content.numel() * 8 == OUTPUTS * INPUTS * bits


@pytest.mark.parametrize("name", ["bfloat16", "float16"])
def test_sixteen_bits_are_found_in_float32(name: str) -> None:
    held = compact(_numbers().to(getattr(torch, name)).float())
    assert held is not None
    assert held.form == name
    assert held.content.numel() == OUTPUTS * INPUTS * 2


def test_a_weight_of_bfloat16_is_taken_as_it_is() -> None:
    held = compact(_numbers().bfloat16())
    assert held is not None
    assert held.form == "bfloat16"


def test_a_weight_of_one_number_is_all_offset() -> None:
    held = compact(torch.full((32, 32), 0.5))
    assert held is not None
    assert held.form == "nibbles"


def test_numbers_that_need_all_their_bits_have_no_narrow_form() -> None:
    assert compact(_numbers()) is None


@pytest.mark.parametrize("name", ["Q4_1", "Q8_0"])
def test_one_number_that_does_not_fit_at_the_end_is_seen(name: str) -> None:
    weight = _from_blocks(name)
    weight[-1, -1] += 1e-4
    assert compact(weight) is None


def test_a_few_numbers_that_do_not_fit_leave_the_next_form() -> None:
    weight = torch.full((64, 64), 0.5)
    weight[-1, -40:] = torch.randn(40, generator=torch.Generator().manual_seed(1)).bfloat16()
    held = compact(weight)
    assert held is not None
    assert held.form == "bfloat16"


@pytest.mark.parametrize("shape", [(33, 64), (64, 33), (16, 16)])
def test_a_weight_that_is_not_whole_blocks_has_none(shape: tuple[int, int]) -> None:
    assert compact(torch.zeros(shape)) is None


@pytest.mark.parametrize("odd", [float("nan"), float("inf")])
def test_numbers_that_are_none_do_not_become_others(odd: float) -> None:
    weight = _from_blocks("Q4_1")
    weight[3, 5] = odd
    assert compact(weight) is None


def test_numbers_that_a_narrower_default_dtype_would_round_are_still_seen() -> None:
    held = torch.get_default_dtype()
    torch.set_default_dtype(torch.bfloat16)
    try:
        assert compact(_numbers().float() + 2**-20) is None
    finally:
        torch.set_default_dtype(held)


def test_numbers_of_more_bits_than_float32_are_not_taken() -> None:
    assert compact(_numbers().bfloat16().double() + 1e-12) is None


@pytest.mark.parametrize("shape", [(0, 32), (32, 0)])
def test_a_weight_of_nothing_has_none(shape: tuple[int, int]) -> None:
    assert compact(torch.zeros(shape)) is None
