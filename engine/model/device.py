"""Where a model runs and in what numbers: chosen by what is there and what measures faster."""

import contextlib
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import torch

from engine.errors import ModelError
from engine.model.linear import Linear

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

_FASTER = 0.85
"""bfloat16 has to take less than this share of float32's time, for one row and for many: in float32 a
run is the same in every batch, and without units for narrow matrices it is faster with many rows."""


def choose_device(wanted: str) -> torch.device:
    """`auto`: a GPU where there is one. Raises `ModelError` where the wanted one is not there."""
    if wanted != "auto":
        try:
            device = torch.device(wanted)
            torch.empty(1, device=device)
        except (RuntimeError, AssertionError) as error:
            raise ModelError(
                f"The device {wanted} is not there or not usable; leave the device to `auto` or"
                " name one that `driftty doctor` lists."
            ) from error
        return device
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


def device_name(device: torch.device) -> str:
    """As torch names it, with the hardware's own name."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({_processor()})"


def choose_dtype(wanted: str, device: torch.device) -> torch.dtype:
    """`auto`: bfloat16 on a GPU that has it, on a CPU whichever of it and float32 measures faster.

    Raises `ModelError` for a name that is no dtype.
    """
    if wanted != "auto":
        if wanted not in DTYPES:
            raise ModelError(f"There is no dtype {wanted}; choose auto, {', '.join(DTYPES)}.")
        return DTYPES[wanted]
    if device.type == "cuda":
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
    if device.type != "cpu":
        return torch.float16
    times = zip(_layer_times(torch.bfloat16), _layer_times(torch.float32), strict=True)
    faster = all(low < _FASTER * full for low, full in times)
    return torch.bfloat16 if faster else torch.float32


def choose_cache_dtype(dtype: torch.dtype, device: torch.device) -> torch.dtype:
    """Of keys and values, for a model of this dtype: the same, but on a CPU float32 where that is
    faster. Without units for narrow numbers it is five times as fast (measured)."""
    if device.type != "cpu" or dtype == torch.float32:
        return dtype
    return dtype if _attend_time(dtype) < _attend_time(torch.float32) else torch.float32


def choose_threads(wanted: int) -> int:
    """CPU threads to begin with: all cores but one, which the shells have. See `engine.model.threads`
    for what becomes of it where none are wanted."""
    return wanted if wanted > 0 else max(1, cores() - 1)


def free_bytes(device: torch.device) -> int:
    """Memory that can still be taken on a device."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    available = int(psutil.virtual_memory().available)
    return min(available, _group_bytes(available))


def held_bytes(device: torch.device) -> int:
    """Memory this process holds: allocated on a GPU, else resident on the host."""
    if device.type == "cuda":
        return int(torch.cuda.memory_allocated(device))
    return int(psutil.Process().memory_info().rss)


def _layer_times(dtype: torch.dtype) -> tuple[float, float]:
    """Seconds for the linear layers of a small model over 1 token and over 64.

    The matrices together are larger than a core's caches, as a model's are.
    """
    width, count = 1024, 8
    with torch.inference_mode():
        # Whether a model's weights have a narrow form is not known here: what all have is compared.
        weight = torch.ones(width, width, dtype=dtype)
        layers = [Linear(weight, None, alone=False) for _ in range(count)]

        def through(rows: torch.Tensor) -> Callable[[], None]:
            def run() -> None:
                for layer in layers:
                    layer(rows)

            return run

        one, many = torch.ones(1, width, dtype=dtype), torch.ones(64, width, dtype=dtype)
        return _best(through(one)), _best(through(many))


def _attend_time(dtype: torch.dtype) -> float:
    """Seconds for scores and sum of 8 rows of a small model over 512 tokens."""
    queries = torch.ones(24, 3, 64, dtype=dtype)
    keys, values = torch.ones(24, 64, 512, dtype=dtype), torch.ones(24, 512, 64, dtype=dtype)
    return _best(lambda: torch.bmm(torch.bmm(queries, keys), values))


def _best(work: Callable[[], object]) -> float:
    """Seconds of the fastest of a few runs, so that what else runs on the machine counts less."""
    times = []
    for _ in range(4):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return min(times)


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _group_bytes(otherwise: int) -> int:
    """What the control group leaves of its memory limit, where it has one."""
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        current = Path("/sys/fs/cgroup/memory.current").read_text().strip()
    except OSError:
        return otherwise
    return int(limit) - int(current) if limit.isdigit() and current.isdigit() else otherwise
