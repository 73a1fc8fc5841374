"""The model's process: `python -m engine.model.worker` serves `engine.model.protocol`.

Requests come on standard input, replies leave on what was standard output when it began; anything
that libraries print goes to standard error. It ends at once, in the middle of a forward too, when
its input does: however the console died, nothing stays behind.
"""

import ctypes
import logging
import os
import queue
import signal
import sys
import threading
from typing import BinaryIO

from engine.errors import DrifttyError
from engine.model.framing import FrameError, decode_request, encode_frame, read_frame
from engine.model.protocol import Failed, Load, Reply
from engine.model.serving import Inbox, Service

_PR_SET_PDEATHSIG = 1


class Outbox:
    """Where replies go: the pipe that was standard output."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def send(self, reply: Reply) -> None:
        """Write a whole frame. A console that is gone ends this process."""
        frame = memoryview(encode_frame(reply))
        try:
            while frame:
                frame = frame[os.write(self._pipe, frame) :]
        except OSError:
            os._exit(0)


def main() -> None:
    """Load what the first request names, then serve until the input ends."""
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(name)s: %(message)s")
    # Ctrl+C in the console's terminal reaches this process too, and is meant for the console.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    # Nothing a library starts shall read the requests.
    requests = os.fdopen(os.dup(0), "rb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    outbox = Outbox()
    inbox: Inbox = queue.SimpleQueue()
    threading.Thread(target=_read, args=(requests, inbox), name="requests", daemon=True).start()
    load = inbox.get()
    if not isinstance(load, Load):
        why = "The first thing asked of a model's process has to be what to load."
        outbox.send(Failed(id=0, kind="load", why=why))
        os._exit(2)
    service = Service(inbox, outbox.send)
    try:
        service.load(load)
    except BaseException as error:  # noqa: BLE001 - the console has to be told, whatever it is
        outbox.send(_load_failed(load, error))
        os._exit(1)
    service.serve()


def _read(stream: BinaryIO, inbox: Inbox) -> None:
    """Put every request into the inbox; the end of the stream is the end of the process."""
    try:
        while (body := read_frame(stream)) is not None:
            inbox.put(decode_request(body))
    except FrameError as error:
        logging.getLogger(__name__).error("%s", error)
        os._exit(2)
    os._exit(0)


def _end_with_parent() -> None:
    """Have the kernel kill this process when the one that started it dies; Linux only.

    Elsewhere, and if it died just before, the end of the input does it.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _load_failed(load: Load, error: BaseException) -> Failed:
    if isinstance(error, DrifttyError):
        return Failed(id=0, kind="load", why=str(error))
    logging.getLogger(__name__).error("Loading failed.", exc_info=error)
    if isinstance(error, MemoryError) or "memory" in str(error).lower():
        return Failed(
            id=0,
            kind="memory",
            why=f"There is not enough memory to load {load.model}; close other programs, or choose"
            " a smaller model.",
        )
    return Failed(
        id=0,
        kind="load",
        why=f"The model {load.model} in {load.folder} could not be loaded"
        f" ({type(error).__name__}: {error}); try another model or another device.",
    )


if __name__ == "__main__":
    main()
