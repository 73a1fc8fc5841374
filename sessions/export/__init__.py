"""Recordings for other programs and other people: terminal casts, JSON Lines, Markdown.

Every format is a fold over events that gives lines of text: `tell` an event, `close` at the end.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

from engine.events import AnyEvent

Clean = Callable[[str], str]
"""Makes text that others wrote safe to put on a terminal."""


class Exporter(Protocol):
    """Makes a file of a session's events, in order."""

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """What an event adds to the file: whole lines, their line feeds included."""
        ...

    def close(self) -> Iterator[str]:
        """What is left to add after the last event."""
        ...
