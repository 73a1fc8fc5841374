"""The way into the Landlock sandbox: a program of its own, which restricts a child and runs it.

    python -I -S enter.py SECCOMP_FD PLAN -- COMMAND...

PLAN is a JSON object: `read` and `write` list paths (files or folders), `owner` is null or [uid, gid].
It needs nothing but the standard library, because it runs before everything else and alone.

This process stays outside as the parent of all: it adopts what the command leaves behind
(PR_SET_CHILD_SUBREAPER), ends it when the command has ended or when the console dies
(PR_SET_PDEATHSIG), and exits as the command did.

Landlock: https://docs.kernel.org/userspace-api/landlock.html; numbers from linux/landlock.h.
"""

import contextlib
import ctypes
import json
import os
import signal
import struct
import sys
from pathlib import Path
from types import FrameType
from typing import Any

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_RULE_PATH_BENEATH = 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL_OF_ABI = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 5: (1 << 16) - 1}
"""Every right over files that a version of Landlock knows."""
_TRUNCATE, _IOCTL = 1 << 14, 1 << 15
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL
"""The rights that make sense for something that is not a folder."""
_ALL_TCP, _ALL_SCOPES = 0b11, 0b11
"""Binding and connecting; abstract Unix sockets and signals, to the outside."""

_PR_SET_PDEATHSIG, _PR_SET_SECCOMP, _PR_SET_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 1, 22, 36, 38
_MODE_FILTER = 2

_libc = ctypes.CDLL(None, use_errno=True)


def version() -> int:
    """The kernel's version of Landlock; 0 where there is none."""
    return int(max(0, _libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), 1)))


def main(arguments: list[str]) -> int:
    """Run the command restricted; returns its exit status, 128 + n after signal n."""
    descriptor, plan, _, *command = arguments
    with os.fdopen(int(descriptor), "rb") as file:
        program = file.read()
    prctl(_PR_SET_SUBREAPER, 1)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGHUP, _end)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    # Keys are for the command; this process must outlive them.
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    child = os.fork()
    if child == 0:
        try:
            restrict(json.loads(plan), program)
            os.execvp(command[0], command)
        except OSError as error:
            os.write(2, f"enter: {error.strerror} ({error.filename or 'kernel'})\n".encode())
        os._exit(126)
    status = _wait_for(child)
    _end_all()
    return 128 - status if status < 0 else status


def restrict(plan: dict[str, Any], program: bytes) -> None:
    """Give up everything that the plan does not name; raises OSError where the kernel refuses."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(number, signal.SIG_DFL)
    ruleset = _ruleset(plan)
    if plan["owner"] is not None:
        uid, gid = plan["owner"]
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _check(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)
    # struct sock_fprog: the number of instructions, and where they are.
    instructions = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(instructions))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, header)


def prctl(option: int, *values: int | bytes) -> None:
    """prctl(2); raises OSError."""
    words = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in values]
    _check(_libc.prctl(option, *words, *[ctypes.c_ulong(0)] * (4 - len(words))))


def _ruleset(plan: dict[str, Any]) -> int:
    abi = version()
    every = _ALL_OF_ABI[max(known for known in _ALL_OF_ABI if known <= abi)]
    attributes = struct.pack("QQQ", every, _ALL_TCP, _ALL_SCOPES)
    size = 8 if abi < 4 else 16 if abi < 6 else 24
    ruleset = _libc.syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
    _check(ruleset)
    for path in plan["read"]:
        _allow(ruleset, path, _EXECUTE | _READ_FILE | _READ_DIR)
    for path in plan["write"]:
        _allow(ruleset, path, every)
    return int(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except FileNotFoundError:
        return
    try:
        if not Path(path).is_dir():
            rights &= _OF_FILES
        if version() < 5:
            rights &= ~_IOCTL
        rule = struct.pack("=Qi", rights, descriptor)
        _check(_libc.syscall(_ADD_RULE, ruleset, _RULE_PATH_BENEATH, rule, 0))
    finally:
        os.close(descriptor)


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _wait_for(child: int) -> int:
    """Reap whatever ends until the child does; returns its exit code, negative for a signal."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _end(number: int, _frame: FrameType | None) -> None:
    _end_all()
    os._exit(128 + number)


def _end_all() -> None:
    """Kill every descendant: those whose parents are gone have been handed to this process."""
    while True:
        for pid in _children(os.getpid()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
