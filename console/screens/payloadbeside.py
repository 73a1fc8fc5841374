"""The prompt in view beside those of another recording: two sessions, or two configs, by token."""

from typing import TYPE_CHECKING, cast

from console.prompts import prompts_of
from console.screens.replaychoose import ChooseRecording
from engine.errors import DrifttyError

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.payload import PayloadScreen


class PutsBeside:
    """Action of the Payload screen that compares with another session."""

    def action_beside(self) -> None:
        """Choose another recording to compare with; again, and it is its own prompts once more."""
        screen = cast("PayloadScreen", self)
        if screen.tells.beside is not None:
            screen.tells.put_beside(None)
            screen.action_tab("difference")
            return
        screen.app.push_screen(ChooseRecording(screen.view.session), self._beside)

    def _beside(self, session: str | None) -> None:
        screen = cast("PayloadScreen", self)
        if session is not None:
            screen.run_worker(self._read_beside(session), group="payload-read", exit_on_error=True)

    async def _read_beside(self, session: str) -> None:
        screen = cast("PayloadScreen", self)
        try:
            view = await prompts_of(session)
        except DrifttyError as error:
            cast("DrifttyApp", screen.app).complain(error)
            return
        screen.tells.put_beside(view)
        screen.action_tab("difference")
