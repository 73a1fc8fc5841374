"""Pictures of replay for the documentation: `python -m tests.console.screenshots_replay [folder]`."""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

from msgspec.structs import replace

from console.replay import OpenAt
from console.screens.replay import ReplayScreen
from engine.events import AnyEvent, SessionStarted, TokensSampled
from sessions.recorder import Recorder
from tests.console.open import console, screen_text, settled
from tests.console.played import until
from tests.console.screenshots import SIZES, exact, planned
from tests.console.story import drifting

OTHER = "20260615-120500-beef"


def otherwise(events: list[AnyEvent]) -> list[AnyEvent]:
    """The same session with other tokens in its second turn."""
    found: list[AnyEvent] = []
    for event in events:
        match event:
            case SessionStarted():
                event = replace(event, session=OTHER)
            case TokensSampled(turn=2, position=7):
                event = replace(event, ids=(999,), texts=(" (kernel.txt)",))
        found.append(event)
    return found


async def record() -> str:
    """Both sessions, into the store; returns the first one's id."""
    events = drifting(planned())
    started = events[0]
    assert isinstance(started, SessionStarted)
    async with Recorder.open() as recorder:
        for session, told in ((started.session, events), (OTHER, otherwise(events))):
            for event in told:
                recorder.record(session, event)
    return started.session


async def playing(session: str, size: tuple[int, int]) -> str:
    """Paused where the third turn begins."""
    app = console()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        screen = ReplayScreen(session, OpenAt(3))
        await app.push_screen(screen)
        await until(lambda: screen.replay.surveyed and screen.replay.resting)
        await pilot.pause()
        return exact(app.export_screenshot(title="driftty"))


async def against(session: str, size: tuple[int, int]) -> str:
    """Two sessions side by side."""
    app = console()
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        app.open_comparison(session, OTHER)
        await pilot.pause()
        await until(lambda: "token 8" in screen_text(app))
        return exact(app.export_screenshot(title="driftty"))


async def pictures() -> dict[str, str]:
    """All of them, by name."""
    session = await record()
    made = {f"replay-{w}x{h}-dark": await playing(session, (w, h)) for w, h in SIZES}
    made["against-120x40-dark"] = await against(session, (120, 40))
    return made


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        os.environ["DRIFTTY_CONFIG_DIR"] = os.environ["DRIFTTY_DATA_DIR"] = own
        folder = Path(sys.argv[1] if sys.argv[1:] else "docs/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        for name, svg in asyncio.run(pictures()).items():
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
