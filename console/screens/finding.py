"""What a person does with panes: search in them."""

from typing import TYPE_CHECKING, cast

from console.panes.bars import SearchBar, SearchInput
from console.panes.layout import PaneName

if TYPE_CHECKING:
    from console.screens.lattice import Lattice


class Finding:
    """Actions of a screen of panes on them."""

    searching: PaneName | None = None
    """The pane with the search bar at its foot."""

    def action_restore(self) -> None:
        """End the search's marks, then the maximised pane."""
        screen = cast("Lattice", self)
        if screen.focused_pane.found:
            screen.focused_pane.search("")
        else:
            screen.maximise(None)

    def action_search(self) -> None:
        """Open the search bar for the focused pane."""
        screen = cast("Lattice", self)
        self.searching = cast(PaneName, screen.focused_pane.id)
        screen.lay_out()
        bar = screen.query_one(SearchBar)
        bar.say("⏎ next   esc close")
        bar.query_one(SearchInput).focus()

    def action_hit(self, step: int) -> None:
        """The next or the previous place of the last search."""
        screen = cast("Lattice", self)
        pane = screen.focused_pane
        pane.search(pane.found, backwards=step < 0, again=True)

    def on_input_changed(self, event: SearchInput.Changed) -> None:
        """Search as it is typed."""
        if isinstance(event.input, SearchInput):
            self._seek(event.value, again=False)

    def on_search_input_sought(self, event: SearchInput.Sought) -> None:
        """Go on, or close the bar."""
        if event.text is not None:
            self._seek(event.text, again=event.again)
            return
        screen = cast("Lattice", self)
        searched, self.searching = self.searching, None
        screen.lay_out()
        if searched is not None:
            screen.set_focus(screen.pane(searched))

    def _seek(self, text: str, *, again: bool) -> None:
        screen = cast("Lattice", self)
        if self.searching is None:
            return
        found = screen.pane(self.searching).search(text, again=again)
        bar = screen.query_one(SearchBar)
        bar.say("⏎ next   esc close" if found or not text else "not found   esc close")
