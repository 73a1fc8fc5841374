"""How long an experiment takes, from what earlier ones took, in words that say so."""

from collections.abc import Sequence

import msgspec

from console.experiment.draft import Planned
from console.tallytable import duration
from engine.figures import number
from sessions.kept import Stretch

ENOUGH = 20
"""Runs that were measured before an estimate is given from them."""


class Forecast(msgspec.Struct, frozen=True):
    """What is known of a model's speed here."""

    runs: int = 0
    """That were measured."""
    seconds: float = 0.0
    """They took, many at once, without loading the model."""

    @classmethod
    def of(cls, stretches: Sequence[Stretch]) -> "Forecast":
        """From what was run of a model, the latest first: as many as are enough, so that a machine
        that got faster is not held to its past.
        """
        runs, seconds = 0, 0.0
        for stretch in stretches:
            if runs >= ENOUGH:
                break
            runs += stretch.runs
            seconds += stretch.seconds
        return cls(runs, seconds)

    def sentence(self, planned: Planned) -> str:
        """How long it takes, and what that rests on."""
        if not self.runs or self.seconds <= 0:
            return "not known: this model was not run here before; a first run or two will tell"
        expected = planned.runs * self.seconds / self.runs
        basis = f"at {60 * self.runs / self.seconds:.0f} runs a minute, as the last "
        few = "" if self.runs >= ENOUGH else ": few to go by"
        return f"about {duration(expected)}, {basis}{number(self.runs, 'run')} of this model{few}"
