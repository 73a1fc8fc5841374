"""Themes: files that say what every named style looks like, and what a terminal's colours are.

Those that ship lie in the package `themes`; the person's own, in `themes/` of the config folder,
override them by name.
"""

import importlib.resources
import re
from pathlib import Path
from typing import Annotated

import msgspec
from rich.errors import StyleSyntaxError
from rich.style import Style
from textual.color import Color, ColorParseError
from textual.theme import Theme

from engine import folders
from engine.errors import SettingsError

DEFAULT = "dark"
ANSI_COLORS = 16

_NAMED = re.compile(r"\$([a-z-]+)")


class TerminalColors(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the shell's own colours look like in a theme."""

    foreground: str
    background: str
    colors: tuple[str, ...]
    """The sixteen ANSI colours, bright ones last."""


class ThemeFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A theme as its file has it."""

    name: Annotated[str, msgspec.Meta(pattern="^[a-z0-9-]+$")]
    title: str
    dark: bool
    colors: dict[str, str]
    styles: dict[str, str]
    """By style name; `$name` stands for a colour of `colors`."""
    terminal: TerminalColors


class Appearance:
    """A theme ready to draw with."""

    def __init__(self, file: ThemeFile, where: str) -> None:
        """Raises `SettingsError` where a colour or a style cannot be read."""
        self.name, self.title, self.dark = file.name, file.title, file.dark
        self.terminal = file.terminal
        self._colors = file.colors
        self._where = where
        for color in (*file.colors.values(), *file.terminal.colors):
            self._check(color)
        self._styles = {name: self._style(name, text) for name, text in file.styles.items()}
        if "text" not in self._styles:
            raise SettingsError(f"{where}: `styles` lacks `text`, what all others fall back to.")
        if len(file.terminal.colors) != ANSI_COLORS:
            raise SettingsError(f"{where}: `terminal.colors` needs {ANSI_COLORS} colours.")

    def style(self, name: str) -> Style:
        """The style of a name; without one of its own, that of the name less its last word."""
        while name not in self._styles:
            stem, _, _ = name.rpartition("-")
            name = stem or "text"
        return self._styles[name]

    @property
    def names(self) -> tuple[str, ...]:
        """The styles it has an entry for."""
        return tuple(self._styles)

    def textual_theme(self) -> Theme:
        """The same theme for Textual's own widgets and style sheets."""
        colors = self._colors
        return Theme(
            name=self.name,
            dark=self.dark,
            primary=colors["primary"],
            secondary=colors["secondary"],
            accent=colors["accent"],
            success=colors["success"],
            warning=colors["warning"],
            error=colors["error"],
            foreground=colors["foreground"],
            background=colors["background"],
            surface=colors["surface"],
            panel=colors["panel"],
            text_alpha=1.0,
            variables={
                "driftty-muted": colors["muted"],
                "driftty-border": colors["border"],
                "border": colors["accent"],
                "border-blurred": colors["border"],
                "scrollbar": colors["border"],
                "scrollbar-hover": colors["muted"],
                "scrollbar-active": colors["accent"],
                "scrollbar-background": colors["background"],
                "scrollbar-background-hover": colors["background"],
                "scrollbar-background-active": colors["background"],
                "scrollbar-corner-color": colors["background"],
                "input-selection-background": f"{colors['accent']} 35%",
                "screen-selection-background": f"{colors['accent']} 35%",
            },
        )

    def _style(self, name: str, text: str) -> Style:
        try:
            return Style.parse(_NAMED.sub(lambda found: self._colors[found[1]], text))
        except KeyError as error:
            raise SettingsError(
                f"{self._where}: style `{name}` names the colour `${error.args[0]}`, "
                "which `colors` does not have."
            ) from error
        except StyleSyntaxError as error:
            raise SettingsError(
                f"{self._where}: style `{name}` cannot be read: {error}."
            ) from error

    def _check(self, color: str) -> None:
        try:
            Color.parse(color)
        except ColorParseError as error:
            raise SettingsError(f"{self._where}: `{color}` is not a colour.") from error


NEEDED_COLORS = (
    "background", "surface", "panel", "foreground", "muted", "border", "accent",
    "primary", "secondary", "success", "warning", "error",
)  # fmt: skip


def read_theme(text: str, where: str) -> Appearance:
    """A theme from its file's text. Raises `SettingsError` naming `where` and what is wrong."""
    try:
        file = msgspec.toml.decode(text, type=ThemeFile)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{where}: {error}.") from error
    missing = [name for name in NEEDED_COLORS if name not in file.colors]
    if missing:
        raise SettingsError(f"{where}: `colors` lacks {', '.join(missing)}.")
    return Appearance(file, where)


def appearances() -> tuple[dict[str, Appearance], list[SettingsError]]:
    """Every theme by name, shipped ones first, and what is wrong with the person's own files."""
    found: dict[str, Appearance] = {}
    problems: list[SettingsError] = []
    shipped = importlib.resources.files("themes")
    for name in ("dark", "light", "high-contrast"):
        file = shipped / f"{name}.toml"
        found[name] = read_theme(file.read_text(encoding="utf-8"), file.name)
    for path in sorted((folders.config() / "themes").glob("*.toml")):
        try:
            theme = read_theme(_text(path), str(path))
        except SettingsError as error:
            problems.append(error)
        else:
            found[theme.name] = theme
    return found, problems


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read: {error}.") from error
