"""One config's results, brought from the order of finishing into the order of the plan."""

from collections import Counter
from functools import lru_cache

from engine.drift.interval import Interval, confidence_sequence
from engine.drift.result import Axis, RunResult
from engine.drift.tallies import ConfigTally, TaskTally
from engine.events import DriftKind, Outcome

_AXES: tuple[Axis, ...] = ("clean", "operated", "exited", "done")

_interval = lru_cache(maxsize=4096)(confidence_sequence)
"""Every look asks for the same few again; one costs a tenth of a millisecond."""


class Lane:
    """A config's places in the plan, replicate by replicate and task by task within each."""

    def __init__(self, tasks: int) -> None:
        self._tasks = tasks
        self._results: dict[int, RunResult] = {}
        self.known = 0
        """Places up to the first whose run is not over."""
        self.counted: list[RunResult] = []
        """The runs at the known places, without those that say nothing about the operator."""
        self._so_far: Counter[tuple[Axis, bool]] = Counter()
        self._rounds: Counter[tuple[Axis, bool]] = Counter()
        self._in_rounds = 0
        self._outcomes: Counter[Outcome] = Counter()
        self._finished: Counter[tuple[Axis, bool]] = Counter()
        self._kinds: Counter[DriftKind] = Counter()
        self._drift_turns: Counter[int] = Counter()
        self._by_task = [[0, 0] for _ in range(tasks)]
        self._operating_turns = 0
        self._longest = 0
        self._tokens = 0
        self._took = 0

    def put(self, result: RunResult) -> bool:
        """Take in a result; false where its place has one."""
        place = result.replicate * self._tasks + result.task
        if place in self._results:
            return False
        self._results[place] = result
        self._outcomes[result.outcome] += 1
        if result.counts:
            self._count(result)
        while (reached := self._results.get(self.known)) is not None:
            self._advance(reached)
        return True

    def at(self, place: int, axis: Axis) -> bool | None:
        """What the run at a known place came to on an axis; none where it does not count."""
        result = self._results[place]
        return result.on(axis) if result.counts else None

    @property
    def lines(self) -> float:
        """How many lines of a run that operates could be misjudged: about one a turn.

        The mean over the runs that operated; where none did, the longest run's, on the safe side.
        """
        operated = self._finished["operated", True]
        return self._operating_turns / operated if operated else float(self._longest)

    def interval(self, axis: Axis, alpha: float) -> Interval:
        """What may be said of the rate on an axis, over the complete rounds of tasks."""
        return _interval(self._rounds[axis, True], self._rounds[axis, False], alpha)

    def tally(self, name: str, alpha: float) -> ConfigTally:
        """How the config stands."""
        n = sum(self._outcomes[each] for each in ("clean", "drift", "no-exit"))
        checked = self._finished["done", True] + self._finished["done", False]
        return ConfigTally(
            config=name,
            n=n,
            clean=self._outcomes["clean"],
            drift=self._outcomes["drift"],
            no_exit=self._outcomes["no-exit"],
            fault=self._outcomes["fault"],
            stopped=self._outcomes["stopped"],
            operated=self._finished["operated", True],
            exited=self._finished["exited", True],
            done=self._finished["done", True],
            checked=checked,
            clean_interval=self.interval("clean", alpha),
            operated_interval=self.interval("operated", alpha),
            exited_interval=self.interval("exited", alpha),
            done_interval=self.interval("done", alpha) if checked else None,
            waiting=n - self._in_rounds,
            drift_kinds=dict(self._kinds.most_common()),
            median_drift_turn=_median(self._drift_turns),
            tokens=self._tokens,
            seconds=self._took / n / 1e9 if n else None,
            tasks=tuple(TaskTally(task, *both) for task, both in enumerate(self._by_task)),
        )

    def _count(self, result: RunResult) -> None:
        for axis in _AXES:
            went = result.on(axis)
            if went is not None:
                self._finished[axis, went] += 1
        if result.drift_kind is not None:
            self._kinds[result.drift_kind] += 1
        if result.drift_turn is not None:
            self._drift_turns[result.drift_turn] += 1
        self._by_task[result.task][0] += 1
        self._by_task[result.task][1] += result.outcome == "clean"
        self._operating_turns += result.turns if result.operated else 0
        self._longest = max(self._longest, result.turns)
        self._tokens += result.tokens
        self._took += result.took

    def _advance(self, result: RunResult) -> None:
        self.known += 1
        if result.counts:
            self.counted.append(result)
            for axis in _AXES:
                went = result.on(axis)
                if went is not None:
                    self._so_far[axis, went] += 1
        if self.known % self._tasks == 0:
            self._rounds = self._so_far.copy()
            self._in_rounds = len(self.counted)


def _median(turns: Counter[int]) -> float | None:
    """Of a count per turn; between the two in the middle where there are two."""
    total = turns.total()
    if total == 0:
        return None
    middle = [(total - 1) // 2, total // 2]
    seen, found = 0, []
    for turn in sorted(turns):
        found += [turn for rank in middle if seen <= rank < seen + turns[turn]]
        seen += turns[turn]
    return sum(found) / 2
