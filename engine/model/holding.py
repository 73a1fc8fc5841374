"""What the model holds of its device, asked of torch when a completion has ended."""

import resource
import sys

import msgspec
import psutil
import torch

from engine.held import Held
from engine.model.protocol import Completed, Reply


def held(device: torch.device) -> Held:
    """What is held on a device now: some microseconds on a CPU, well under a millisecond on a GPU."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return Held(
            where="cuda",
            memory=torch.cuda.memory_allocated(device),
            peak=torch.cuda.max_memory_allocated(device),
            used=total - free,
            total=total,
            utilisation=_utilisation(device),
        )
    if device.type == "mps":
        return Held(
            where="mps",
            memory=torch.mps.current_allocated_memory(),
            used=torch.mps.driver_allocated_memory(),
            total=torch.mps.recommended_max_memory(),
        )
    host = psutil.virtual_memory()
    memory = int(psutil.Process().memory_info().rss)
    return Held(
        where="process",
        memory=memory,
        peak=max(memory, _peak()),
        used=int(host.total - host.available),
        total=int(host.total),
    )


def with_held(reply: Reply, device: torch.device) -> Reply:
    """A reply as it is; where it ends a completion, with what is held then."""
    return msgspec.structs.replace(reply, held=held(device)) if type(reply) is Completed else reply


def _peak() -> int:
    """The most that was ever resident, bytes: getrusage counts kilobytes, but on macOS."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _utilisation(device: torch.device) -> int | None:
    try:
        return int(torch.cuda.utilization(device))
    except (ModuleNotFoundError, RuntimeError):
        return None  # the driver's library is optional, and may refuse
