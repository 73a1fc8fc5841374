from pathlib import Path

import pytest
from textual.color import Color

from console.appearance import appearances, read_theme
from engine import folders
from engine.errors import SettingsError

DARK = Path("themes/dark.toml")
SHIPPED = ("dark", "light", "high-contrast")


def source() -> str:
    return (Path(__file__).parents[2] / DARK).read_text(encoding="utf-8")


def contrast(one: Color, other: Color) -> float:
    """WCAG 2 contrast ratio."""

    def luminance(color: Color) -> float:
        parts = [
            part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4
            for part in color.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "least"), [("dark", 4.5), ("light", 4.5), ("high-contrast", 7)])
def test_every_text_style_can_be_read(name: str, least: float) -> None:
    look = appearances()[0][name]
    ground = Color.parse(look.terminal.background)
    for style_name in look.names:
        style = look.style(style_name)
        if (
            style_name in ("rule", "band", "reasoning-glyph", "comment-glyph")
            or style.color is None
        ):
            continue  # lines, not text
        behind = Color.from_rich_color(style.bgcolor) if style.bgcolor else ground
        assert contrast(Color.from_rich_color(style.color), behind) >= least, style_name
    for color in look.terminal.colors[1:]:
        assert contrast(Color.parse(color), ground) >= min(least, 3), color


def test_the_themes_name_the_same_styles() -> None:
    looks = appearances()[0]
    assert len({frozenset(looks[name].names) for name in SHIPPED}) == 1


def test_a_style_without_an_entry_falls_back_to_its_stem_then_to_text() -> None:
    look = appearances()[0]["dark"]
    assert look.style("command-nothing-such") == look.style("command")
    assert look.style("nonsense") == look.style("text")


def test_a_persons_theme_is_found_and_a_broken_one_named() -> None:
    folder = folders.config() / "themes"
    folder.mkdir(parents=True)
    mine = source().replace('name = "dark"', 'name = "mine"')
    (folder / "mine.toml").write_text(mine, encoding="utf-8")
    (folder / "broken.toml").write_text("name = ", encoding="utf-8")
    looks, problems = appearances()
    assert set(looks) == {*SHIPPED, "mine"}
    assert len(problems) == 1
    assert "broken.toml" in str(problems[0])


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('accent = "#7cc7ff"', "", "accent"),
        ('"bold $error"', '"bold $nothing"', "$nothing"),
        ('"bold $error"', '"bolld red"', "drift-line"),
        ('muted = "#8d97a8"', 'muted = "#zzz"', "#zzz"),
        ('"#ffffff",\n]', "]", "16"),
        ('name = "dark"', 'name = "[@click=app.quit]x"', "name"),
        ('name = "dark"', 'name = "dark"\nshout = true', "shout"),
    ],
)
def test_what_is_wrong_with_a_theme_is_said(before: str, after: str, said: str) -> None:
    assert before in source()
    with pytest.raises(SettingsError, match=r"mine\.toml") as caught:
        read_theme(source().replace(before, after), "mine.toml")
    assert said in str(caught.value)
