"""What is said and kept when the console itself breaks."""

import os
import time
import traceback

from engine import folders
from engine.version import VERSION


def report(error: BaseException | None) -> str:
    """Write the traceback to a file of its own; returns the sentence for the person."""
    what = f"{type(error).__name__}: {error}" if error else "an unknown error"
    folder = folders.data() / "crashes"
    path = folder / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}.txt"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        details = "".join(traceback.format_exception(error)) if error else what
        path.write_text(f"driftty {VERSION}\n{details}", encoding="utf-8", errors="replace")
    except OSError as unwritten:
        where = f"The details could not be written to {path}: {unwritten}."
    else:
        where = f"The details are in {path}."
    return f"driftty broke ({what}); what was recorded is kept. {where}"
