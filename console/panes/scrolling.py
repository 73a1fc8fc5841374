"""Scrolling by keys, at once: a page that slides into view is not there while it slides."""

from textual.actions import SkipAction
from textual.scroll_view import ScrollView


class ScrollsAtOnce(ScrollView):
    """A scroll view whose keys do not animate; a key that is held moves by every repeat of it."""

    def action_scroll_up(self) -> None:
        """A row up."""
        self._scroll(-1)

    def action_scroll_down(self) -> None:
        """A row down."""
        self._scroll(1)

    def action_page_up(self) -> None:
        """A page up; one row of the last page stays in view."""
        self._scroll(1 - max(2, self.size.height))

    def action_page_down(self) -> None:
        """A page down; one row of the last page stays in view."""
        self._scroll(max(2, self.size.height) - 1)

    def _scroll(self, rows: int) -> None:
        if not self.allow_vertical_scroll:
            raise SkipAction
        self.scroll_to(y=self.scroll_offset.y + rows, animate=False)
