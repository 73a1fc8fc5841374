"""Which process records a session, told apart from any other that ever had its number."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec


class ProcessIdentity(msgspec.Struct, frozen=True):
    """A process on a machine, over reboots and reused numbers."""

    pid: int
    started: str
    """When the process started, as the kernel says it: clock ticks since boot on Linux."""
    boot: str
    """Which boot of which machine it runs in."""

    @property
    def alive(self) -> bool:
        """Whether this very process still runs, here."""
        return self.boot == _boot() and self.started == _started(self.pid) != ""


def this_process() -> ProcessIdentity:
    """The identity of the running process."""
    return ProcessIdentity(os.getpid(), _started(os.getpid()), _boot())


def _started(pid: int) -> str:
    """When a process started; empty where there is none or it has ended and is only not reaped."""
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(errors="replace")
        except OSError:
            return ""
        # The program's name, in parentheses, may itself hold spaces and parentheses.
        state, *fields = stat.rpartition(")")[2].split()
        started = "" if state in "ZX" else fields[18]
    else:
        started = _ask("ps", "-o", "lstart=", "-p", str(pid))
    return started


def _boot() -> str:
    if sys.platform == "linux":
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    else:
        boot = _ask("sysctl", "-n", "kern.bootsessionuuid")
    return boot


def _ask(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip()
