"""A process that ends with the one that started it, however that one ends.

The starter keeps the write end of the child's standard input open and never writes to it; when the
starter dies, by `kill -9` too, the kernel closes it and the child reads the end of its input.

`python -m engine.model.tether MODULE [ARGUMENT…]` runs any module that way.
"""

import os
import runpy
import sys
import threading
from collections.abc import Sequence


def tether() -> None:
    """End this process at once when its standard input ends."""
    threading.Thread(target=_end_with_input, name="tether", daemon=True).start()


def tethered(module: str, *arguments: str) -> Sequence[str]:
    """The command line that runs `module` so that it ends with its standard input."""
    # -P: a folder that happens to be the working directory is not imported from.
    return (sys.executable, "-P", "-m", "engine.model.tether", module, *arguments)


def _end_with_input() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    tether()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
