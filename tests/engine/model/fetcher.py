"""Fetch one model in a process of its own, and come to grief where it is told to.

`fetcher.py KNOWN END STEP`: KNOWN is a catalogue entry as JSON. When a step beginning with STEP is
told, END happens: `kill` (SIGKILL), `raise`, or `limit` (no file may grow any more, as on a full
disk); `none` fetches to the end. Progress goes to standard output, the error to standard error.
"""

import os
import resource
import signal
import sys

import msgspec

from engine.errors import ModelError
from engine.model import catalogue
from engine.model.fetch import fetch
from engine.model.progress import Progress, say


def main() -> None:
    entry = msgspec.json.decode(sys.argv[1], type=catalogue.Known)
    end, step = sys.argv[2], sys.argv[3]
    catalogue.KNOWN[entry.name] = entry

    def progress(told: Progress) -> None:
        say(told)
        if not told.step.startswith(step):
            return
        if end == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        elif end == "raise":
            raise ModelError("abandoned")
        elif end == "limit":
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))

    try:
        fetch(entry.name, progress)
    except ModelError as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
