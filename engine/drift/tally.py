"""The tally: what the runs of an experiment came to, while they come in.

A fold over finished runs, at the same small cost for each. What may be concluded is honest at every
look, because runs count in the order in which they were *planned*: a run that drifts ends sooner, and
counted as they finish the first runs would look worse than they are. So an interval takes in the runs
up to the first that is not over yet, and says how many finished ones wait for their turn. Runs that
broke or that a person stopped are counted apart, and their places passed over.

Several tasks are blocks: an interval moves when each task has been run once more, and is one of the
mean rate over these tasks (a product of chances is at most that of their means, so a round of unequal
tasks speaks against a rate no louder than one of equal tasks does); two configs are compared run by
run on the same task.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import msgspec

from engine.drift.curves import Curves
from engine.drift.evalue import Bet, e_holm
from engine.drift.interval import ALPHA, Interval
from engine.drift.lane import Lane
from engine.drift.margin import Margins
from engine.drift.misjudging import MEASURED, Corrected, corrected
from engine.drift.result import Axis, RunResult, result_of
from engine.drift.survival import Incidence
from engine.drift.tallies import ConfigTally, PairTally
from engine.experiment import Experiment

__all__ = ["Axis", "ConfigTally", "PairTally", "RunResult", "Tally", "result_of"]


class Tally:
    """Counts with their uncertainty over the configs of one experiment."""

    def __init__(
        self,
        configs: Sequence[str],
        *,
        tasks: int = 1,
        alpha: float = ALPHA,
        baseline: int | None = None,
    ) -> None:
        """`configs`: their names. `baseline`: compare each with this one alone, not with every other;
        chosen before the first run, it leaves fewer pairs to correct for.

        Raises `ValueError` for less than one task, an alpha that is not between 0 and 1, and a
        baseline that is none of the configs.
        """
        if tasks < 1 or not 0 < alpha < 1:
            raise ValueError(f"{tasks} tasks at alpha {alpha}: one task at least, alpha in (0, 1)")
        if baseline is not None and not 0 <= baseline < len(configs):
            raise ValueError(f"baseline {baseline}: there are {len(configs)} configs, from 0")
        self.configs = tuple(configs)
        self.tasks = tasks
        self.alpha = alpha
        self.version = 0
        """Grows with every result that is taken in."""
        self._lanes = tuple(Lane(tasks) for _ in configs)
        self._curves = tuple(Curves(lane.counted) for lane in self._lanes)
        self._against = tuple(
            pair for pair in combinations(range(len(configs)), 2) if baseline in (None, *pair)
        )
        self._matches: dict[Axis, tuple[_Match, ...]] = {}

    @classmethod
    def of(
        cls, experiment: Experiment, *, alpha: float = ALPHA, baseline: int | None = None
    ) -> "Tally":
        """An empty tally of an experiment."""
        return cls(experiment.names, tasks=len(experiment.tasks), alpha=alpha, baseline=baseline)

    def feed(self, result: RunResult) -> bool:
        """Take in a finished run; false, and nothing changes, where its cell has a result already.

        Raises `IndexError` for a config or task that is not of this experiment.
        """
        if not (0 <= result.config < len(self.configs) and 0 <= result.task < self.tasks):
            raise IndexError(
                f"config {result.config}, task {result.task}: this tally is of "
                f"{len(self.configs)} configs and {self.tasks} tasks"
            )
        taken = self._lanes[result.config].put(result)
        self.version += taken
        return taken

    def counted(self, config: int) -> Sequence[RunResult]:
        """A config's runs that count, in planned order, up to the first that is not over.

        The same list at every call; it grows at its end.
        """
        return self._lanes[config].counted

    def reached(self, config: int) -> int:
        """How many places of a config's plan, from the first on, are over."""
        return self._lanes[config].known

    def at(self, config: int, place: int, axis: Axis = "clean") -> bool | None:
        """What the run at such a place came to; none where it does not count or was not checked.

        Places go replicate by replicate, and task by task within each.
        """
        return self._lanes[config].at(place, axis)

    def config(self, config: int) -> ConfigTally:
        """How one config stands."""
        return msgspec.structs.replace(
            self._lanes[config].tally(self.configs[config], self.alpha),
            survival=self.survival(config),
            margin=self.margins(config).summary,
        )

    @property
    def all_configs(self) -> tuple[ConfigTally, ...]:
        """How every config stands."""
        return tuple(map(self.config, range(len(self.configs))))

    def interval(self, config: int, axis: Axis = "clean", alpha: float | None = None) -> Interval:
        """What may be said of a config's rate at this and every other look."""
        return self._lanes[config].interval(axis, self.alpha if alpha is None else alpha)

    def corrected(self, config: int) -> tuple[Corrected, ...]:
        """The clean rate's bounds with room for the judge's errors, by each of its measurements."""
        interval = self.interval(config)
        lines = self._lanes[config].lines
        return tuple(
            corrected(interval.successes, interval.failures, lines, judge, self.alpha)
            for judge in MEASURED
        )

    def survival(self, config: int) -> tuple[Incidence, ...]:
        """When a config's runs drift, by turn, over those that count yet in planned order."""
        return self._curves[config].survival(self.alpha)

    def margins(self, config: int) -> Margins:
        """How near a config's runs are to drifting, by turn, over the same runs."""
        return self._curves[config].margins

    def pairs(self, axis: Axis = "clean") -> tuple[PairTally, ...]:
        """How the configs compare; `decided` holds over all pairs together.

        Configs that differ on `operated` and those that differ on `exited` are two questions: the
        correction is over the pairs of the axis that is asked for.
        """
        if axis not in self._matches:
            self._matches[axis] = tuple(
                _Match(a, b, self._lanes[a], self._lanes[b], axis, self.alpha)
                for a, b in self._against
            )
        matches = self._matches[axis]
        for match in matches:
            match.catch_up()
        decided = e_holm([match.bet.peak for match in matches], self.alpha)
        threshold = max(1, len(matches) - sum(decided)) / self.alpha
        return tuple(
            match.tally(self.configs, sure, threshold)
            for match, sure in zip(matches, decided, strict=True)
        )

    def to_document(
        self, experiment: str, *, effects: Iterable[Mapping[str, object]] = ()
    ) -> dict[str, object]:
        """The tally as JSON: one object for the experiment with this id."""
        return {
            "experiment": experiment,
            "alpha": self.alpha,
            "judge": [msgspec.to_builtins(each) for each in MEASURED],
            "configs": [
                {
                    **each.to_document(),
                    "corrected": [one.to_document() for one in self.corrected(at)],
                }
                for at, each in enumerate(self.all_configs)
            ],
            "pairs": [each.to_document() for each in self.pairs()],
            "effects": [dict(each) for each in effects],
        }


class _Match:
    """Two configs, compared place by place of the plan as both have got there."""

    def __init__(self, a: int, b: int, one: Lane, other: Lane, axis: Axis, alpha: float) -> None:
        self._places = (a, b)
        self._lanes = (one, other)
        self._axis: Axis = axis
        self._next = 0
        self.bet = Bet(alpha)
        self._told: tuple[object, PairTally] | None = None

    def catch_up(self) -> None:
        """Bet on the places that both configs have reached since."""
        one, other = self._lanes
        for place in range(self._next, min(one.known, other.known)):
            first, second = one.at(place, self._axis), other.at(place, self._axis)
            if first is not None and second is not None:
                self.bet.feed(first, second)
        self._next = max(self._next, min(one.known, other.known))

    def tally(self, names: Sequence[str], decided: bool, threshold: float) -> PairTally:
        """How the pair stands, where an e-value of `threshold` would decide it next."""
        key = (self.bet.blocks, decided, threshold)
        if self._told is None or self._told[0] != key:
            self._told = (key, self._tell(names, decided, threshold))
        return self._told[1]

    def _tell(self, names: Sequence[str], decided: bool, threshold: float) -> PairTally:
        a, b = (names[place] for place in self._places)
        return PairTally.of(
            self.bet, a, b, decided=decided, threshold=threshold, indices=self._places
        )
