"""An SVG picture as PNG, drawn by resvg with a monospace font of this machine."""

from functools import cache

from engine.errors import DrifttyError

ZOOM = 2.0
"""Pixels of the PNG for one of the SVG: sharp where it is pasted into a page."""

_PROBE = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="16">'
    '<text y="12" font-family="{}">M</text></svg>'
)


def png(svg: str) -> bytes:
    """The picture that `console.svg` made, twice as large. For a thread of its own: it takes a while.

    Raises `DrifttyError` where the machine has no monospace font, since the picture would be empty.
    """
    from resvg_py import svg_to_bytes

    if not _has_font():
        raise DrifttyError(
            "A PNG cannot be drawn: this machine has no monospace font. Install one, such as DejaVu "
            "Sans Mono (`apt-get install fonts-dejavu-core`), or export as svg."
        )
    try:
        return svg_to_bytes(svg_string=svg, zoom=ZOOM)
    except ValueError as error:
        raise DrifttyError(f"A PNG cannot be drawn of this moment: {error}.") from error


@cache
def _has_font() -> bool:
    """Whether a letter leaves a mark, which it does not where no font of the list is there."""
    from resvg_py import svg_to_bytes

    from console.svg import FONT

    probe = _PROBE.format(FONT)
    return svg_to_bytes(svg_string=probe) != svg_to_bytes(svg_string=probe, skip_system_fonts=True)
