"""What of a config is a curve over turns: when its runs drift, and how near they are to it."""

from collections.abc import Sequence

from engine.drift.interval import ALPHA
from engine.drift.margin import Margins
from engine.drift.result import RunResult
from engine.drift.survival import FirstDrift, Incidence


class Curves:
    """The curves of a config's runs as they come to count, each taken in once."""

    def __init__(self, counted: Sequence[RunResult]) -> None:
        """`counted`: a list that grows at its end, as `Tally.counted` does."""
        self._counted = counted
        self._fed = 0
        self._first_drift = FirstDrift()
        self._margins = Margins()

    def survival(self, alpha: float = ALPHA) -> tuple[Incidence, ...]:
        """How likely the first drift is to have come by each turn, an exit competing."""
        self._catch_up()
        return self._first_drift.curve(alpha)

    @property
    def margins(self) -> Margins:
        """How likely turns are to begin with a command."""
        self._catch_up()
        return self._margins

    def _catch_up(self) -> None:
        for result in self._counted[self._fed :]:
            self._first_drift.feed(result)
            self._margins.feed(result.margins)
        self._fed = len(self._counted)
