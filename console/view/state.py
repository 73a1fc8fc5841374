"""Everything the screen shows, as one fold over events."""

from console.view.header import HeaderView
from console.view.lint import LintView
from console.view.payload import PayloadView
from console.view.priming import PrimingView
from console.view.proposal import ProposalView
from console.view.shell import ShellView
from console.view.stages import StagesView
from console.view.stderr import StderrView
from console.view.tally import TallyView
from engine.events import AnyEvent


class ViewState:
    """The concerns of the screen. Each has a `version` that grows when what it shows changed.

    Live events, a recording's and a test's are folded by the same code. `SessionStarted` begins
    every concern anew but the tally, which goes on counting.
    """

    def __init__(self) -> None:
        self.header = HeaderView()
        self.shell = ShellView()
        self.stderr = StderrView()
        self.priming = PrimingView()
        self.stages = StagesView()
        self.tally = TallyView()
        self.proposal = ProposalView()
        self.payload = PayloadView()
        self.lint = LintView(self.priming, self.payload)
        self._folds = (
            self.stderr.apply,
            self.shell.apply,
            self.stages.apply,
            self.priming.apply,
            self.payload.apply,
            self.proposal.apply,
            self.tally.apply,
            self.header.apply,
        )

    def apply(self, event: AnyEvent) -> None:
        """Fold one event into every concern."""
        for fold in self._folds:
            fold(event)
