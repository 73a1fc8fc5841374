"""A copy of a recording, or a picture of the moment in view, for other programs."""

from typing import TYPE_CHECKING, cast

from console.safe import clean_line
from console.screens.sessionsexport import ExportDialog
from console.screens.sessionskeeping import write
from engine.errors import DrifttyError
from sessions.library import Library

if TYPE_CHECKING:
    from console.screens.replay import ReplayScreen


class Takes:
    """Actions of the Replay screen that write its recording to a file."""

    def action_export(self) -> None:
        """Ask for a format and a file; a picture is of the moment in view."""
        screen = cast("ReplayScreen", self)
        screen.replay.playback.pause()
        screen.run_worker(self._export(), group="export", exclusive=True)

    async def _export(self) -> None:
        screen = cast("ReplayScreen", self)
        at = screen.replay.index.at(screen.replay.position)
        try:
            async with Library.holding(screen.recording) as library:
                summary = await library.find(screen.recording)
            wanted = await screen.app.push_screen_wait(ExportDialog(summary, at))
            if wanted is not None:
                said = await write(screen.recording, wanted)
                screen.notify(clean_line(said), timeout=4, markup=False)
        except DrifttyError as error:
            screen.notify(clean_line(str(error)), severity="error", timeout=8, markup=False)
