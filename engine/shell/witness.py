"""What the kernel says of a terminal: who is in the foreground, how it reads, whether it waits.

Markers are what bash says; these are facts that no output can forge. What only Linux's /proc can
tell is missing elsewhere, and the facts say so.
"""

import fcntl
import os
import platform
import struct
import termios
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

Waiting: TypeAlias = Literal["no", "line", "keys", "unknown"]
"""What the foreground job waits for. `line`: a process is blocked reading this terminal. `keys`: one
is blocked until something is readable and has the terminal open. `unknown`: /proc does not tell."""

_READS = {"x86_64": (0, 19), "aarch64": (63, 65)}
"""read, readv."""
_WAITS = {"x86_64": (7, 23, 270, 271, 232, 281, 441), "aarch64": (72, 73, 22, 441)}
"""poll, select, pselect6, ppoll, epoll_wait, epoll_pwait, epoll_pwait2."""

_BLOCKED = {
    str(number) for calls in (_READS, _WAITS) for number in calls.get(platform.machine(), ())
}

_CONTROLLING = os.makedev(5, 0)
"""/dev/tty: whatever terminal controls the process."""


class Facts(msgspec.Struct, frozen=True):
    """One look at a terminal."""

    foreground: int
    """The foreground process group; 0 where there is none any more."""
    canonical: bool
    """Whether the terminal gathers lines (else the program reads keys)."""
    echo: bool
    signals: bool
    """Whether Ctrl+C becomes a signal."""
    translates: bool
    """Whether Return becomes a newline on input; readline switches it off."""
    unread: int
    """Bytes typed and not read yet."""
    waiting: Waiting
    program: str
    """The name of the process that waits, else of the foreground job; empty where unknown."""
    alone: bool
    """Whether that process was started without a script or command to run."""
    shell: bool
    """Whether the foreground job is the operator's own bash."""


class Witness:
    """Looks at the terminal of one shell."""

    def __init__(self, master: int, slave_name: str) -> None:
        """`slave_name`: the path of the terminal's other side, on this machine."""
        self._master = master
        self._name = slave_name
        self._device = Path(slave_name).stat().st_rdev
        self.shell = 0
        """Process id of the operator's bash, on this machine; 0 until `adopt`."""
        self._binary = ""

    def adopt(self) -> None:
        """Take the foreground job for the operator's bash: it has just shown its first prompt."""
        self.shell = self._foreground()
        self._binary = _link(f"/proc/{self.shell}/exe")

    def look(self) -> Facts:
        """The facts as they are now."""
        foreground = self._foreground()
        input_flags, local = self._flags()
        job = [pid for pid, group in family(self.shell).items() if group == foreground]
        waiting, pid = self._waiting(job)
        pid = pid or (foreground if foreground in job or not job else job[-1])
        return Facts(
            foreground=foreground,
            canonical=bool(local & termios.ICANON),
            echo=bool(local & termios.ECHO),
            signals=bool(local & termios.ISIG),
            translates=bool(input_flags & termios.ICRNL),
            unread=self.unread(),
            waiting=waiting,
            program=_name(pid),
            alone=_alone(pid),
            shell=foreground == self.shell != 0
            and _link(f"/proc/{self.shell}/exe") == self._binary,
        )

    def at_prompt(self) -> bool:
        """Whether the operator's bash reads a command line: it leads the foreground, and readline
        has the terminal."""
        if self._foreground() != self.shell or _link(f"/proc/{self.shell}/exe") != self._binary:
            return False
        input_flags, local = self._flags()
        return not local & (termios.ICANON | termios.ECHO) and not input_flags & termios.ICRNL

    def listens(self) -> bool:
        """Whether bash is blocked until a key comes; true where /proc does not tell."""
        call = _call(self.shell)
        return not call or not _BLOCKED or call[0] in _BLOCKED

    def reads_keys(self) -> bool:
        """Whether the terminal hands on every key as it comes, as line editors and editors want it."""
        return not self._flags()[1] & termios.ICANON

    def echoes(self) -> bool:
        """Whether what is typed now will be seen.

        Line editors and editors show keys themselves, and switch off the translation of Return;
        `read -s` leaves that on.
        """
        input_flags, local = self._flags()
        return bool(local & termios.ECHO) or not (
            local & termios.ICANON or input_flags & termios.ICRNL
        )

    def _foreground(self) -> int:
        try:
            return os.tcgetpgrp(self._master)
        except OSError:
            return 0

    def _flags(self) -> tuple[int, int]:
        """The terminal's input and local flags; those of a fresh terminal once it is gone."""
        try:
            flags = termios.tcgetattr(self._master)
        except (OSError, termios.error):
            return termios.ICRNL, termios.ICANON | termios.ECHO | termios.ISIG
        return int(flags[0]), int(flags[3])

    def unread(self) -> int:
        """Bytes typed that no program has read yet; in canonical mode, those of whole lines."""
        # Only the other side tells, and it is opened for the moment: an open one would keep the
        # terminal from ever ending.
        try:
            slave = os.open(self._name, os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return 0
        try:
            answer = fcntl.ioctl(slave, termios.FIONREAD, struct.pack("i", 0))
            return int(struct.unpack("i", answer)[0])
        except OSError:
            return 0
        finally:
            os.close(slave)

    def _waiting(self, job: list[int]) -> tuple[Waiting, int]:
        """What the job waits for, and which of its processes does."""
        reads = _READS.get(platform.machine())
        waits = _WAITS.get(platform.machine(), ())
        if reads is None:
            return "unknown", 0
        polling = 0
        told = False
        for pid in job:
            call = _call(pid)
            told = told or bool(call)
            number, arguments = (int(call[0]), call[1:]) if call and call[0].isdigit() else (-1, [])
            if number in reads and self._is_terminal(pid, int(arguments[0], 16)):
                return "line", pid
            if number in waits and self._is_terminal(pid, 0):
                polling = pid
        if polling:
            return "keys", polling
        return ("no" if told else "unknown"), 0

    def _is_terminal(self, pid: int, descriptor: int) -> bool:
        try:
            device = Path(f"/proc/{pid}/fd/{descriptor}").stat().st_rdev
        except OSError:
            return False
        return device in (self._device, _CONTROLLING)


def family(root: int) -> dict[int, int]:
    """The process groups of `root` and of everything it started, by process id."""
    groups: dict[int, int] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop()
        stat = _read(f"/proc/{pid}/stat")
        if not stat or pid in groups:
            continue
        # The name, in parentheses, may contain anything; the group is the third field after it.
        groups[pid] = int(stat.rpartition(")")[2].split()[2])
        waiting += [int(child) for child in _read(f"/proc/{pid}/task/{pid}/children").split()]
    return groups


def parent(pid: int) -> int:
    """The parent of a process; 0 where unknown."""
    fields = _read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return int(fields[1]) if fields else 0


def _call(pid: int) -> list[str]:
    """The system call a process is blocked in and its arguments; `running` when it is not."""
    return _read(f"/proc/{pid}/syscall").split()


def _name(pid: int) -> str:
    return _read(f"/proc/{pid}/comm").strip()


def _alone(pid: int) -> bool:
    words = _read(f"/proc/{pid}/cmdline").split("\0")
    return bool(words[0]) and all(
        word.startswith("-") and word != "-c" for word in words[1:] if word
    )


def _read(path: str) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""
