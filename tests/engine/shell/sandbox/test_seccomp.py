"""The seccomp program, run by an interpreter of its own on every architecture it knows."""

import errno
import platform
import struct

import pytest

from engine.shell.sandbox import seccomp

ALLOW = "allow"
X86, X86_32, ARM, ARM_32 = 0xC000003E, 0x40000003, 0xC00000B7, 0x40000028
TIOCSTI, TIOCLINUX, TCGETS = 0x5412, 0x541C, 0x5401


def decide(
    program: bytes, number: int, first: int = 0, second: int = 0, architecture: int = X86
) -> str | int:
    """What the program decides on one call: `allow`, or the errno."""
    data = struct.pack("<IIQQQQQQQ", number, architecture, 0, first, second, 0, 0, 0, 0)
    instructions = list(struct.iter_unpack("<HBBI", program))
    accumulator = at = 0
    while True:
        code, true, false, k = instructions[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, k)
        elif code == 0x15:
            at += true if accumulator == k else false
        elif code == 0x35:
            at += true if accumulator >= k else false
        else:
            assert code == 0x06
            return ALLOW if k == 0x7FFF0000 else k - 0x50000


@pytest.fixture(params=[("x86_64", X86, 16, 41, 0), ("aarch64", ARM, 29, 198, 63)])
def machine(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, int, int, int]:
    name, *numbers = request.param
    monkeypatch.setattr(platform, "machine", lambda: name)
    architecture, ioctl, socket, read = numbers
    return architecture, ioctl, socket, read


def test_pushing_input_is_refused_and_other_requests_are_not(
    machine: tuple[int, int, int, int],
) -> None:
    architecture, ioctl, _, _ = machine
    for program in (seccomp.program(), seccomp.program(network=False)):
        for request in (TIOCSTI, TIOCLINUX, 0xFFFFFFFF_00000000 | TIOCSTI):
            assert decide(program, ioctl, 0, request, architecture) == errno.EPERM
        assert decide(program, ioctl, 0, TCGETS, architecture) == ALLOW
        assert decide(program, ioctl, TIOCSTI, 0, architecture) == ALLOW


def test_ordinary_calls_are_allowed(machine: tuple[int, int, int, int]) -> None:
    architecture, _, _, read = machine
    assert decide(seccomp.program(), read, architecture=architecture) == ALLOW
    assert decide(seccomp.program(network=False), read, architecture=architecture) == ALLOW


def test_without_network_only_local_sockets_are_made(machine: tuple[int, int, int, int]) -> None:
    architecture, _, socket, _ = machine
    open_, closed = seccomp.program(), seccomp.program(network=False)
    for family in (1, 16):
        assert decide(closed, socket, family, architecture=architecture) == ALLOW
    for family in (2, 10, 17, 31, 40):
        assert decide(open_, socket, family, architecture=architecture) == ALLOW
        assert decide(closed, socket, family, architecture=architecture) == errno.EACCES


@pytest.mark.parametrize("architecture", [X86_32, ARM_32, 0xC0000016])
def test_calls_of_another_architecture_do_not_exist(
    machine: tuple[int, int, int, int], architecture: int
) -> None:
    assert decide(seccomp.program(), machine[3], architecture=architecture) == errno.ENOSYS


def test_x32_calls_do_not_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert decide(seccomp.program(), 0x40000000 + 514, 0, TIOCSTI) == errno.ENOSYS


@pytest.mark.parametrize(
    ("name", "number"), [("keyctl", 250), ("bpf", 321), ("io_uring_setup", 425)]
)
def test_keyrings_and_rarely_needed_calls_are_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")
    assert decide(seccomp.program(), number) == errno.EPERM, name


def test_an_unknown_architecture_is_said_to_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert not seccomp.supported()
    with pytest.raises(LookupError):
        seccomp.program()
