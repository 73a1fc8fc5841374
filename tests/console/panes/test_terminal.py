from rich.style import Style

from console.appearance import appearances
from console.panes.terminal import cursor_on, terminal_strip, terminal_style
from engine.shell.styled import TerminalLine, TerminalRun, TerminalStyle

COLORS = appearances()[0]["light"].terminal


def test_ansi_colours_are_the_themes_own() -> None:
    style = terminal_style(TerminalStyle(fg=1, bold=True), COLORS)
    assert style.color is not None
    assert style.color.get_truecolor().hex == COLORS.colors[1]
    assert style.bold


def test_palette_and_true_colours_come_through() -> None:
    assert terminal_style(TerminalStyle(fg=196), COLORS).color.get_truecolor().hex == "#ff0000"  # type: ignore[union-attr]  # a colour is there
    assert terminal_style(TerminalStyle(bg=(1, 2, 3)), COLORS).bgcolor.get_truecolor().hex == "#010203"  # type: ignore[union-attr]  # fmt: skip


def test_inverse_swaps_the_themes_own_colours() -> None:
    style = terminal_style(TerminalStyle(inverse=True), COLORS)
    assert style.color.get_truecolor().hex == COLORS.background  # type: ignore[union-attr]  # a colour is there
    assert style.bgcolor.get_truecolor().hex == COLORS.foreground  # type: ignore[union-attr]  # a colour is there


def test_hidden_text_is_not_drawn() -> None:
    line = TerminalLine((TerminalRun("secret", TerminalStyle(hidden=True)),))
    assert terminal_strip(line, COLORS).text == "      "


def test_the_cursor_is_drawn_on_its_cell_and_beyond_the_end() -> None:
    strip = terminal_strip(TerminalLine((TerminalRun("abc"),)), COLORS)
    block = Style(reverse=True)
    for column, text in ((0, "abc"), (1, "abc"), (2, "abc"), (3, "abc "), (6, "abc    ")):
        drawn = cursor_on(strip, column, block)
        assert drawn.text == text
        cells = [segment for segment in drawn if segment.style == block]
        assert [segment.text for segment in cells] == [text[column]]
    assert cursor_on(terminal_strip(TerminalLine(), COLORS), 0, block).text == " "
