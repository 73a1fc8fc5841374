"""Where a shell is among folders and processes, as the kernel tells of it."""

from pathlib import Path

from engine.home import AT_HOME
from engine.shell.witness import family, parent


def working_folder(shell: int, home: str) -> str:
    """The working folder of a process, as `HomeCopy.cwd` has it; empty where nothing tells.

    `home`: the home as that process sees it.
    """
    try:
        folder = str(Path(f"/proc/{shell}/cwd").readlink())
    except OSError:
        return ""
    below = folder == home or folder.startswith(f"{home}/")
    return AT_HOME + folder.removeprefix(home) if below else folder


def beside(shell: int, root: int) -> int:
    """How many processes run in a sandbox besides its shell and what that was started by.

    `root`: the first process, which the sandbox begins with.
    """
    own, above = 1, shell
    while above != root and (above := parent(above)):
        own += 1
    return max(0, len(family(root)) - own)
