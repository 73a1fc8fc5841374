"""One-line bars over the foot of a pane: a proposed command to decide on, and a search."""

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from console.keymap import bindings
from console.safe import clean_line


class CommandInput(Input):
    """The proposed command, to be run as it is or changed first."""

    BINDINGS = bindings("proposal")

    class Decided(Message):
        """A person's word: the command as it stands, or none for a veto."""

        def __init__(self, command: str | None) -> None:
            super().__init__()
            self.command = command

    def action_run(self) -> None:
        """Run it."""
        self.post_message(self.Decided(self.value))

    def action_veto(self) -> None:
        """Refuse it."""
        self.post_message(self.Decided(None))


class ProposalBar(Vertical):
    """The command that waits for a word; shown only while one does."""

    def __init__(self) -> None:
        super().__init__(id="proposal")
        self._shown = ""

    def compose(self) -> ComposeResult:
        """A line that says what is asked, and the command."""
        yield Static(id="proposal-words")
        with Horizontal(id="proposal-row"):
            yield Static(Text("$ "), id="proposal-mark")
            yield CommandInput(id="proposal-input", compact=True, select_on_focus=False)

    def ask(self, command: str, turn: int) -> None:
        """Show a command; what a terminal would obey in it is shown instead."""
        words = Text(f"◆ turn {turn} wants to run   ")
        words.append("⏎", "bold").append(" run it, changed or not   ")
        words.append("esc", "bold").append(" veto")
        self.query_one("#proposal-words", Static).update(words)
        entry = self.query_one(CommandInput)
        self._shown = entry.value = clean_line(command)
        entry.cursor_position = len(entry.value)


class SearchInput(Input):
    """What to look for."""

    BINDINGS = bindings("search")

    class Sought(Message):
        """A person wants the next place, or (`text` none) no search any more."""

        def __init__(self, text: str | None, *, again: bool = False) -> None:
            super().__init__()
            self.text, self.again = text, again

    def action_accept(self) -> None:
        """The next place."""
        self.post_message(self.Sought(self.value, again=True))

    def action_close(self) -> None:
        """Close the bar."""
        self.post_message(self.Sought(None))


class SearchBar(Horizontal):
    """A search over the foot of a pane; shown only while there is one."""

    def __init__(self) -> None:
        super().__init__(id="search")

    def compose(self) -> ComposeResult:
        """The glyph, the text, and what came of it."""
        yield Static(Text("/ "), id="search-mark")
        yield SearchInput(id="search-input", compact=True)
        yield Static(id="search-words")

    def say(self, words: str) -> None:
        """Say what came of it."""
        self.query_one("#search-words", Static).update(Text(words))
