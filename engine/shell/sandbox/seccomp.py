"""Seccomp programs in classic BPF, written by hand: what no shell of the operator's may call.

A program is a list of 8-byte instructions (`struct sock_filter`) that runs at every system call on
`struct seccomp_data`: the call's number at offset 0, the architecture at 4, the arguments, 64 bits
each, from 16 on (see seccomp(2) and linux/filter.h).
"""

import errno
import platform
import struct

import msgspec

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS: the accumulator becomes the word at offset k
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K: skip jt instructions if it equals k, else jf
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Offsets into `struct seccomp_data`; of arguments, their low 32 bits on a little-endian machine."""

_TIOCSTI = 0x5412  # pushes input into a terminal, as if the person had typed it
_TIOCLINUX = 0x541C  # does the same on a console, by pasting a selection
_UNIX, _NETLINK = 1, 16
_X32 = 0x40000000  # call numbers of the x32 ABI, which reach the same calls under other numbers


class _Architecture(msgspec.Struct, frozen=True):
    """The numbers that differ from machine to machine."""

    audit: int
    ioctl: int
    socket: int
    forbidden: tuple[int, ...]
    """keyctl, add_key, request_key; bpf; perf_event_open; userfaultfd; io_uring_setup."""


_ARCHITECTURES = {
    "x86_64": _Architecture(0xC000003E, 16, 41, (250, 248, 249, 321, 298, 323, 425)),
    "aarch64": _Architecture(0xC00000B7, 29, 198, (219, 217, 218, 280, 241, 282, 425)),
}


def supported() -> bool:
    """Whether the numbers of this machine's architecture are known."""
    return platform.machine() in _ARCHITECTURES


def program(network: bool = True) -> bytes:
    """The program for this machine, as bytes for `bwrap --seccomp` or prctl(2).

    Refuses pushing input into the terminal, kernel keyrings (which no namespace separates), and
    rarely needed calls with a history of holes. Without `network`, only local sockets can be made.
    Raises `LookupError` for an architecture whose numbers are not known.
    """
    machine = _ARCHITECTURES[platform.machine()]
    body = [
        # Another architecture's calls (32-bit programs, x32) have other numbers: they do not exist.
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, machine.audit),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        (_RETURN, 0, 0, _ERRNO | errno.ENOSYS),
    ]
    for number in machine.forbidden:
        body += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    body += [
        # ioctl: its request is the second argument, of which the kernel reads 32 bits.
        (_EQUAL, 0, 5, machine.ioctl),
        (_LOAD, 0, 0, _SECOND),
        (_EQUAL, 1, 0, _TIOCSTI),
        (_EQUAL, 0, 1, _TIOCLINUX),
        (_RETURN, 0, 0, _ERRNO | errno.EPERM),
        (_RETURN, 0, 0, _ALLOW),
    ]
    if not network:
        body += [
            (_EQUAL, 0, 4, machine.socket),
            (_LOAD, 0, 0, _FIRST),
            (_EQUAL, 2, 0, _UNIX),
            (_EQUAL, 1, 0, _NETLINK),
            (_RETURN, 0, 0, _ERRNO | errno.EACCES),
        ]
    body.append((_RETURN, 0, 0, _ALLOW))
    return b"".join(struct.pack("<HBBI", *instruction) for instruction in body)
