"""The theme in use, from any widget."""

from typing import Protocol, cast

from textual.widget import Widget

from console.appearance import Appearance


class Dressed(Protocol):
    """An app that wears a theme."""

    look: Appearance

    def copied(self, text: str) -> None:
        """Put a text on the clipboard and say so."""


def app_of(widget: Widget) -> Dressed:
    """The app a widget is in; every widget here is in one that is dressed."""
    return cast(Dressed, widget.app)


def look_of(widget: Widget) -> Appearance:
    """The theme a widget is to be drawn in."""
    return app_of(widget).look
