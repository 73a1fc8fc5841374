"""What a model held of its machine when a stage ended."""

import msgspec


class Held(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Memory and use of the model's device."""

    where: str
    """`cuda`, `mps`, or `process` for the memory of the worker's own process on a CPU."""
    memory: int
    """Bytes the model's process holds there: allocated on a GPU, else resident on the host."""
    peak: int = 0
    """The most it has held since it began, bytes; 0 where that is not counted."""
    used: int = 0
    """Bytes in use there by anybody; 0 where that is not known."""
    total: int = 0
    """Bytes there are; 0 where that is not known."""
    utilisation: int | None = None
    """Per cent of the time in which the GPU computed, over the last second or less; none on a CPU, and
    where the driver's library (`nvidia-ml-py`) is not installed."""
