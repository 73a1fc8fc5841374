"""A model's weight files, looked at before they are loaded: are they whole, and how much is in them."""

import json
import math
import struct
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ModelError

_LONGEST_HEADER = 100_000_000
"""What the safetensors format allows."""


def parameters_in(folder: Path, gguf: str = "") -> int:
    """How many numbers the weights hold; 0 where the format does not say without being loaded.

    Raises `ModelError` for a folder without weights, and for a file that is damaged or cut short.
    """
    if gguf:
        return _in_gguf(folder / gguf)
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        raise ModelError(
            f"The folder {folder} cannot be read: {error.strerror}; check path and permissions."
        ) from error
    tensors = [path for path in names if path.suffix == ".safetensors"]
    if tensors:
        return sum(math.prod(shape) for path in tensors for shape in _shapes(path))
    if any(path.suffix == ".bin" for path in names):
        return 0
    raise ModelError(
        f"The folder {folder} holds no weights (.safetensors); fetch the model again, whole."
    )


def _shapes(path: Path) -> Iterator[list[int]]:
    """Of each tensor in a safetensors file; its format is at huggingface.co/docs/safetensors."""
    damaged = ModelError(f"The weights {path} are damaged or cut short; fetch the model again.")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > _LONGEST_HEADER:
                raise damaged
            header = json.loads(file.read(length))
    except OSError as error:
        raise ModelError(
            f"The weights {path} cannot be read: {error.strerror}; check its permissions."
        ) from error
    except (struct.error, ValueError) as error:
        raise damaged from error
    end = 0
    try:
        for name, tensor in header.items():
            if name != "__metadata__":
                end = max(end, tensor["data_offsets"][1])
                yield tensor["shape"]
    except (AttributeError, KeyError, TypeError, IndexError) as error:
        raise damaged from error
    if size != 8 + length + end:
        raise damaged


def _in_gguf(path: Path) -> int:
    import gguf

    try:
        tensors = gguf.GGUFReader(path).tensors
        return sum(int(tensor.n_elements) for tensor in tensors)
    except OSError as error:
        raise ModelError(
            f"The file {path} cannot be read: {error.strerror}; check path and permissions."
        ) from error
    except (ValueError, IndexError, KeyError) as error:
        raise ModelError(
            f"The file {path} is not a whole GGUF file; fetch the model again."
        ) from error
