"""The preview pane: the session under the cursor, read."""

from collections.abc import Sequence

from console.panes.text import TextPane
from console.view.line import Line


class PreviewPane(TextPane):
    """Facts over a stretch of the transcript; a new session is shown from its top."""

    NAME = "PREVIEW"
    HELP = """\
The session under the cursor: what it came to and why, what it was asked, and the end of its \
transcript, or the stretch up to its first drift.
"""

    def __init__(self) -> None:
        super().__init__(id="session-preview")
        self.following = False
        self.of: object = None
        """What is shown."""

    def preview(self, of: object, lines: Sequence[Line]) -> None:
        """Show lines about something; `of` tells whether it is the same as before."""
        new, self.of = of != self.of, of
        self.following = False
        self.show(lines)
        if new:
            self.scroll_home(animate=False)
