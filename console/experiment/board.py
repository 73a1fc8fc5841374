"""What the Experiment screen shows of one experiment: a fold over its results, look by look."""

from typing import Literal, NamedTuple, TypeAlias

from console.experiment.naming import columns, names
from console.experiment.watched import Watched
from console.experimenting import UnderWay
from console.factorial import elements_of
from engine.divergence import DivergenceRate
from engine.drift.lever import Levers
from engine.drift.margin import TurnMargin
from engine.drift.racing import RacePlan
from engine.drift.result import Axis, RunResult
from engine.drift.survival import Incidence
from engine.drift.tallies import PairTally
from engine.events import Outcome
from engine.experiment import Cell, Experiment

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
"""A config's letter, in the table and on every plot: the sign that is not a colour."""
SERIES = 8
"""Colours that a theme has for configs; further ones begin again."""

Standing: TypeAlias = Outcome | Literal["running", "to come", "dropped"]
"""Of a cell. `dropped`: it is not run, because a person stopped its config."""


class Mark(NamedTuple):
    """How a config is called where there is little room."""

    letter: str
    style: str
    name: str
    """What tells it from the others, for sentences; safe to draw."""
    columns: str
    """The same for tables: where many configs are of one seed, its elements in columns."""


class Seen(NamedTuple):
    """A cell at this moment."""

    standing: Standing
    turn: int
    """Of a run under way; 0 until its model is asked, and of all others."""


class Board:
    """One experiment, ready to draw. `look` takes in what is new; everything else is a question."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self.now = watched.snapshot
        """As of the last look."""
        self.version = 0
        """Grows whenever a look found anything else."""
        self.chosen = 0
        """The config that plots bring out, by its index."""
        called = names(self.experiment)
        self.marks = tuple(
            Mark(LETTERS[index % len(LETTERS)], f"series-{index % SERIES + 1}", name, tabular)
            for index, (name, tabular) in enumerate(
                zip(called, columns(self.experiment, called), strict=True)
            )
        )
        self.elements = _elements(watched)
        """Of each config, those that are on; none for configs apart from the factorial."""
        self.varied = len({each for each in self.elements if each is not None}) > 1
        """Whether any element is on in some configs and off in others, so that it can be compared."""
        self.divergence: DivergenceRate | None = None
        """How often lower precision changed a token, as far as that was measured and read."""
        self._tally = watched.tally
        self._levers: dict[Axis, Levers] = {}
        self._under_way = {each.cell: each for each in self.now.under_way}
        self._n = self.experiment.n

    @property
    def experiment(self) -> Experiment:
        """What is run."""
        return self._watched.kept.experiment

    @property
    def watched(self) -> Watched:
        """What is looked at."""
        return self._watched

    def look(self) -> bool:
        """Take in how it stands now; whether anything is else than before."""
        before, self.now = self.now, self._watched.snapshot
        if before == self.now and self._n == self.experiment.n:
            return False
        if self._tally is not self._watched.tally:
            self._tally = self._watched.tally
            self._levers.clear()
        self._n = self.experiment.n
        self.version += 1
        self._under_way = {each.cell: each for each in self.now.under_way}
        return True

    def choose(self, config: int) -> bool:
        """Bring a config out; whether it is another."""
        config = min(max(config, 0), len(self.marks) - 1)
        if config == self.chosen:
            return False
        self.chosen = config
        self.version += 1
        return True

    def seen(self, cell: Cell) -> Seen:
        """How a cell stands."""
        running = self._under_way.get(cell)
        if running is not None:
            return Seen("running", running.turn)
        result = self._watched.result(cell)
        if result is not None:
            return Seen(result.outcome, 0)
        return Seen("dropped" if cell.config in self.now.dropped else "to come", 0)

    def result(self, cell: Cell) -> RunResult | None:
        """What a cell came to; none while it is not over."""
        return self._watched.result(cell)

    def running(self, cell: Cell) -> UnderWay | None:
        """A cell's run, while it goes on."""
        return self._under_way.get(cell)

    @property
    def results(self) -> list[RunResult]:
        """What counts of each config's runs, in planned order."""
        tally = self._watched.tally
        return [each for config in range(len(self.marks)) for each in tally.counted(config)]

    def survival(self, config: int) -> tuple[Incidence, ...]:
        """When a config's runs drift or exit: of those that may be counted yet."""
        return self._watched.tally.survival(config)

    def margin(self, config: int) -> tuple[TurnMargin, ...]:
        """How likely a config's operator is to begin a command, turn by turn."""
        return self._watched.tally.margins(config).by_turn

    def levers(self, axis: Axis) -> tuple[PairTally, ...]:
        """What may be said of each element while one watches."""
        return self._tests(axis).standing()

    @property
    def untested(self) -> tuple[str, ...]:
        """Elements that some configs have and others lack, and that no two configs differ in alone:
        there is no test of them that may be watched.
        """
        every = [each for each in self.elements if each is not None]
        differing = frozenset[str]().union(*every) - frozenset.intersection(*every) if every else ()
        tested = self._tests("clean").elements
        return tuple(sorted(name for name in differing if name not in tested))

    @property
    def race(self) -> RacePlan | None:
        """The race, where this one is run until it is decided."""
        plan = self._watched.plan
        return plan if isinstance(plan, RacePlan) else None

    def _tests(self, axis: Axis) -> Levers:
        if axis not in self._levers:
            self._levers[axis] = Levers(self._watched.tally, self.elements, axis)
        return self._levers[axis]


def _elements(watched: Watched) -> tuple[frozenset[str] | None, ...]:
    """The elements of the configs that can be compared by them: those of one seed."""
    experiment, typed = watched.kept.experiment, watched.kept.placement.factorial
    if not typed:
        seeds = [config.seed for config in experiment.configs]
        typed = max(seeds, key=seeds.count)
    return elements_of(experiment, typed)
