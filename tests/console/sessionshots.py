"""Pictures of the Sessions screen: `python -m tests.console.sessionshots [folder]`.

The recordings are stories as in the tests, at three sizes and in the three themes, as SVG.
"""

import asyncio
import os
import sys
import tempfile
from pathlib import Path

import msgspec

from console.screens.sessions import SessionsScreen
from engine.events import SessionStarted
from sessions import database, packing
from sessions.ids import new_id
from sessions.journal import Entry, Journal
from sessions.shelf import Shelf
from tests.console.open import console, spec
from tests.console.screenshots import exact
from tests.console.story import clean, drifting
from tests.sessions.many import experiment_of

CONFIGS = ("operator+history+exit+prompt", "false-memories+history+prompt", "bare+prompt")
TASKS = ("find the kernel version, save it in kernel.txt", "list the files, then exit")
PICTURES = {
    "sessions-80x24-dark": ((80, 24), "dark"),
    "sessions-120x40-dark": ((120, 40), "dark"),
    "sessions-120x40-light": ((120, 40), "light"),
    "sessions-120x40-high-contrast": ((120, 40), "high-contrast"),
    "sessions-200x60-dark": ((200, 60), "dark"),
}


def record() -> None:
    """Some two dozen recordings, an experiment among them."""
    path, ids = database.default_path(), []
    path.parent.mkdir(parents=True, exist_ok=True)
    journal = Journal(path, live=False)
    for number in range(26):
        session = new_id()
        ids.append(session)
        story = drifting if number % 3 == 2 else clean
        asked = spec(CONFIGS[number % len(CONFIGS)], TASKS[story is clean])
        events = story(asked)
        began = f"2026-06-{12 + number // 8:02}T{8 + number % 8:02}:{7 * number % 60:02}:00+00:00"
        entries = []
        for event in events:
            named = {"session": session} if hasattr(event, "session") else {}
            if isinstance(event, SessionStarted):
                named["began"] = began
            entries.append(Entry(session, *packing.encode(msgspec.structs.replace(event, **named))))
        journal.write(entries)
    journal.close()
    experiment_of(path, ids[8:20], 12)
    Shelf(path).tag(ids[24], ["baseline"])
    Shelf(path).annotate(ids[22], "misspells the path")


async def picture(size: tuple[int, int], theme: str) -> str:
    """The screen with the cursor on a run that drifted."""
    app = console()
    app.wear(theme, keep=False)
    async with app.run_test(size=size) as pilot:
        app.open_sessions()
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, SessionsScreen)
        for key in ("down", "down"):
            while not screen.idle:  # noqa: ASYNC110  # it tells nobody when it rests
                await asyncio.sleep(0.01)
            await pilot.press(key)
        while not screen.idle:  # noqa: ASYNC110  # as above
            await asyncio.sleep(0.01)
        await pilot.pause()
        return exact(app.export_screenshot(title="driftty"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        for kind in ("CONFIG", "DATA", "RUNTIME"):
            os.environ[f"DRIFTTY_{kind}_DIR"] = own
        record()
        folder = Path(sys.argv[1] if sys.argv[1:] else "docs/screenshots")
        folder.mkdir(parents=True, exist_ok=True)
        for name, (size, theme) in PICTURES.items():
            svg = asyncio.run(picture(size, theme))
            (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
