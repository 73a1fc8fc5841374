"""Bringing a shell up: scratch folder, sandbox, terminal, bash."""

import os
from functools import lru_cache

from engine.shell import home
from engine.shell.homelaying import lay
from engine.shell.payloads import payloads
from engine.shell.rcfile import environment, startup
from engine.shell.sandbox.enclosure import Enclosure, Sandbox
from engine.shell.spawn import Child, open_terminal, spawn_on_terminal
from engine.shell.spec import ShellSpec


@lru_cache(maxsize=1)
def tidy() -> None:
    """Sweep away what killed consoles left; once is enough for a console."""
    home.sweep()


def prepare(spec: ShellSpec, sandbox: Sandbox, nonce: str) -> tuple[home.Scratch, Enclosure]:
    """The scratch folder with the task's files or a kept home, and the sandbox around it.

    Raises `ShellError`.
    """
    scratch = home.Scratch()
    try:
        if spec.home is None:
            scratch.place(spec.files, sandbox.owner)
        else:
            lay(spec.home, scratch.home, sandbox.owner)
        enclosure = sandbox.enclose(scratch, spec.hostname, spec.limits)
        scratch.write("shell.bash", startup(spec.prompt, nonce, enclosure.limits))
    except BaseException:
        scratch.remove()
        raise
    return scratch, enclosure


def launch(spec: ShellSpec, enclosure: Enclosure) -> tuple[Child, int, str]:
    """Start bash on a terminal of its own; returns (process, master, name of the slave)."""
    master, slave = open_terminal(spec.columns, spec.rows)
    try:
        name = os.ttyname(slave)
        bash = ("bash", "--noprofile", "--rcfile", enclosure.startup, "-i")
        with payloads(enclosure.payloads) as handles:
            child = Child(
                spawn_on_terminal(
                    (*enclosure.prefix, *bash), shell_environment(enclosure), slave, handles
                )
            )
    except BaseException:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return child, master, name


def shell_environment(enclosure: Enclosure) -> dict[str, str]:
    """All that a program in the sandbox inherits."""
    name = "root" if enclosure.kind == "bwrap" else "operator"
    return environment(enclosure.home, name) | dict(enclosure.variables)
