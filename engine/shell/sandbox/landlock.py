"""Landlock and seccomp: what the kernel lets a process give up by itself, where bwrap does not work.

Weaker than bubblewrap. What Landlock does not govern stays possible by path: to ask whether a file
exists, and to change modes and times of files that the shell's user owns (run by root, that is
`nobody`). /proc is closed, so that `ps` and `top` do not work, and the machine has its own name.
"""

import json
import os
import pwd
import sys
from functools import lru_cache
from pathlib import Path

import msgspec

from engine.errors import ShellError
from engine.shell.home import Scratch
from engine.shell.sandbox import seccomp
from engine.shell.sandbox.enclosure import Enclosure, Sandbox, SandboxReport
from engine.shell.sandbox.trial import run_in
from engine.shell.spec import Limits

_SECCOMP = 20
"""The file descriptor on which the way in reads the seccomp program."""

_OLDEST = 3
"""The first version that governs truncating files."""
_SCOPED = 6
"""The first version that keeps signals inside."""

_READ = (
    *("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc", "/nix"),
    *("/var/lib/dpkg", "/proc/cpuinfo", "/proc/meminfo", "/proc/version", "/proc/uptime"),
    *("/proc/loadavg", "/proc/stat", "/proc/filesystems", "/proc/sys/kernel"),
)
_WRITE = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty")


class Landlock(msgspec.Struct, frozen=True):
    """The sandbox made by Landlock, as it works on this machine."""

    abi: int
    owner: tuple[int, int] | None
    """Whom the shell runs as, a (uid, gid), where that is not the person."""

    def enclose(self, scratch: Scratch, hostname: str, limits: Limits) -> Enclosure:
        """A sandbox around one scratch folder; the host's name stays what it is."""
        temporary = scratch.path / "tmp"
        temporary.mkdir(mode=0o700, exist_ok=True)
        if self.owner is not None:
            os.chown(temporary, *self.owner)
        startup = str(scratch.path / "shell.bash")
        plan = {
            "read": [*_READ, startup],
            "write": [*_WRITE, str(scratch.home), str(temporary)],
            "owner": self.owner,
        }
        entrance = str(Path(__file__).with_name("enter.py"))
        words = (sys.executable, "-I", "-S", entrance, str(_SECCOMP), json.dumps(plan), "--")
        crowd = _processes_of(self.owner[0] if self.owner else os.getuid())
        return Enclosure(
            kind="landlock",
            detail=self.detail,
            prefix=words,
            home=str(scratch.home),
            startup=startup,
            payloads={_SECCOMP: seccomp.program(network=False)},
            # The kernel counts all processes of the user, inside and outside.
            limits=msgspec.structs.replace(limits, processes=limits.processes + crowd),
            variables={"TMPDIR": str(temporary)},
        )

    @property
    def detail(self) -> str:
        """What it withholds, in words."""
        user = " as nobody" if self.owner else ""
        signals = "no signals to others" if self.abi >= _SCOPED else "signals not withheld"
        return f"Landlock{user}: no network, files outside the home read-only or hidden, {signals}"


@lru_cache(maxsize=1)
def probe() -> tuple[SandboxReport, Sandbox | None]:
    """Run `true` in it; tells why it failed if it did."""
    from engine.shell.sandbox.enter import version

    if not sys.platform.startswith("linux") or not seccomp.supported():
        return _report("Landlock with seccomp is for Linux on x86-64 and aarch64."), None
    abi = version()
    if abi < _OLDEST:
        why = (
            "This kernel has no Landlock"
            if abi == 0
            else f"This kernel's Landlock is version {abi}"
        )
        return _report(f"{why}; version {_OLDEST} is needed (Linux 6.2, with lsm=landlock)."), None
    sandbox = Landlock(abi, _owner())
    said = _try(sandbox)
    if said:
        return _report(f"Landlock failed: {said.strip().splitlines()[-1]}"), None
    return SandboxReport("landlock", True, sandbox.detail), sandbox


def _report(why: str) -> SandboxReport:
    return SandboxReport("landlock", False, why)


def _owner() -> tuple[int, int] | None:
    """Root gives up being root: Landlock alone does not bind what only root can do."""
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _try(sandbox: Landlock) -> str:
    try:
        scratch = Scratch()
    except ShellError as error:
        return str(error)
    try:
        scratch.place((), sandbox.owner)
        return run_in(sandbox.enclose(scratch, "box", Limits()), ("true",))
    finally:
        scratch.remove()


def _processes_of(uid: int) -> int:
    """How many threads run as that user."""
    count = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if entry.stat().st_uid == uid:
                    count += len(os.listdir(entry / "task"))  # noqa: PTH208 - pathlib would make a Path of each
            except OSError:
                # It ended while we counted.
                continue
    return count
