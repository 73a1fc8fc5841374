"""Pictures of the Payload screen for the documentation: `python -m tests.console.screenshots_payload
[folder]`. They show recordings that ship."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from console.replay import OpenAt
from console.screens.payload import PayloadScreen
from console.screens.replay import ReplayScreen
from tests.console.open import console, screen_text, settled
from tests.console.played import until
from tests.console.screenshots import exact

SHOTS: tuple[tuple[str, str, tuple[int, int], tuple[str, ...]], ...] = (
    ("payload-120x40-dark", "shipped:error", (120, 40), ()),
    ("payload-200x60-dark", "shipped:error", (200, 60), ("b",)),
    ("payload-80x24-dark", "shipped:error", (80, 24), ()),
)


async def picture(session: str, size: tuple[int, int], pressed: tuple[str, ...]) -> str:
    """The screen on the last prompt of a recording, after some keys."""
    app = console()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        replay = ReplayScreen(session, OpenAt(at_end=True))
        await app.push_screen(replay)
        await until(lambda: replay.replay.surveyed and replay.replay.resting)
        await pilot.press("f3")
        await until(lambda: isinstance(app.screen, PayloadScreen))
        await until(lambda: "prompt" in screen_text(app))
        for key in pressed:
            await pilot.press(key)
            await settled(pilot)
        await pilot.pause()
        return exact(app.export_screenshot(title="driftty"))


async def main(folder: Path) -> None:
    """Draw all of them."""
    for name, session, size, pressed in SHOTS:
        (folder / f"{name}.svg").write_text(await picture(session, size, pressed))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home:
        for kind in ("DATA", "CONFIG", "RUNTIME"):
            os.environ[f"DRIFTTY_{kind}_DIR"] = f"{home}/{kind.lower()}"
        asyncio.run(main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/screenshots")))
