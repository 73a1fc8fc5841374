"""What the command palette offers: every key's action by its words, and the themes."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from console.keymap import KEYS, Place
from console.panes.footer import key_name

if TYPE_CHECKING:
    from console.app import DrifttyApp

LEFT_OUT = (
    "app.palette",
    "pane.restore",
    "pane.next",
    "pane.previous",
    "pane.next-hit",
    "pane.previous-hit",
)
"""Keys that make no sense as a command."""


def commands(app: "DrifttyApp", screen: Screen[object]) -> Iterable[SystemCommand]:
    """Every command that makes sense now, on a screen."""
    place: Place = getattr(screen, "PLACE", "operate")
    panes = KEYS["panes"] if hasattr(screen, "action_maximise") else ()
    for key in (*KEYS[place], *panes):
        if key.id in LEFT_OUT or not screen.check_action(key.action.split("(")[0], ()):
            continue
        yield SystemCommand(_title(key.words), _help(key.keys), _call(app, key.action))
    for name, look in app.looks.items():
        if name != app.look.name:
            yield SystemCommand(f"Theme: {look.title}", "wear it now and from now on",
                                lambda name=name: app.wear(name))  # fmt: skip
    for key in KEYS["app"]:
        if key.id not in LEFT_OUT:
            yield SystemCommand(_title(key.words), _help(key.keys), _call(app, key.action))


def _call(app: "DrifttyApp", action: str) -> Callable[[], Awaitable[None]]:
    async def run() -> None:
        await app.run_action(action, app.screen)

    return run


def _title(words: str) -> str:
    return words[0].upper() + words[1:]


def _help(keys: str) -> str:
    return ", ".join(key_name(key.strip()) for key in keys.split(","))
