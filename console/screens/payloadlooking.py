"""How a person looks at the prompt in view: its tokens' boundaries and ids, searched, and copied."""

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from console.panes.payload import TokensPane
from console.screens.dialog import Ask
from console.view import inspectcopy
from console.view.inspected import Inspected

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.payload import PayloadScreen

COPIES: dict[str, Callable[[Inspected], str]] = {
    "text": inspectcopy.as_text,
    "messages": inspectcopy.as_messages,
    "ids": inspectcopy.as_ids,
    "python": inspectcopy.as_python,
    "curl": inspectcopy.as_curl,
}


class Looks:
    """Actions of the Payload screen that change what is seen, not what is asked."""

    def action_boundaries(self) -> None:
        """Show where each token begins, or no longer."""
        screen = cast("PayloadScreen", self)
        self._manner(boundaries=not screen.query_one(TokensPane).manner.boundaries)

    def action_ids(self) -> None:
        """Show ids, or no longer."""
        screen = cast("PayloadScreen", self)
        self._manner(ids=not screen.query_one(TokensPane).manner.ids)

    def action_copy_as(self, form: str) -> None:
        """Copy the prompt as something."""
        screen = cast("PayloadScreen", self)
        if screen.tells.shown is not None:
            cast("DrifttyApp", screen.app).copied(COPIES[form](screen.tells.shown))

    def action_search(self) -> None:
        """Ask for a text and go to where it is."""
        screen = cast("PayloadScreen", self)
        screen.app.push_screen(
            Ask("Search", "In this tab; ] and [ go on.", screen.pane.found), self._find
        )

    def action_hit(self, by: int) -> None:
        """The next place of the search, or the previous."""
        screen = cast("PayloadScreen", self)
        self._find(screen.pane.found or None, backwards=by < 0, again=True)

    def _find(self, text: str | None, backwards: bool = False, again: bool = False) -> None:
        screen = cast("PayloadScreen", self)
        if text and not screen.pane.search(text, backwards=backwards, again=again):
            screen.notify("It is not here.", severity="warning", timeout=3)

    def _manner(self, **changed: bool) -> None:
        screen = cast("PayloadScreen", self)
        pane = screen.query_one(TokensPane)
        pane.manner = pane.manner._replace(**changed)
        pane.restyle()
