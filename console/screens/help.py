"""Help for where one is: what the focused pane shows, and every key that counts there."""

from textual.screen import Screen

from console.keymap import KEYS, Key, Place
from console.panes.footer import key_name
from console.panes.rows import RowsPane
from console.panes.timeline import TimeLine
from console.screens.lines import LinesScreen
from console.view.line import Line, line

PLACES: tuple[tuple[Place, str], ...] = (
    ("operate", "The run and the screen"),
    ("sessions", "The sessions"),
    ("replay", "The recording"),
    ("against", "Two recordings"),
    ("payload", "The payload"),
    ("experiments", "The experiments"),
    ("draft", "The new experiment"),
    ("experiment", "The experiment"),
    ("choice", "In any of its panes"),
    ("panes", "The panes"),
    ("pane", "In any pane"),
    ("app", "Everywhere"),
)
SCREENS: tuple[Place, ...] = (
    "operate",
    "sessions",
    "replay",
    "against",
    "payload",
    "experiments",
    "draft",
    "experiment",
)
"""Places that are a screen of their own: help names the keys of the one that is open."""

ABOUT = """\
A local language model operates a real shell. What the shell prints it gets as user turns, what it
writes is typed into the shell; nothing else stands between them.
"""


def help_screen(screen: Screen[object]) -> LinesScreen:
    """Help for the focused pane of a screen."""
    pane = screen.focused if isinstance(screen.focused, RowsPane | TimeLine) else None
    lines = help_lines(pane, _keys(screen), getattr(screen, "PLACE", "operate"))
    name = pane.NAME if pane else "driftty"
    return LinesScreen(f"Help: {name}", lambda: "Every key can be changed in keymap.toml.",
                       lambda: lines, "tall")  # fmt: skip


def help_lines(pane: RowsPane | TimeLine | None, keys: dict[str, str], screen: Place) -> list[Line]:
    """The pane's own words, its keys, then the keys of everywhere. `keys`: id to keys in use.

    Of the screen and the pane all keys are named, those too that make sense only later; of what
    several screens have in common, those that this one has.
    """
    lines = [line((text, "text"), indent=2) for text in _filled(pane.HELP if pane else ABOUT)]
    places = [(place, title) for place, title in PLACES if place not in SCREENS or place == screen]
    own: set[str] = {screen}
    if pane is not None and pane.id in KEYS and pane.id != screen:
        places.insert(0, (pane.id, f"In {pane.NAME}"))
        own.add(pane.id)
    for place, title in places:
        named = [key for key in KEYS[place] if place in own or key.id in keys]
        if named:
            lines += [line(""), line((title, "accent"))]
            lines += [_key_line(key, keys.get(key.id, key.keys)) for key in named]
    return lines


def _key_line(key: Key, keys: str) -> Line:
    names = "  ".join(key_name(one.strip()) for one in keys.split(","))
    named = (f"  {names:<16}", "key")
    return line(named, (f"{key.words:<44}", "text"), (f"  {key.id}", "faint"), indent=18)


def _keys(screen: Screen[object]) -> dict[str, str]:
    """What the bindings of a screen are set to, by id."""
    keys: dict[str, list[str]] = {}
    for key, active in screen.active_bindings.items():
        if active.binding.id:
            keys.setdefault(active.binding.id, []).append(key)
    return {name: ",".join(found) for name, found in keys.items()}


def _filled(text: str) -> list[str]:
    """Paragraphs and list items on one line each, to be wrapped by the pane."""
    lines: list[str] = []
    for row in text.strip().splitlines():
        if not row or row.startswith("- ") or not lines or not lines[-1]:
            lines.append(row.replace("- ", "• ", 1) if row.startswith("- ") else row)
        else:
            lines[-1] += f" {row.strip()}"
    return [row.replace("`", "") for row in lines]
