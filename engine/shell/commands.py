"""Which commands the operator's shell would find."""

import shutil
from functools import cache

from engine.shell.rcfile import PATH


@cache
def in_sandbox(name: str) -> bool:
    """Whether the sandbox has a program of that name: it sees this machine's, on its own PATH."""
    return shutil.which(name, path=PATH) is not None
