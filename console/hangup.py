"""A terminal that goes away: the window is closed, the connection is cut, its server is killed.

Textual's driver then blocks on a writer that died of it and spins on a keyboard that is at its end.
This driver notices instead, lets the app end as for SIGHUP, and has the last word if it does not.
"""

import asyncio
import os
import select
import signal
import threading
from typing import Any

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

STATUS = 128 + signal.SIGHUP

GRACE_SECONDS = 10.0
"""What closing the session may take; whatever is not closed then is marked interrupted."""


class HangupDriver(LinuxDriver):
    """Textual's own driver, for a terminal that may go away at any time."""

    def __init__(self, app: App[Any], **options: Any) -> None:
        """As Textual's."""
        super().__init__(app, **options)
        forgiving: Any = _Forgiving(self._file)
        self._file = forgiving

    def start_application_mode(self) -> None:
        """Take the terminal, and watch it."""
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's own gap
        loop = asyncio.get_running_loop()
        watch = threading.Thread(target=self._watch, args=(loop,), name="hangup", daemon=True)
        watch.start()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        hangup = select.poll()
        # Without a mask, only the terminal's end wakes it; that is always told.
        hangup.register(self.fileno, 0)
        hangup.poll()
        nothing = os.open(os.devnull, os.O_RDWR)
        for number in range(3):
            os.dup2(nothing, number)
        loop.call_soon_threadsafe(self._app.exit, STATUS, STATUS)
        threading.Event().wait(GRACE_SECONDS)
        os._exit(STATUS)


class _Forgiving:
    """A terminal's stream to which one may go on writing when the terminal is gone."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or do as if."""
        try:
            return int(self._stream.write(text))
        except OSError:
            return len(text)

    def flush(self) -> None:
        """Flush, or do as if."""
        try:
            self._stream.flush()
        except OSError:
            # The watch on the terminal ends the app; here nobody is left to tell.
            return

    def fileno(self) -> int:
        """The terminal's descriptor."""
        return int(self._stream.fileno())

    def isatty(self) -> bool:
        """Whether it is, or was, a terminal."""
        return bool(self._stream.isatty())
