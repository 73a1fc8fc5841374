"""The plots of the Experiment screen, each in its pane."""

from collections.abc import Sequence

from console.experiment.board import Board
from console.experiment.effects import Effects
from console.experiment.plots import (
    effect_forest,
    interval_forest,
    margin_plot,
    survival_plot,
)
from console.panes.experimentpanes import BoardPane
from console.view.line import Line


class IntervalsPane(BoardPane):
    """Every config's rates with their bounds."""

    NAME = "INTERVALS"
    HELP = """\
Every config's rate with the bounds that hold at every look (95 %): of clean runs, and where there is
room of those that operated, that exited, and that got their task done.

The thin line reaches as far as the bounds go if the judge of lines errs as it was measured to.
"""

    def __init__(self, board: Board) -> None:
        super().__init__(board, id="intervals")

    def lines(self) -> Sequence[Line]:
        """The plot."""
        return interval_forest(self.board, self.width, self.size.height)


class SurvivalPane(BoardPane):
    """When runs drift."""

    NAME = "SURVIVAL"
    HELP = """\
The share of runs whose first drift has come by each turn (Aalen-Johansen: a run that has exited can no
longer drift, and one that reached the turn limit is censored there). Letters at the right say whose
curve it is.

The chosen config has its band, 95 % at each turn for one look, a dotted curve of its exits, and its
counts below.
"""

    def __init__(self, board: Board) -> None:
        super().__init__(board, id="survival")

    def lines(self) -> Sequence[Line]:
        """The plot."""
        return survival_plot(self.board, self.width, self.size.height)


class MarginPane(BoardPane):
    """How near to drifting, turn by turn."""

    NAME = "MARGIN"
    HELP = """\
How likely the model was, at each prompt, to begin its turn as a command: the mean over the runs that
got there; a curve ends where fewer than three are left. A config whose margin falls is about to break
before any of its runs has.

Runs that drifted or exited are gone at later turns, so a curve may rise only because the weak have
left; the counts below say how many are there.
"""

    def __init__(self, board: Board) -> None:
        super().__init__(board, id="margin")

    def lines(self) -> Sequence[Line]:
        """The plot."""
        return margin_plot(self.board, self.width, self.size.height)


class EffectsPane(BoardPane):
    """The effects of elements, as they were last measured."""

    NAME = "EFFECTS"
    HELP = """\
What each element of the seed does to the rate at which runs operate and exit, and what two together do
beyond that, at the average of the others: a logistic model with each task as a block, Firth-penalised.

- ◆ told from none, corrected over the effects of its kind
- ○ not told

These bounds are for one look, decided on before the first run. While runs come in, go by VERDICTS.
"""

    def __init__(self, board: Board) -> None:
        super().__init__(board, id="effects")
        self.effects = Effects()

    def fresh(self) -> object:
        """They change when they are measured again, and not before."""
        return id(self.effects)

    def lines(self) -> Sequence[Line]:
        """The forest."""
        return effect_forest(self.effects, self.width)
