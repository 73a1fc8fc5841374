"""A terminal's lines as strips, in a theme's own colours."""

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from console.appearance import ANSI_COLORS, TerminalColors
from console.panes.strips import shown
from engine.shell.styled import Colour, TerminalLine, TerminalStyle


def terminal_strip(line: TerminalLine, colors: TerminalColors) -> Strip:
    """A line as it is drawn; what is hidden is drawn as blanks."""
    return Strip(
        [
            Segment(
                " " * len(run.text) if run.style.hidden else shown(run.text),
                terminal_style(run.style, colors),
            )
            for run in line.runs
        ]
    )


def cursor_on(strip: Strip, column: int, cursor: Style) -> Strip:
    """A strip with the cursor on a cell, beyond its end where need be."""
    if strip.cell_length <= column:
        strip = strip.adjust_cell_length(column + 1)
    before, under, *after = strip.divide(
        [cut for cut in (column, column + 1, strip.cell_length) if cut > 0]
    ) if column else (Strip([]), *strip.divide([1, strip.cell_length]))  # fmt: skip
    text = under.text or " "
    return Strip.join([before, Strip([Segment(text, cursor)]), *after])


@lru_cache(maxsize=4096)
def terminal_style(style: TerminalStyle, colors: TerminalColors) -> Style:
    """How a run looks in a theme."""
    fg, bg = _color(style.fg, colors), _color(style.bg, colors)
    if style.inverse:
        fg, bg = (
            bg if bg is not None else Color.parse(colors.background),
            fg if fg is not None else Color.parse(colors.foreground),
        )
    return Style.from_color(fg, bg) + Style(
        bold=style.bold or None,
        dim=style.dim or None,
        italic=style.italic or None,
        underline=style.underline or None,
        strike=style.strike or None,
    )


def _color(colour: Colour, colors: TerminalColors) -> Color | None:
    match colour:
        case None:
            return None
        case int(index) if index < ANSI_COLORS:
            return Color.parse(colors.colors[index])
        case int(index):
            return Color.from_triplet(Color.from_ansi(index).get_truecolor())
        case (red, green, blue):
            return Color.from_rgb(red, green, blue)
