"""Bringing a shell up: scratch folder, sandbox, terminal, bash."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from engine.errors import ShellError
from engine.shell import home
from engine.shell.rcfile import environment, startup
from engine.shell.sandbox.choose import choose
from engine.shell.sandbox.enclosure import Enclosure
from engine.shell.spawn import open_terminal, spawn_on_terminal
from engine.shell.spec import ShellSpec

_swept = False


def prepare(spec: ShellSpec, nonce: str) -> tuple[home.Scratch, Enclosure]:
    """The scratch folder with the task's files, and the sandbox around it.

    Raises `SandboxUnavailable` or `ShellError`.
    """
    global _swept
    if not _swept:
        _swept = True
        home.sweep()
    sandbox = choose(spec.sandbox)
    scratch = home.Scratch()
    try:
        scratch.place(spec.files, sandbox.owner)
        scratch.write("shell.bash", startup(spec.prompt, nonce, spec.limits))
        return scratch, sandbox.enclose(scratch, spec.hostname, spec.limits)
    except BaseException:
        scratch.remove()
        raise


def launch(spec: ShellSpec, enclosure: Enclosure) -> tuple[int, int, str]:
    """Start bash on a terminal of its own; returns (process id, master, name of the slave)."""
    master, slave = open_terminal(spec.columns, spec.rows)
    try:
        name = os.ttyname(slave)
        bash = ("bash", "--noprofile", "--rcfile", enclosure.startup, "-i")
        with payloads(enclosure.payloads) as handles:
            pid = spawn_on_terminal(
                (*enclosure.prefix, *bash), shell_environment(enclosure), slave, handles
            )
    except ShellError:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return pid, master, name


def shell_environment(enclosure: Enclosure) -> dict[str, str]:
    """All that a program in the sandbox inherits."""
    name = "root" if enclosure.kind == "bwrap" else "operator"
    return environment(enclosure.home, name)


@contextmanager
def payloads(wanted: Mapping[int, bytes]) -> Iterator[dict[int, int]]:
    """File descriptors here from which a program reads what it reads there."""
    handles: dict[int, int] = {}
    try:
        for there, content in wanted.items():
            handles[there] = os.memfd_create("driftty")
            os.write(handles[there], content)
            os.lseek(handles[there], 0, os.SEEK_SET)
        yield handles
    finally:
        for handle in handles.values():
            os.close(handle)
