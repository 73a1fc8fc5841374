"""Lines of the screen's views on the command line: coloured on a terminal, plain in a pipe."""

from collections.abc import Iterable

from console.cli.seedview import plain_console
from console.view.line import Line

STYLES = {
    "good": "bold green",
    "warn": "bold yellow",
    "bad": "bold red",
    "note": "dim",
    "faint": "dim",
    "heading": "bold",
    "accent": "bold reverse",
}
"""What a name means on a terminal whose theme is its own; others are plain."""


def print_lines(lines: Iterable[Line]) -> None:
    """Print lines whose texts are safe to show; a terminal wraps them."""
    from rich.text import Text

    console = plain_console()
    for each in lines:
        pieces = ((piece.text, STYLES.get(piece.style, "")) for piece in each.pieces)
        console.print(Text.assemble(*pieces), soft_wrap=True)
