"""A weight in fewer bytes that stand for exactly the same numbers.

A single row waits for the weights to come from memory, and most of a checkpoint's float32 numbers
say less than their 32 bits: they were written in 16, or came from blocks of 32 with 4 or 8 bits each
(GGUF's Q4_0, Q4_1, Q8_0). Where each number of a weight can be had back from the narrow form bit for
bit, it is kept in that form too, for the products of few rows (`engine.model.kernel`).
"""

from collections.abc import Callable

import msgspec
import torch

from engine.model.kernel import LANES, TILE

_ROWS = 256
"""Outputs taken at a time, so that what is made on the way stays in a core's cache."""
_EXACT = (torch.float32, torch.bfloat16, torch.float16)
"""Of weights whose numbers float32 has."""

Narrow = Callable[[torch.Tensor, torch.Tensor], torch.Tensor | None]
"""From tiles, and as much room, to their bytes; none where these would stand for other numbers."""


class Compact(msgspec.Struct, frozen=True):
    """A weight `[outputs, inputs]` in a form of `engine.model.kernel`."""

    form: str
    content: torch.Tensor
    """Bytes, in the order in which they are read."""


def compact(weight: torch.Tensor) -> Compact | None:
    """The narrowest form that is exactly a weight `[outputs, inputs]`; none where there is none."""
    outputs, inputs = weight.shape
    whole = weight.numel() and outputs % TILE == 0 and inputs % TILE == 0
    if not whole or weight.device.type != "cpu" or weight.dtype not in _EXACT:
        return None
    shape = (min(_ROWS, outputs) // TILE, inputs // TILE, TILE, TILE)
    # Other than the default dtype, which may be narrower, these hold every number of a weight.
    tiles, spare = (torch.empty(shape, dtype=torch.float32, device="cpu") for _ in range(2))

    def narrowed(narrow: Narrow, begin: int, end: int) -> torch.Tensor | None:
        """From `begin` to `end` of the outputs: `[tiles, bytes]`."""
        some = weight[begin:end]
        count = len(some) // TILE
        # Tiles, blocks, inputs of a block, outputs of a tile.
        tiles[:count] = some.view(count, TILE, -1, TILE).permute(0, 2, 3, 1)
        return narrow(tiles[:count], spare[:count])

    for form, narrow in _FORMS.items():
        # The first tile says nearly always what the others are.
        first = narrowed(narrow, 0, TILE)
        if first is None:
            continue
        content = torch.empty(outputs // TILE, first.shape[-1], dtype=torch.uint8, device="cpu")
        for begin in range(0, outputs, _ROWS):
            bytes_ = narrowed(narrow, begin, begin + _ROWS)
            if bytes_ is None:
                break
            content[begin // TILE : (begin + _ROWS) // TILE] = bytes_
        else:
            return Compact(form, content)
    return None


def _nibbles(tiles: torch.Tensor, spare: torch.Tensor) -> torch.Tensor | None:
    """Four bits each: a scale times 0 to 15, and an offset. Blocks of Q4_1 begin with their least
    number; those of Q4_0 with their largest one, of either sign, and that is eight scales off."""
    least, most = tiles.amin(2), tiles.amax(2)
    packed = _affine(tiles, spare, least, (most - least) / 15)
    if packed is None:
        largest = torch.where(most > -least, most, least)
        packed = _affine(tiles, spare, largest, largest / -8)
    return packed


def _affine(
    tiles: torch.Tensor, spare: torch.Tensor, offset: torch.Tensor, scale: torch.Tensor
) -> torch.Tensor | None:
    offset, scale = offset.half(), scale.half()
    wide, far = scale.float()[:, :, None], offset.float()[:, :, None]
    inverse = _inverse(wide)
    # Half a step more, as turning into whole numbers cuts off.
    steps = torch.addcmul(0.5 - far * inverse, tiles, inverse, out=spare).to(torch.uint8)
    # The product is exact in float32, so that this rounds once, as the kernel does.
    back = torch.addcmul(far, wide, spare.copy_(steps), out=spare)
    if steps.max() > 15 or not torch.equal(back, tiles):
        return None
    low, high = steps.split(LANES, -1)
    return _joined(_bytes_of(scale), _bytes_of(offset), (high << 4).bitwise_or_(low))


def _bytes(tiles: torch.Tensor, spare: torch.Tensor) -> torch.Tensor | None:
    """A scale times -127 to 127, which the largest number of a block is."""
    scale = (torch.abs(tiles, out=spare).amax(2) / 127).half()
    wide = scale.float()[:, :, None]
    steps = torch.mul(tiles, _inverse(wide), out=spare).round_().clamp_(-127, 127).to(torch.int8)
    if not torch.equal(spare.mul_(wide), tiles):
        return None
    return _joined(_bytes_of(scale), steps.view(torch.uint8))


def _bfloat16(tiles: torch.Tensor, spare: torch.Tensor) -> torch.Tensor | None:
    """The upper halves; pairs of outputs of a tile's two halves stand together."""
    narrow = tiles.bfloat16()
    if not torch.equal(spare.copy_(narrow), tiles):
        return None
    return _joined(_bytes_of(narrow.unflatten(-1, (2, LANES)).transpose(-1, -2)))


def _float16(tiles: torch.Tensor, spare: torch.Tensor) -> torch.Tensor | None:
    narrow = tiles.half()
    if not torch.equal(spare.copy_(narrow), tiles):
        return None
    return _joined(_bytes_of(narrow))


_FORMS: dict[str, Narrow] = {
    "nibbles": _nibbles,
    "bytes": _bytes,
    "bfloat16": _bfloat16,
    "float16": _float16,
}
"""The narrowest first."""


def _inverse(scale: torch.Tensor) -> torch.Tensor:
    """One over it; 0 where a block's numbers are all the same and its scale is 0."""
    return torch.where(scale != 0, 1 / scale, 0.0)


def _bytes_of(numbers: torch.Tensor) -> torch.Tensor:
    """`[tiles, blocks, …]` as bytes `[tiles, blocks, bytes]`."""
    return numbers.contiguous().view(torch.uint8).flatten(2)


def _joined(*parts: torch.Tensor) -> torch.Tensor:
    """Parts of blocks as the bytes of whole tiles, `[tiles, bytes]`."""
    return torch.cat([part.flatten(2) for part in parts], -1).flatten(1)
