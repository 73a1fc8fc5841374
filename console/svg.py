"""Rows of styled text as an SVG picture that needs nothing from anywhere: no fonts, no scripts."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from rich.cells import cell_len
from rich.color import ColorType
from rich.style import Style
from textual.strip import Strip

FONT = (
    "ui-monospace, 'Cascadia Mono', 'JetBrains Mono', Menlo, Consolas, 'DejaVu Sans Mono', "
    "'Noto Sans Mono', 'Liberation Mono', 'Ubuntu Mono', FreeMono, 'Nimbus Mono PS', 'Courier New', "
    "monospace"
)
"""Whichever there is first. Fonts that join characters to others are left out."""
CELL, LINE, BASE, SIZE, MARGIN = 8.4, 18, 13.5, 14, 16
"""Pixels: a cell's width and height, from a row's top to its baseline, the font's size, the edge."""


def svg(
    rows: Sequence[Strip], width: int, foreground: str, background: str, title: str
) -> Iterator[str]:
    """The lines of the file. `width`: cells. `title`: what the picture is of, for those who hear it."""
    across = width * CELL + 2 * MARGIN
    down = len(rows) * LINE + 2 * MARGIN
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {across:.1f} {down}" role="img"'
        f' width="{across:.0f}" height="{down}">\n'
    )
    yield f"<title>{_escaped(title)}</title>\n"
    yield f'<rect width="100%" height="100%" rx="8" fill="{background}"/>\n'
    yield (
        f'<g font-family="{FONT}" font-size="{SIZE}" fill="{foreground}"'
        ' font-variant-ligatures="none">\n'
    )
    for number, row in enumerate(rows):
        yield from _row(row, MARGIN + number * LINE, foreground, background)
    yield "</g>\n</svg>\n"


def _row(row: Strip, top: float, foreground: str, background: str) -> Iterator[str]:
    cell = 0
    for segment in row:
        width = cell_len(segment.text)
        left = MARGIN + cell * CELL
        cell += width
        style = segment.style or Style.null()
        fill, under = _hex(style.color), _hex(style.bgcolor)
        if style.reverse:
            fill, under = under or background, fill or foreground
        if under:
            yield (
                f'<rect x="{left:.1f}" y="{top:.1f}" width="{width * CELL:.1f}" height="{LINE}"'
                f' fill="{under}" shape-rendering="crispEdges"/>\n'
            )
        if segment.text.strip():
            looks = " ".join(_looks(style, fill))
            # Every character on its cell, whatever font there is.
            yield (
                f'<text xml:space="preserve" x="{left:.1f}" y="{top + BASE:.1f}"'
                f' textLength="{width * CELL:.1f}" lengthAdjust="spacingAndGlyphs"'
                f"{' ' if looks else ''}{looks}>{_escaped(segment.text)}</text>\n"
            )


def _looks(style: Style, fill: str | None) -> Iterable[str]:
    if fill:
        yield f'fill="{fill}"'
    if style.bold:
        yield 'font-weight="bold"'
    if style.italic:
        yield 'font-style="italic"'
    if style.dim:
        yield 'opacity="0.6"'
    lines = [
        word
        for word, drawn in (("underline", style.underline), ("line-through", style.strike))
        if drawn
    ]
    if lines:
        yield f'text-decoration="{" ".join(lines)}"'


def _escaped(text: str) -> str:
    """Text in XML, which has no place for two characters that Unicode calls none."""
    return escape(text.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd"))


def _hex(color: object) -> str | None:
    from rich.color import Color

    if not isinstance(color, Color) or color.type == ColorType.DEFAULT:
        return None
    return color.get_truecolor().hex
