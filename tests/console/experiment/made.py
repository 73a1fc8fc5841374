"""Experiments with results that were written down, not run, and boards over them."""

import random
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from console.experiment.board import Board
from console.experiment.shelved import Shelved
from console.experimenting import ExperimentSnapshot, UnderWay
from engine.drift.result import RunResult
from engine.events import Outcome
from engine.experiment import Cell, Condition, Experiment, cells
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from sessions.experiments import Experiments
from sessions.kept import Kept, KeptRun, Placement

FIVE = ("bare", "imperative", "literal", "false-memories", "operator")
RATES = {"bare": 0.02, "imperative": 0.15, "literal": 0.45, "false-memories": 0.7, "operator": 0.93}
"""How often a made run of a seed is clean."""
TASKS = (
    Task(text="show the hostname, then exit.", name="hostname"),
    Task(text="write the number of lines of words.txt into count.txt.", name="count-lines"),
)
Chooses = Callable[[Cell], Outcome | None]


def experiment(
    configs: Sequence[str] = ("bare", "operator"),
    *,
    tasks: Sequence[Task] = TASKS[:1],
    n: int = 10,
    id: str = "6ahw8y91mmkd",  # noqa: A002  # the field's name
    conditions: tuple[Condition, ...] = (),
) -> Experiment:
    """A plan."""
    library = SeedLibrary()
    parsed = tuple(parse_config(name, library) for name in configs)
    template = RunSpec(config=parsed[0], task=tasks[0], model="smollm2-135m", turns=8)
    return Experiment(
        id=id,
        seed=42,
        configs=parsed,
        tasks=tuple(tasks),
        n=n,
        template=template,
        conditions=conditions,
    )


def result(cell: Cell, outcome: Outcome, *, turns: int = 3) -> RunResult:
    """What a cell came to."""
    drifted = outcome == "drift"
    return RunResult(
        config=cell.config,
        task=cell.task,
        replicate=cell.replicate,
        outcome=outcome,
        operated=outcome in ("clean", "no-exit"),
        exited=outcome == "clean",
        done=None if outcome == "fault" else outcome == "clean",
        drift_turn=turns if drifted else None,
        drift_kind="narration" if drifted else None,
        turns=turns,
        tokens=turns * 14,
        took=turns * 400_000_000,
        session=f"s-{cell.config}-{cell.task}-{cell.replicate}",
        fault="shell: it broke." if outcome == "fault" else "",
        margins=tuple(0.9 - 0.1 * turn for turn in range(turns)),
    )


def kept(planned: Experiment, outcome: Chooses, *, factorial: str = "") -> Kept:
    """The plan with what its cells came to; none for those that are still to be run."""
    found = [(cell, outcome(cell)) for cell in cells(planned)]
    runs = tuple(KeptRun(result(cell, came), 1) for cell, came in found if came is not None)
    return Kept(
        experiment=planned,
        began="2026-11-22T09:10:00+00:00",
        placement=Placement(factorial=factorial),
        runs=runs,
    )


def by_chance(planned: Experiment, share: float = 1.0, seed: int = 3) -> Chooses:
    """As often clean as the seed's rate says, for the first share of the plan."""
    dice = random.Random(seed)
    last = int(share * planned.n)

    def chosen(cell: Cell) -> Outcome | None:
        rate = RATES.get(planned.configs[cell.config].seed, 0.5)
        if cell.replicate >= last:
            return None
        return "clean" if dice.random() < rate else "drift"

    return chosen


def board(
    planned: Experiment | None = None, outcome: Chooses | None = None, *, factorial: str = ""
) -> Board:
    """A board over an experiment in which every cell went by chance, or by `outcome`."""
    planned = planned or experiment()
    return Board(Shelved(kept(planned, outcome or by_chance(planned), factorial=factorial)))


def stored(planned: Experiment, outcome: Chooses, *, factorial: str = "") -> Kept:
    """The same in the store of this test, free to be taken up."""
    experiments, made = Experiments(), kept(planned, outcome, factorial=factorial)
    experiments.begin(planned, made.placement)
    experiments.add(planned.id, made.runs)
    experiments.leave(planned.id)
    return experiments.read(planned.id)


class Underway(Shelved):
    """An experiment as if it were under way: a test says how it stands, and adds results."""

    def __init__(self, made: Kept, under_way: Sequence[UnderWay] = ()) -> None:
        super().__init__(made)
        self.snapshot = replace(
            self.snapshot,
            state="running",
            under_way=tuple(under_way),
            seconds=74.0,
            seconds_left=190.0,
            tokens_per_second=212.0,
            at_once=24,
        )

    def add(self, one: RunResult) -> None:
        """A run ends."""
        self._found[Cell(one.config, one.task, one.replicate)] = one
        self.tally.feed(one)
        self.tell(
            version=self.tally.version,
            configs=self.tally.all_configs,
            pairs=self.tally.pairs(),
            finished=self.snapshot.finished + 1,
        )

    def tell(self, **changes: object) -> ExperimentSnapshot:
        """Change how it stands."""
        self.snapshot = replace(self.snapshot, **changes)
        return self.snapshot
