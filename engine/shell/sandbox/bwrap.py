"""Bubblewrap: namespaces of its own for the operator's shell, made by the `bwrap` program.

Run by root, bwrap itself runs as `nobody` where it can: root in a user namespace made by root still
owns the machine's files, and the kernel does not limit its processes.
"""

import os
import pwd
import shutil
import stat
import subprocess
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

HOME = "/root"
"""The home inside: where `~` of a root prompt is."""

_SECCOMP = 20
"""The file descriptor on which bwrap reads the seccomp program."""

_SYSTEM = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix")
"""What of the machine's root is seen inside, read-only, besides /etc."""

_SETPRIV = ("setpriv", "--clear-groups")


class Bubblewrap(msgspec.Struct, frozen=True):
    """The sandbox made by bwrap, as it works on this machine."""

    program: str
    options: frozenset[str]
    """The options this bwrap knows, of those that not every version does."""
    owner: tuple[int, int] | None
    """Whom bwrap runs as, a (uid, gid), where that is not the person."""

    def enclose(self, scratch: Scratch, hostname: str, limits: Limits) -> Enclosure:
        """A sandbox around one scratch folder."""
        scratch.write("hostname", f"{hostname}\n")
        scratch.write("hosts", f"127.0.0.1 localhost\n127.0.1.1 {hostname}\n::1 localhost\n")
        prefix = (
            *self._as_owner(),
            self.program,
            *self._namespaces(hostname),
            *self._system(scratch, limits),
            *("--bind", str(scratch.home), HOME),
            *("--ro-bind", str(scratch.path / "shell.bash"), "/run/shell.bash"),
            *("--remount-ro", "/run", "--remount-ro", "/dev", "--remount-ro", "/"),
            *(("--seccomp", str(_SECCOMP)) if seccomp.supported() else ()),
            *("--cap-drop", "ALL", "--chdir", HOME, "--"),
        )
        return Enclosure(
            kind="bwrap",
            detail=self.detail,
            prefix=prefix,
            home=HOME,
            startup="/run/shell.bash",
            payloads={_SECCOMP: seccomp.program()} if seccomp.supported() else {},
            limits=limits,
            variables={},
        )

    @property
    def detail(self) -> str:
        """What it withholds, in words."""
        user = " as nobody" if self.owner else ""
        return (
            f"bubblewrap{user}: no network, read-only system, scratch home, own processes,"
            " no capabilities"
        )

    def _as_owner(self) -> tuple[str, ...]:
        if self.owner is None:
            return ()
        uid, gid = self.owner
        return (*_SETPRIV, f"--reuid={uid}", f"--regid={gid}", "--")

    def _namespaces(self, hostname: str) -> list[str]:
        words = ["--unshare-user", "--uid", "0", "--gid", "0", "--unshare-pid", "--unshare-net"]
        words += ["--unshare-ipc", "--unshare-uts", "--hostname", hostname, "--unshare-cgroup-try"]
        if "--disable-userns" in self.options:
            words.append("--disable-userns")
        return [*words, "--die-with-parent"]

    def _system(self, scratch: Scratch, limits: Limits) -> list[str]:
        words: list[str] = []
        for name in _SYSTEM:
            path = Path("/", name)
            if path.is_symlink():
                words += ["--symlink", str(path.readlink()), str(path)]
            elif path.is_dir():
                words += ["--ro-bind", str(path), str(path)]
        words += ["--ro-bind", "/etc", "/etc", *_masks(), *_names(scratch)]
        # Everything in /proc that can be written belongs to the machine (sysrq-trigger, irq, sys):
        # root inside is its owner outside when driftty is run by root.
        words += ["--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys", "--remount-ro", "/proc"]
        words += ["--dev", "/dev"]
        size = ["--size", str(limits.scratch_bytes)] if "--size" in self.options else []
        for folder, mode in (("/tmp", "1777"), ("/dev/shm", "1777"), ("/var", "0755")):
            words += ["--perms", mode, *size, "--tmpfs", folder]
        words += ["--perms", "1777", "--dir", "/var/tmp", "--dir", "/var/log", "--dir", "/home"]
        words += ["--ro-bind-try", "/var/lib/dpkg", "/var/lib/dpkg", *size, "--tmpfs", "/run"]
        return words


@lru_cache(maxsize=1)
def probe() -> tuple[SandboxReport, Sandbox | None]:
    """Run `true` in it, as nobody first where this is root; tells why it failed if it did."""
    program = shutil.which("bwrap")
    if program is None:
        return SandboxReport("bwrap", False, *_missing()), None
    known = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    options = frozenset(word for word in ("--disable-userns", "--size") if word in known)
    said = ""
    for owner in _owners():
        sandbox = Bubblewrap(program, options, owner)
        said = _try(sandbox)
        if not said:
            return SandboxReport("bwrap", True, sandbox.detail), sandbox
    why, remedy = explain(said)
    return SandboxReport("bwrap", False, why, remedy), None


def _missing() -> tuple[str, str]:
    """Why there is no bwrap, and the command that installs it."""
    if not sys.platform.startswith("linux"):
        return "bubblewrap is for Linux.", ""
    for installer in ("apt install", "dnf install", "pacman -S", "zypper install", "apk add"):
        if shutil.which(installer.split()[0]):
            return "bubblewrap is not installed.", f"sudo {installer} bubblewrap"
    return "bubblewrap is not installed.", ""


def explain(said: str) -> tuple[str, str]:
    """What bwrap's error message means, and the command that mends it."""
    for pattern, why, remedy in _REASONS:
        if pattern in said:
            return why, remedy
    last = said.strip().splitlines()[-1:] or ["it said nothing"]
    return f"bwrap failed: {last[0]}", ""


_REASONS = (
    (
        "RTM_NEWADDR",
        "AppArmor lets bwrap make a user namespace but not use it (Ubuntu 24.04 and later).",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "setting up uid map",
        "AppArmor or a container lets bwrap make a user namespace but not map users into it.",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "No permissions to create",
        "This system does not let you make user namespaces.",
        "sudo sysctl kernel.unprivileged_userns_clone=1",
    ),
    (
        "Creating new namespace failed",
        "This system or container does not let you make namespaces.",
        "sudo sysctl user.max_user_namespaces=15000"
        " (in a container: start it with --security-opt seccomp=unconfined)",
    ),
    (
        "Can't mount proc",
        "The container hides parts of /proc, so that no new /proc can be mounted.",
        "start the container with --security-opt systempaths=unconfined",
    ),
)


def _owners() -> list[tuple[int, int] | None]:
    """Whom to run bwrap as, best first."""
    if os.geteuid() != 0 or shutil.which(_SETPRIV[0]) is None:
        return [None]
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return [None]
    return [(nobody.pw_uid, nobody.pw_gid), None]


def _try(sandbox: Bubblewrap) -> str:
    """Run `true` in the sandbox; returns what went wrong, or nothing."""
    try:
        scratch = Scratch()
    except ShellError as error:
        return str(error)
    try:
        scratch.place((), sandbox.owner)
        scratch.write("shell.bash", "")
        enclosure = sandbox.enclose(scratch, "box", Limits())
        return run_in(enclosure, ("true",))
    finally:
        scratch.remove()


def _names(scratch: Scratch) -> list[str]:
    """Show the box's name where the machine's stands."""
    words: list[str] = []
    for name in ("hostname", "hosts"):
        if Path("/etc", name).is_file():
            words += ["--ro-bind", str(scratch.path / name), f"/etc/{name}"]
    return words


@lru_cache(maxsize=1)
def _masks() -> tuple[str, ...]:
    """Cover what in /etc is not for everyone to read but could be read by whom bwrap runs as."""
    words: list[str] = []
    for folder, names, files in os.walk("/etc"):
        for name in list(names):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISDIR(mode) and not mode & stat.S_IROTH:
                names.remove(name)
                words += ["--tmpfs", str(path)]
        for name in files:
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode) and not mode & stat.S_IROTH:
                words += ["--ro-bind", "/dev/null", str(path)]
    return tuple(words)
