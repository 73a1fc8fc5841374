"""Pictures of the console for the documentation: `python -m tests.console.screenshots [folder]`.

The same events as in the tests, at three sizes in the three themes, as SVG.
"""

import asyncio
import html
import os
import re
import sys
import tempfile
from pathlib import Path

from console.panes.draftpanes import PlanPane
from console.screens.draft import DraftScreen
from console.screens.experiment import ExperimentScreen
from engine.events import CommandProposed
from engine.run import RunSpec
from tests.console.experiment.recorded import midway
from tests.console.open import console, settled, spec
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, Story, clean, drifting

SIZES = ((80, 24), (120, 40), (200, 60))
THEMES = ("dark", "light", "high-contrast")
JOINTS = {*"┬┴├┤┼┐┘└┌", *map(chr, range(0x2800, 0x2900))}
"""Characters that renderers take from another font, or join: each is put on its cell by itself."""
CELL = 12.2
"""Width of a cell in Textual's SVG."""


def planned() -> RunSpec:
    """What the pictures show."""
    return spec("operator+history+exit+prompt")


async def picture(size: tuple[int, int], theme: str) -> str:
    """The console after a few runs, the last of which drifted."""
    driver = ScriptedDriver()
    app = console(driver, planned())
    app.wear(theme, keep=False)
    async with app.run_test(size=size) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        for number in range(6):
            driver.script = drifting if number in (2, 5) else clean
            await pilot.press("r")
            await settled(pilot)
        return exact(app.export_screenshot(title="driftty"))


async def proposal(size: tuple[int, int], theme: str) -> str:
    """A command that waits for a person's word."""
    driver = ScriptedDriver()
    app = console(driver, planned())
    app.wear(theme, keep=False)

    def waiting(asked: RunSpec) -> list[object]:
        story = Story(asked)
        events: list[object] = [*story.bring_up(), *story.asked()]
        thought = "The task wants the release, not the name: -r."
        events += story.said([("reasoning", thought), ("line", "uname -r")], "uname is a command")
        events.append(CommandProposed(at=story.at, turn=1, command="uname -r"))
        return events

    async with app.run_test(size=size) as pilot:
        driver.worker("ready", provenance=PROVENANCE)
        await pilot.press("m")
        driver.script = waiting  # type: ignore[assignment]  # a script of this test
        await pilot.press("r")
        await settled(pilot)
        return exact(app.export_screenshot(title="driftty"))


async def experiment(size: tuple[int, int], theme: str) -> str:
    """An experiment three quarters through, with what the embedded model's runs came to."""
    app = console(ScriptedDriver(), planned())
    app.wear(theme, keep=False)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        going = midway()
        app.experiments.laboratory.running = going  # type: ignore[assignment]  # as if it ran here
        await app.push_screen(ExperimentScreen(going))
        await pilot.press("down", "down", "down", "down")
        if size < SIZES[2]:
            await pilot.press("5" if size == SIZES[1] else "2")
        await settled(pilot)
        app.experiments.laboratory.running = None
        return exact(app.export_screenshot(title="driftty"))


async def draft(size: tuple[int, int], theme: str) -> str:
    """A factorial being planned."""
    app = console(ScriptedDriver(), spec("operator", "show the hostname, then exit."))
    app.wear(theme, keep=False)
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        await pilot.press("f4", "n")
        while not isinstance(app.screen, DraftScreen):
            await pilot.pause()
        await pilot.press("down", "down", "down", "down", "f")
        while app.screen.query_one(PlanPane).estimated is None:
            await pilot.pause()
        await settled(pilot)
        return exact(app.export_screenshot(title="driftty"))


def exact(svg: str) -> str:
    """Every character on its cell: renderers ignore `textLength`, drop blanks, draw ligatures."""

    def placed(found: re.Match[str]) -> str:
        attributes, text = found.groups()
        start = re.search(r' x="([\d.]+)"', attributes)
        length = re.search(r' textLength="([\d.]+)"', attributes)
        characters = html.unescape(text)
        count = len(characters)
        if not start or not length or abs(float(length[1]) - count * CELL) > 1:
            return found[0]  # wide characters: left as they are
        places = [f"{float(start[1]) + number * CELL:.1f}" for number in range(count)]
        attributes = attributes.replace(length[0], "").replace(start[0], "")
        if not JOINTS & set(characters):
            at = " ".join(places)
            return f'<text xml:space="preserve" x="{at}"{attributes}>{text}</text>'
        return "".join(
            f'<text x="{at}"{attributes}>{html.escape(character)}</text>'
            for at, character in zip(places, characters, strict=True)
        )

    svg = re.sub(r"<text([^>]*)>([^<]*)</text>", placed, svg)
    return svg.replace("<style>", "<style>text { font-variant-ligatures: none; }", 1)


async def pictures() -> dict[str, str]:
    """All of them, by name."""
    made: dict[str, str] = {}
    for size in SIZES:
        for theme in THEMES:
            made[f"operate-{size[0]}x{size[1]}-{theme}"] = await picture(size, theme)
    made["confirm-120x40-dark"] = await proposal((120, 40), "dark")
    for width, height in SIZES:
        made[f"experiment-{width}x{height}-dark"] = await experiment((width, height), "dark")
    for theme in THEMES[1:]:
        made[f"experiment-120x40-{theme}"] = await experiment((120, 40), theme)
    made["experiment-new-120x40-dark"] = await draft((120, 40), "dark")
    return made


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        os.environ["DRIFTTY_CONFIG_DIR"] = os.environ["DRIFTTY_DATA_DIR"] = own
        folder = Path(sys.argv[1] if sys.argv[1:] else "docs/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in asyncio.run(pictures()).items():
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
