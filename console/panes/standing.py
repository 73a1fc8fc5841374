"""Whether a screen is there to be drawn on."""

from textual.widget import Widget


def stands(widget: Widget) -> bool:
    """Whether a widget has been mounted and is not being taken down.

    Textual takes the widgets of a screen away before it ends the screen's own work, and a mounted one
    says that it is mounted for ever: what comes from a timer, a thread or a store asks here first.
    """
    return widget.is_mounted and widget.is_running
