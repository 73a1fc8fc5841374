"""A new experiment as it is being chosen: a matrix of seeds and elements, tasks, and numbers.

Every change is a plain assignment; `planned` says what would be run, and what is wrong with it.
"""

from collections.abc import Iterable, Sequence

import msgspec

from console.factorial import Factorial, plan_factorial
from engine.errors import DrifttyError
from engine.experiment import Condition, Experiment, cross
from engine.run import Config, RunSpec, Task
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary
from engine.seeds.seed import ELEMENTS
from engine.tasks.library import TaskLibrary
from sessions.ids import new_id
from sessions.kept import Placement

DEFAULT_N = 20
COLUMNS, ROWS = 100, 30
"""Of the runs' terminals, as on the command line: no pane gives them a size."""


class Row(msgspec.Struct, kw_only=True):
    """A row of the matrix: a config of a seed, or the factorial of its elements."""

    seed: str
    has: frozenset[str]
    """The elements that the seed has."""
    summary: str
    """What the seed is, in a few words."""
    default: frozenset[str]
    on: set[str]
    """The elements that are on; in a factorial, those that it switches."""
    taken: bool = False
    """Whether the experiment has it."""
    factorial: bool = False
    own: bool = False
    """Added by the person, beside the seed's first row."""


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What a draft comes to."""

    configs: tuple[Config, ...]
    conditions: tuple[Condition, ...]
    tasks: tuple[Task, ...]
    factorial: Factorial | None
    typed: str
    """The factorial, as the command line has it; empty for none."""
    n: int

    @property
    def runs(self) -> int:
        """Cells."""
        return len(self.configs) * len(self.tasks) * self.n

    @property
    def pairs(self) -> int:
        """Comparisons among the configs."""
        return len(self.configs) * (len(self.configs) - 1) // 2


class Drafted(msgspec.Struct, frozen=True):
    """A draft that is to be run."""

    experiment: Experiment
    placement: Placement


class Draft:
    """What has been chosen so far; it opens with what Operate has planned."""

    def __init__(self, spec: RunSpec, seeds: SeedLibrary, tasks: TaskLibrary) -> None:
        self._spec, self._seeds = spec, seeds
        self.rows = [
            Row(
                seed=name,
                has=frozenset(seed.elements),
                summary=seed.summary,
                default=frozenset(seed.default),
                on=set(seed.default),
                taken=name in ("bare", spec.config.seed),
            )
            for name in seeds.names()
            for seed in (seeds.seed(name),)
        ]
        for row in self.rows:
            if row.seed == spec.config.seed:
                row.on = set(spec.config.elements)
        self.tasks = [tasks.task(name) for name in tasks.names()]
        """Those that can be chosen."""
        if spec.task not in self.tasks:
            self.tasks.insert(0, spec.task)
        self.chosen = {self.tasks.index(spec.task)}
        """Places in `tasks`."""
        self.n = DEFAULT_N
        self.until_decided = False
        self.budget = 0
        """At most so many runs in all, where it is run until decided; 0 for no such limit."""
        self.temperatures: tuple[float, ...] = (spec.sampling.temperature,)
        self.models: tuple[str, ...] = (spec.model,)
        self.seed = spec.rng
        self.turns = spec.turns

    @property
    def columns(self) -> tuple[str, ...]:
        """The elements that any seed has, in canonical order."""
        return tuple(name for name in ELEMENTS if any(name in row.has for row in self.rows))

    def toggle(self, place: int, element: str) -> None:
        """Switch an element of a row, where its seed has it; a row that is changed is taken."""
        row = self.rows[place]
        if element in row.has:
            row.on ^= {element}
            row.taken = True

    def take(self, place: int) -> None:
        """Take a row into the experiment, or leave it out."""
        self.rows[place].taken = not self.rows[place].taken

    def copy(self, place: int) -> int:
        """Add a row beneath with the same elements, to be changed; returns its place."""
        row = self.rows[place]
        self.rows.insert(
            place + 1,
            msgspec.structs.replace(row, on=set(row.on), taken=True, factorial=False, own=True),
        )
        return place + 1

    def remove(self, place: int) -> int:
        """Remove a row that was added, or leave a seed's own out; returns where the cursor goes."""
        if not self.rows[place].own:
            self.rows[place].taken = False
            return place
        del self.rows[place]
        return place - 1

    def cross_elements(self, place: int) -> None:
        """Make a row the factorial of all its seed's elements, or a config again. One row at most."""
        row = self.rows[place]
        for other in self.rows:
            if other.factorial and other is not row:
                other.factorial, other.on = False, set(other.default)
        row.factorial = not row.factorial
        row.on = set(row.default)
        row.taken = row.factorial or row.taken

    def ask(self, task: Task) -> None:
        """Add a task in the person's own words, chosen."""
        if task not in self.tasks:
            self.tasks.insert(0, task)
            self.chosen = {place + 1 for place in self.chosen}
        self.chosen.add(self.tasks.index(task))

    def planned(self) -> Planned:
        """What would be run. Raises `DrifttyError` with what is wrong or missing."""
        taken = [row for row in self.rows if row.taken]
        if not taken:
            raise DrifttyError("Choose at least one config: space on its name.")
        tasks = tuple(self.tasks[place] for place in sorted(self.chosen))
        if not tasks:
            raise DrifttyError("Choose at least one task: space on its name.")
        factorial, typed = self._factorial(taken)
        configs = [self._config(row) for row in taken if not row.factorial]
        if factorial is not None:
            known = {config.hash for config in configs}
            configs += [config for config in factorial.configs if config.hash not in known]
        _see_they_differ(configs)
        arms, conditions = cross(configs, self.temperatures, self.models)
        if self.until_decided and len(arms) == 1:
            raise DrifttyError(
                "A race needs two configs: choose another, or a fixed number of runs."
            )
        return Planned(
            configs=arms,
            conditions=conditions,
            tasks=tasks,
            factorial=factorial,
            typed=typed,
            n=self.n,
        )

    def drafted(self, placement: Placement) -> Drafted:
        """The experiment; raises as `planned` does. `placement`: device, dtype and threads."""
        planned = self.planned()
        template = msgspec.structs.replace(
            self._spec,
            config=planned.configs[0],
            task=planned.tasks[0],
            model=self.models[0],
            turns=self.turns,
            sampling=msgspec.structs.replace(self._spec.sampling, temperature=self.temperatures[0]),
            # Nobody is there to be asked.
            stuck="interrupt" if self._spec.stuck == "ask" else self._spec.stuck,
            columns=COLUMNS,
            rows=ROWS,
        )
        experiment = Experiment(
            id=new_id(),
            seed=self.seed,
            configs=planned.configs,
            conditions=planned.conditions,
            tasks=planned.tasks,
            n=self.n,
            template=template,
        )
        return Drafted(
            experiment,
            msgspec.structs.replace(
                placement,
                until_decided=self.until_decided,
                budget=self.budget if self.until_decided else 0,
                factorial=planned.typed,
            ),
        )

    def _factorial(self, taken: Sequence[Row]) -> tuple[Factorial | None, str]:
        row = next((row for row in taken if row.factorial), None)
        if row is None:
            return None, ""
        switched = [name for name in ELEMENTS if name in row.on]
        if not switched:
            raise DrifttyError(f"The factorial of {row.seed} switches no element: choose some.")
        typed = row.seed if row.on == row.has else "+".join((row.seed, *switched))
        return plan_factorial(typed, self._seeds), typed

    def _config(self, row: Row) -> Config:
        return configure(self._seeds.seed(row.seed), row.on)


def _see_they_differ(configs: Iterable[Config]) -> None:
    seen: dict[str, str] = {}
    for config in configs:
        if config.hash in seen:
            raise DrifttyError(
                f"{seen[config.hash]} and {config.name} show the model the same: their runs would be "
                "the same runs, counted twice. Leave one of them out."
            )
        seen[config.hash] = config.name
