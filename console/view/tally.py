"""What the runs of this process came to so far, counted per config."""

from collections import Counter

from console.view.figures import number
from engine.events import AnyEvent, Outcome, RunEnded, SessionStarted

COUNTED: tuple[Outcome, ...] = ("clean", "drift", "no-exit")
"""Outcomes that say something about the operator; the others say something about the machine or
the person and stay out of the denominator."""


class TallyView:
    """Counts of outcomes per config name, over every session folded so far."""

    def __init__(self) -> None:
        self.version = 0
        self.config = ""
        """The config in view: that of the session under way or of the choice on screen."""
        self.counts: dict[str, Counter[Outcome]] = {}
        self.done: dict[str, Counter[bool]] = {}
        """Per config, how many runs with a task check were done and not done."""

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case SessionStarted(spec=spec):
                self.show(spec.config.name)
            case RunEnded():
                self.version += 1
                self.counts.setdefault(self.config, Counter())[event.outcome] += 1
                if event.done is not None:
                    self.done.setdefault(self.config, Counter())[event.done] += 1

    def show(self, config: str) -> None:
        """Bring a config into view."""
        if config != self.config:
            self.version += 1
            self.config = config

    def runs(self, config: str) -> int:
        """How many runs of a config count."""
        counts = self.counts.get(config, Counter())
        return sum(counts[outcome] for outcome in COUNTED)

    def others(self) -> list[str]:
        """The other configs with any run, most runs first."""
        return sorted(
            (name for name in self.counts if name != self.config),
            key=lambda name: (-self.counts[name].total(), name),
        )

    def words(self, config: str) -> str:
        """What may be said of a config's runs, in one sentence."""
        runs = self.runs(config)
        if runs == 0:
            return "No run has counted yet."
        if runs == 1:
            return "1 run: nothing can be concluded from it."
        return f"{number(runs, 'run')}: counts, not a rate; the next may go the other way."
