"""The Operate screen: watch and steer the operator. The panes are placed by the lattice."""

from collections.abc import Iterable

from textual.widget import Widget

from console.keymap import bindings
from console.panes.bars import CommandInput, ProposalBar
from console.panes.header import LiveHeader
from console.panes.placing import put
from console.panes.shell import ShellPane, welcome
from console.panes.standing import stands
from console.screens.lattice import Lattice
from console.screens.steering import Steers
from console.view.state import ViewState
from console.view.worker import WorkerView


class Operate(Steers, Lattice):
    """The panes over the live view, the proposed command, and the words of a person to the run."""

    BINDINGS = bindings("operate")

    def __init__(self, view: ViewState, worker: WorkerView) -> None:
        super().__init__(view)
        self._worker = worker
        self._proposed: str | None = None

    def make_header(self) -> LiveHeader:
        """The run under way, and the model behind it."""
        return LiveHeader(self.view.header, self._worker)

    def make_shell(self) -> ShellPane:
        """The live shell, which takes a person's keys."""
        return ShellPane(self.view.shell, lambda: welcome(self._worker))

    def make_bars(self) -> Iterable[Widget]:
        """The command that waits for a word."""
        yield ProposalBar()

    @property
    def typing(self) -> bool:
        """Whether a person's keys go to the shell."""
        return stands(self) and self.query_one(ShellPane).typing

    @property
    def shell_size(self) -> tuple[int, int]:
        """Columns and rows of the shell pane: what its terminal is to have."""
        pane = self.query_one(ShellPane)
        return max(20, pane.width), max(5, pane.size.height)

    def sync(self) -> None:
        """Draw what changed since the last frame."""
        command = self.view.proposal.command
        if command != self._proposed:
            self._proposed = command
            self._show_proposal(command)
            self.refresh_bindings()
        super().sync()

    def placed(self) -> None:
        """The panes have their size: fill them, and give the shell's terminal that of its pane."""
        super().placed()
        if "shell" in self.boxes:
            self.fit_shell(*self.shell_size)

    def place_bars(self) -> None:
        """Place the proposal and the search."""
        super().place_bars()
        shell = self.boxes.get("shell")
        bar = self.query_one(ProposalBar)
        bar.display = shell is not None and self._proposed is not None
        if shell is not None:
            put(bar, shell.x + 1, shell.bottom - 2, shell.width - 2, 2)

    def _show_proposal(self, command: str | None) -> None:
        bar = self.query_one(ProposalBar)
        had_focus = isinstance(self.focused, CommandInput)
        shell = self.query_one(ShellPane)
        shell.margin_rows = 2 if command is not None else 0
        if command is not None:
            bar.ask(command, self.view.proposal.turn)
        self.place_bars()
        if command is not None and not shell.typing and self.app.screen is self:
            self.query_one(CommandInput).focus()
        elif command is None and had_focus:
            self.set_focus(shell)
