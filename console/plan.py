"""What would run next: a seed, a choice of its elements, a task, and how tokens are drawn."""

from msgspec.structs import replace

from engine.run import RunSpec, Sampling, Task
from engine.scrollback import Turn
from engine.seeds.config import configure
from engine.seeds.library import SeedLibrary
from engine.seeds.render import task_turn

WARMEST = 2.0


class Plan:
    """The run a person is about to start; every change gives a whole spec again."""

    def __init__(self, spec: RunSpec, seeds: SeedLibrary) -> None:
        self.spec = spec
        self._seeds = seeds

    @property
    def available(self) -> tuple[str, ...]:
        """The elements the seed has. Raises `SeedError` where its file went away or broke."""
        return self._seeds.seed(self.spec.config.seed).elements

    @property
    def first_turn(self) -> Turn:
        """The first live turn: the task."""
        return task_turn(self.spec.task, self.spec.config.prompt)

    def toggle(self, element: str) -> None:
        """Switch one element of the seed. Raises `SeedError`."""
        on = set(self.spec.config.elements) ^ {element}
        self.choose(self.spec.config.seed, tuple(sorted(on)))

    def choose(self, seed: str, elements: tuple[str, ...] | None = None) -> None:
        """Take a seed, with its default elements if none are named. Raises `SeedError`."""
        found = self._seeds.seed(seed)
        config = configure(found, found.default if elements is None else elements)
        self.spec = replace(self.spec, config=config)

    def ask(self, task: Task) -> None:
        """Take another task."""
        self.spec = replace(self.spec, task=task)

    def draw(self, sampling: Sampling) -> None:
        """Draw tokens in another way."""
        self.spec = replace(self.spec, sampling=sampling)

    def warm(self, tenths: int) -> None:
        """Change the temperature by so many tenths, between 0 and 2."""
        warmth = round(self.spec.sampling.temperature + tenths / 10, 2)
        self.draw(replace(self.spec.sampling, temperature=min(WARMEST, max(0.0, warmth))))

    def again(self) -> None:
        """The next rng: the same run with other dice."""
        self.spec = replace(self.spec, rng=self.spec.rng + 1)

    def fit(self, columns: int, rows: int) -> None:
        """Give the shell's terminal the size of the pane that shows it."""
        self.spec = replace(self.spec, columns=columns, rows=rows)
