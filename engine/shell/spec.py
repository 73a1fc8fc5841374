"""What the operator's shell is asked to be."""

import msgspec

from engine.home import HomeCopy
from engine.run import SandboxPolicy, TaskFile


class Limits(msgspec.Struct, frozen=True):
    """How much of the machine the operator's shell may take."""

    processes: int = 256
    """At one time, in the whole sandbox; 0 for any number."""
    file_bytes: int = 256 << 20
    """Of one file."""
    home_bytes: int = 512 << 20
    """Of all files in the home together; past it the shell is ended."""
    home_entries: int = 50_000
    """Files and folders in the home; past it the shell is ended."""
    memory_bytes: int = 4 << 30
    """Address space of one process."""
    cpu_seconds: int = 600
    """Processor time of one process."""
    scratch_bytes: int = 128 << 20
    """Of each folder that lives in memory: `/tmp`, `/var`, `/run`, `/dev/shm`."""


class ShellSpec(msgspec.Struct, frozen=True):
    """One shell, asked for."""

    prompt: str = "root@box:~# "
    """The exact text that bash prints as its prompt; nothing in it is expanded."""
    hostname: str = "box"
    columns: int = 100
    """Of the terminal, in cells."""
    rows: int = 30
    """Of the terminal, in cells."""
    sandbox: SandboxPolicy = "auto"
    files: tuple[TaskFile, ...] = ()
    """Placed in the home before the shell starts."""
    home: HomeCopy | None = None
    """What the home is to be instead, with none of the files."""
    home_limit: int = 0
    """Bytes of the largest home of which copies are given away; 0 gives none."""
    patience: float = 10.0
    """Seconds a command may stay silent before it counts as stalled."""
    limit: float = 30.0
    """Seconds a command may take at all before it counts as stalled."""
    keep: int = 1 << 20
    """At most this many bytes of one command's output are kept: its tail."""
    limits: Limits = Limits()
    keep_home: bool = False
    """Whether the scratch home outlives the shell."""
