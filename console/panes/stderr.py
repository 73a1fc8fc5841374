"""The STDERR pane: the operator's own words, dimmed, apart from what the shell prints."""

from console.panes.text import TextPane
from console.view.stderr import StderrView


class StderrPane(TextPane):
    """Reasoning, comments, the line being written, verdicts and drift."""

    NAME = "STDERR"
    HELP = """\
What the operator writes, as it writes it, apart from what its shell prints.

- `┊` reasoning or a comment: it never reaches the shell
- `›` a command; the words after it say why it was taken for one
- `✗` a line that is no command, and `└` why; `▲ DRIFT` marks where it stopped operating
- `!` something happened to the run; `⊘` a command that did not run
"""

    def __init__(self, view: StderrView) -> None:
        super().__init__(id="stderr")
        self._view = view
        self._seen = -1
        self._dropped = 0

    def sync(self) -> None:
        """Take in what changed."""
        if self._view.version == self._seen:
            return
        lines = self._view.lines()
        self._seen = self._view.version
        dropped = self._view.log.dropped
        gone, self._dropped = dropped - self._dropped, dropped
        self.show(lines, dropped=max(0, gone))
