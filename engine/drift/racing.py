"""Which config gets the next run: all of them equally often, or those that may still be the best.

A race spends no runs on a config that cannot be the best any more: one whose rate, at most, is below
what the best has at least. Both bounds are anytime-valid and corrected for the number of configs, so
the best is dropped in at most alpha of all races, however often one looks. It ends when one config is
left, when every pair of those left is separated, or when the runs are spent. That a pair is separated
rests on its e-value, with an alpha of its own (see `engine.drift.evalue`).

Method: successive elimination by confidence sequences, after E. Even-Dar, S. Mannor, Y. Mansour,
"Action elimination and stopping conditions for the multi-armed bandit and reinforcement learning
problems", Journal of Machine Learning Research 7 (2006), with the intervals of
`engine.drift.interval`.
"""

from collections import Counter
from collections.abc import Collection, Iterator

import msgspec

from engine.drift.result import Axis
from engine.drift.tally import Tally
from engine.experiment import Cell


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A race as it stands."""

    left: tuple[int, ...]
    """Configs that may still be the best, by their index."""
    out: tuple[int, ...]
    """Those that cannot, or that were taken out by hand, in the order in which they went."""
    by_hand: tuple[int, ...]
    """Of those, the ones that a person took out: nothing is known of them."""
    separated: bool
    """Whether every pair of those left is decided."""
    leader: int | None
    """Of those left, the one with the highest rate; none before there is any rate or where two
    share it."""

    @property
    def over(self) -> bool:
        """Whether more runs would tell nothing that is asked."""
        return len(self.left) == 1 or self.separated


class Race:
    """Drops configs that cannot be the best on an axis; what is dropped stays so."""

    def __init__(self, tally: Tally, axis: Axis = "clean") -> None:
        self._tally = tally
        self._axis: Axis = axis
        self._out: list[int] = []
        self._by_hand: list[int] = []
        self._seen = -1
        self._standing = self._look()

    def drop(self, config: int) -> None:
        """Take a config out by hand: it is not asked about any more."""
        if config not in self._out:
            self._out.append(config)
            self._by_hand.append(config)
            self._seen = -1

    def take_back(self, config: int) -> None:
        """Let a config that was taken out by hand race again; one that lost stays out."""
        if config in self._by_hand:
            self._out.remove(config)
            self._by_hand.remove(config)
            self._seen = -1

    @property
    def standing(self) -> Standing:
        """As the tally has it now."""
        if self._seen != self._tally.version:
            self._seen = self._tally.version
            self._standing = self._look()
        return self._standing

    def _look(self) -> Standing:
        every = range(len(self._tally.configs))
        bounds = {
            config: self._tally.interval(config, self._axis, self._tally.alpha / len(every))
            for config in every
            if config not in self._out
        }
        best = max((bound.low for bound in bounds.values()), default=0.0)
        self._out += [config for config, bound in bounds.items() if bound.high < best]
        left = tuple(config for config in bounds if config not in self._out)
        rates = {config: bounds[config].rate for config in left}
        known = [rate for rate in rates.values() if rate is not None]
        leaders = [config for config in left if known and rates[config] == max(known)]
        return Standing(
            left=left,
            out=tuple(self._out),
            by_hand=tuple(self._by_hand),
            separated=self._separated(left),
            leader=leaders[0] if len(leaders) == 1 else None,
        )

    def _separated(self, left: tuple[int, ...]) -> bool:
        among = [
            pair.decided
            for pair in self._tally.pairs(self._axis)
            if pair.indices and set(pair.indices) <= set(left)
        ]
        return len(among) == len(left) * (len(left) - 1) // 2 and all(among)


class FixedPlan(Iterator[Cell]):
    """Every config equally often on each task, replicate by replicate.

    Hands out a cell whenever it is asked for one, in the order of `engine.experiment.cells`.
    """

    def __init__(
        self, *, configs: int, tasks: int, n: int, done: Collection[Cell] = frozenset()
    ) -> None:
        """`n`: runs of each config on each task; `done`: cells that have been run already."""
        self._tasks = tasks
        self._n = n
        self._done = frozenset(done)
        self._next = dict.fromkeys(range(configs), 0)
        self._ahead = Counter(cell.config for cell in self._done)
        """Of each config: cells that have been run already and are not passed over yet."""
        self._dropped: set[int] = set()
        self._focus = frozenset(range(configs))
        self.begun = 0
        """Cells handed out so far, without those that had been run already."""

    def drop(self, config: int) -> None:
        """Hand out no more of a config; runs under way go on."""
        self._dropped.add(config)

    def take_back(self, config: int) -> None:
        """Hand out a dropped config's runs again; those that lag behind come first."""
        self._dropped.discard(config)

    def raise_to(self, n: int) -> None:
        """Add runs: at least n of each config on each task; the first ones stay the same."""
        self._n = max(self._n, n)

    def focus(self, configs: Collection[int]) -> None:
        """Hand out cells of these configs alone, until it is told otherwise."""
        self._focus = frozenset(configs)

    def wants(self, configs: Collection[int]) -> bool:
        """Whether there are cells to hand out of any of these configs, if they had the focus."""
        left = self.left_by_config
        return any(config in left for config in configs)

    @property
    def left_by_config(self) -> dict[int, int]:
        """Cells that are still to be handed out, of each config that has any."""
        left = {
            config: self._n * self._tasks - self._next[config] - self._ahead[config]
            for config in self._racing()
        }
        return {config: cells for config, cells in left.items() if cells > 0}

    @property
    def left(self) -> int:
        """Cells that are still to be handed out."""
        return sum(self.left_by_config.values())

    def __next__(self) -> Cell:
        while racing := [config for config in self._racing() if config in self._focus]:
            config = min(racing, key=self._next.__getitem__)
            replicate, task = divmod(self._next[config], self._tasks)
            self._next[config] += 1
            cell = Cell(config, task, replicate)
            if cell in self._done:
                self._ahead[config] -= 1
                continue
            self.begun += 1
            return cell
        raise StopIteration

    def _racing(self) -> list[int]:
        most = self._n * self._tasks
        return [
            config
            for config, place in self._next.items()
            if config not in self._dropped and place < most
        ]


class RacePlan(Iterator[Cell]):
    """A fixed plan cut short: runs for those that may be the best, until it is decided."""

    def __init__(
        self,
        tally: Tally,
        *,
        n: int,
        budget: int | None = None,
        axis: Axis = "clean",
        done: Collection[Cell] = frozenset(),
    ) -> None:
        """`n`: at most so many runs of each config on each task; `budget`: at most so many in all,
        those `done` before included.
        """
        self._tally = tally
        self._race = Race(tally, axis)
        self._configs = len(tally.configs)
        self._plan = FixedPlan(configs=self._configs, tasks=tally.tasks, n=n, done=done)
        self._n = n
        self._before = len(done)
        self._budget = budget

    @property
    def standing(self) -> Standing:
        """Who is left, and whether it is over."""
        return self._race.standing

    @property
    def begun(self) -> int:
        """Runs handed out so far, without those that had been run before."""
        return self._plan.begun

    @property
    def saved(self) -> int:
        """Runs that the fixed plan would have taken, or the budget, if less, and this one has not."""
        planned = self._configs * self._tally.tasks * self._n
        if self._budget is not None:
            planned = min(planned, self._budget)
        return max(0, planned - self._before - self._plan.begun)

    def drop(self, config: int) -> None:
        """Take a config out of the race by hand."""
        self._race.drop(config)

    def take_back(self, config: int) -> None:
        """Let a config that was taken out by hand race again."""
        self._race.take_back(config)
        if config not in self._race.standing.out:
            self._plan.take_back(config)

    def raise_to(self, n: int) -> None:
        """Allow more runs of each config on each task."""
        self._n = max(self._n, n)
        self._plan.raise_to(n)

    def focus(self, configs: Collection[int]) -> None:
        """Hand out cells of these configs alone, until it is told otherwise."""
        self._plan.focus(configs)

    def wants(self, configs: Collection[int]) -> bool:
        """Whether there are cells to hand out of any of these configs, if they had the focus."""
        return not self._spent and self._plan.wants(configs)

    @property
    def left_by_config(self) -> dict[int, int]:
        """Cells that are still to be handed out, at most, of each config that races on."""
        return {} if self._spent else self._plan.left_by_config

    def __next__(self) -> Cell:
        if self._spent:
            raise StopIteration
        return next(self._plan)

    @property
    def _spent(self) -> bool:
        """Whether it is decided, or there are no runs left to decide it with; who is out, is told."""
        standing = self._race.standing
        for config in standing.out:
            self._plan.drop(config)
        used = self._before + self._plan.begun
        return (
            standing.over
            or not standing.left
            or (self._budget is not None and used >= self._budget)
        )

    @property
    def sentence(self) -> str:
        """How the race stands, or how it ended, and what it saved."""
        names, standing = self._tally.configs, self._race.standing
        if len(standing.left) == 1:
            others = "no other of those that raced" if standing.by_hand else "no other"
            told = f"{names[standing.left[0]]} is left: {others} can be the best"
        elif standing.separated and standing.leader is not None:
            told = f"{names[standing.leader]} is the best: all that were left are separated"
        elif not standing.left:
            told = "no config is left in the race"
        else:
            spent = "" if self.left_by_config else ", and no runs are left"
            told = (
                f"{len(standing.left)} of {len(names)} may still be the best by their bounds{spent}"
            )
        saved = f"; {self.saved} runs saved" if standing.over else ""
        return f"{told}{saved}."
