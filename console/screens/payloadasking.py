"""What the model is asked about the prompt in view: to score its completion, to weigh its turns."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from console.safe import clean_line
from console.view.inspected import Inspected
from engine.errors import DrifttyError
from engine.influence import Influence

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.payload import PayloadScreen


class Asks:
    """Actions of the Payload screen that need a model; one question at a time."""

    def action_matters(self) -> None:
        """Ask how much each seed turn matters; while it is asked, stop asking."""
        screen = cast("PayloadScreen", self)
        if screen.tells.asking:
            self._stop()
            screen.sync()
            screen.notify("Stopped; what was found is not kept.", timeout=3)
            return
        shown = screen.tells.shown
        if shown is None or screen.tells.weights:
            if shown is not None:
                screen.inspecting.show(shown.sent, screen.priming)
            return
        missing = screen.inspecting.missing(shown.sent)
        if missing:
            screen.notify(clean_line(f"It cannot be asked: {missing}."), timeout=6, markup=False)
        elif not shown.sent.seed_turns:
            screen.notify("This prompt has no seed turns to weigh.", timeout=4)
        else:
            self._stop()
            screen.index = screen.place  # what is weighed stays in view
            self._weighed(shown, ())
            screen.work = screen.run_worker(
                self._weigh(shown), group="payload-ask", exit_on_error=True
            )

    def _score_if_shown(self) -> None:
        """Ask the model about a completion that is looked at and has ended, where it can be asked."""
        screen = cast("PayloadScreen", self)
        shown = screen.tells.look_at(screen.view, screen.place)
        if screen.tab != "completion" or shown is None or screen.tells.asking:
            return
        sent, prompt = shown.sent, screen.tells.prompt
        if not sent.wrote.ids or not sent.wrote.reason or screen.tells.asked is prompt:
            return
        if screen.inspecting.scored(sent) is None and not screen.inspecting.missing(sent):
            screen.tells.asked = prompt  # once, also where it fails
            screen.work = screen.run_worker(
                self._score(shown), group="payload-ask", exit_on_error=True
            )

    async def _score(self, shown: Inspected) -> None:
        screen = cast("PayloadScreen", self)
        try:
            await screen.inspecting.score(shown.sent)
        except DrifttyError as error:
            cast("DrifttyApp", screen.app).complain(error)
        screen.tells.version += 1
        screen.sync()

    async def _weigh(self, shown: Inspected) -> None:
        screen = cast("PayloadScreen", self)
        found: list[Influence] = []
        try:
            async for one in screen.inspecting.weigh(shown.sent, screen.priming):
                found.append(one)
                self._weighed(shown, found)
        except DrifttyError as error:
            cast("DrifttyApp", screen.app).complain(error)
        screen.tells.asking = ""
        screen.tells.version += 1
        screen.sync()

    def _weighed(self, shown: Inspected, found: Sequence[Influence]) -> None:
        screen = cast("PayloadScreen", self)
        screen.tells.asking = f"weighing turn {len(found)} of {shown.sent.seed_turns} · m stops"
        screen.tells.partly = tuple(found)
        screen.tells.version += 1
        screen.sync()

    def _stop(self) -> None:
        """Ask the model no further."""
        screen = cast("PayloadScreen", self)
        if screen.work is not None and screen.work.is_running:
            screen.work.cancel()
        screen.work, screen.tells.asking, screen.tells.partly = None, "", ()
        screen.tells.asked = None
        screen.tells.version += 1
