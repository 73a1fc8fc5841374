"""A console on a scripted driver in a process of its own: `python -m tests.console.opened [break]`.

It writes the folder's file `stopped` when its driver was told to end the session, and with `break`
it meets an event that no view can fold.
"""

import asyncio
import sys

from console.app import DrifttyApp
from engine import folders
from engine.events import ScrollbackGrew
from tests.console.open import console
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, Story

UNFOLDABLE = ScrollbackGrew(at=10**9, turn=1, added=None)  # type: ignore[arg-type]  # what no view can fold


class Marking(ScriptedDriver):
    """Leaves a file behind when it was told to stop."""

    async def stop(self) -> None:
        await super().stop()
        (folders.data() / "stopped").touch()


async def main(broken: bool) -> int:
    """Open it, start a session, and break it if asked."""
    folders.data().mkdir(parents=True, exist_ok=True)
    driver = Marking()
    last = [UNFOLDABLE] if broken else []
    driver.script = lambda planned: [*Story(planned).bring_up(), *Story(planned).asked(), *last]
    app: DrifttyApp = console(driver)

    def begin() -> None:
        driver.worker("ready", provenance=PROVENANCE)
        app.desk.again()

    app.call_later(begin)
    status = await app.run_async()
    return status or 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main("break" in sys.argv)))
