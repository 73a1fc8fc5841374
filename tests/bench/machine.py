"""What the machine can do at most, and what a process held at its peak."""

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import psutil
import torch

_WORDS = 64 << 20
_SIDE = 1024


class Limits(msgspec.Struct, frozen=True):
    """Measured with as many threads as torch has at the moment."""

    bandwidth: float
    """Bytes a second that can be read from memory: of a matrix times a vector, 256 MB large."""
    arithmetic: float
    """Operations a second, a product and a sum counted as two: of matrices of 1024 by 1024."""

    def step(self, weight_bytes: int, parameters: int, rows: int) -> float:
        """Seconds that a decode step takes at least: every weight read once, or every one multiplied
        for each row, whichever is longer."""
        return max(weight_bytes / self.bandwidth, 2 * parameters * rows / self.arithmetic)


def limits(dtype: torch.dtype) -> Limits:
    """Measure; takes a second."""
    matrix = torch.ones(_WORDS // 4096, 4096)
    vector = torch.ones(4096)
    read = best(lambda: torch.mv(matrix, vector))
    square = torch.ones(_SIDE, _SIDE, dtype=dtype)
    multiplied = best(lambda: square @ square)
    return Limits(bandwidth=_WORDS * 4 / read, arithmetic=2 * _SIDE**3 / multiplied)


def best(work: Callable[[], object], times: int = 7) -> float:
    """Seconds of the fastest of several runs."""
    return min(spans(work, times))


def median(work: Callable[[], object], times: int = 7) -> float:
    """Seconds of the middle one of several runs."""
    return statistics.median(spans(work, times))


def spans(work: Callable[[], object], times: int) -> list[float]:
    """Seconds of each of several runs."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return found


def forget_peak(pid: int) -> bool:
    """Have a process's peak begin anew; false where the system cannot (only Linux can)."""
    try:
        Path(f"/proc/{pid}/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def peak_bytes(pid: int) -> int:
    """The most a process held resident since its peak was forgotten; where unknown, what it holds."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return int(psutil.Process(pid).memory_info().rss)
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def named(threads: int) -> str:
    """The machine in a line."""
    from engine.model.device import device_name

    load = os.getloadavg()[0]
    return (
        f"{device_name(torch.device('cpu'))}, {os.cpu_count()} cores, {threads} thread(s) for the"
        f" engine, torch {torch.__version__}; load average {load:.1f} as the measurement began"
    )
