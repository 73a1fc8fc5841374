"""Whether a screen is there to be drawn on, and what it leaves behind."""

from contextlib import suppress

from textual.widget import Widget
from textual.worker import WorkerError


def stands(widget: Widget) -> bool:
    """Whether a widget has been mounted and is not being taken down.

    Textual takes the widgets of a screen away before it ends the screen's own work, and a mounted one
    says that it is mounted for ever: what comes from a timer, a thread or a store asks here first.
    """
    return widget.is_mounted and widget.is_running


async def ended(widget: Widget) -> None:
    """End a widget's own work and wait until it has; for `on_unmount`.

    Otherwise a recording that is open when the app goes is closed by nobody: its connection's thread
    outlives the event loop, and breaks when it has something to tell it.
    """
    for worker in [one for one in widget.workers if one.node is widget]:
        worker.cancel()
        with suppress(WorkerError):
            await worker.wait()
