"""A scroll bar for the foot of a pane that is as thin as the one at its side."""

from rich.color import Color
from rich.segment import Segment, Segments
from rich.style import Style
from textual.scrollbar import ScrollBarRender

GLYPH = "▂"


class LowBar(ScrollBarRender):
    """A horizontal bar a quarter of a row high, grabbed and clicked like Textual's own."""

    @classmethod
    def render_bar(
        cls,
        size: int = 25,
        virtual_size: float = 50,
        window_size: float = 20,
        position: float = 0,
        thickness: int = 1,
        vertical: bool = True,
        back_color: Color = Color.parse("#555555"),  # noqa: B008  # as Textual has it
        bar_color: Color = Color.parse("bright_magenta"),  # noqa: B008  # as Textual has it
    ) -> Segments:
        """The bar as segments, each with what a press of the mouse does there."""
        whole = super().render_bar(
            size, virtual_size, window_size, position, thickness, vertical, back_color, bar_color
        )
        thumb = Style(color=bar_color, bgcolor=back_color)
        return Segments(
            [
                Segment(GLYPH, thumb + Style.from_meta(one.style.meta))
                if one.style and one.style.meta.get("@mouse.down") == "grab"
                else one
                for one in whole.segments
            ],
            new_lines=False,
        )
