"""A console on a scripted driver in a process of its own: `python -m tests.console.opened [break]`.

It writes the folder's file `stopped` when its driver was told to end the session, and with `break`
it meets an event that no view can fold.
"""

import asyncio
import sys

from console.app import DrifttyApp
from engine import folders
from tests.console.open import console
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE, Story


class Marking(ScriptedDriver):
    """Leaves a file behind when it was told to stop."""

    async def stop(self) -> None:
        await super().stop()
        (folders.data() / "stopped").touch()


async def main(broken: bool) -> int:
    """Open it, start a session, and break it if asked."""
    folders.data().mkdir(parents=True, exist_ok=True)
    driver = Marking()
    driver.script = lambda planned: [*Story(planned).bring_up(), *Story(planned).asked()]
    app: DrifttyApp = console(driver)

    def begin() -> None:
        driver.worker("ready", provenance=PROVENANCE)
        app.desk.again()
        if broken:
            app.set_timer(0.2, lambda: app.view.priming.live.append(None))  # type: ignore[arg-type]
            app.set_timer(
                0.3, lambda: driver.tell(Story(app.desk.plan.spec).grow("user", "x", "shell"))
            )

    app.call_later(begin)
    status = await app.run_async()
    return status or 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main("break" in sys.argv)))
