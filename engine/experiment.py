"""An experiment: which configs are run how often on which tasks, and the dice of every run.

The plan is a function of the experiment alone: asked again, after a stop or a power cut, it gives the
same cells in the same order with the same run seeds, and raising `n` only adds cells.
"""

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from engine.run import Config, RunSpec, Task
from engine.start import Start

SEED_BITS = 53
"""Run seeds stay exact in JSON, whoever reads it."""


class Condition(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an arm of an experiment has of its own beside its config."""

    temperature: float | None = None
    """None: that of the experiment's template."""
    model: str = ""
    """Empty: that of the experiment's template."""
    start: Start | None = None
    """Where in a recording its runs begin, which are forks; none: with the task."""

    @property
    def label(self) -> str:
        """`T 0.3 · a-model`, as far as there is anything; a folder by its last part."""
        warmth = "" if self.temperature is None else f"T {self.temperature:g}"
        model = self.model.rstrip("/").rpartition("/")[2]
        fork = (self.start.change or f"from turn {self.start.turn}") if self.start else ""
        return " · ".join(part for part in (warmth, model, fork) if part)


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be compared."""

    id: str
    seed: int
    """Every run seed is drawn from it."""
    configs: tuple[Config, ...]
    """Of each arm; where arms differ in more than their config, the same may stand here again."""
    tasks: tuple[Task, ...]
    """Blocks: every config is run equally often on each."""
    n: int
    """Runs of each config on each task."""
    template: RunSpec
    """Everything else of a run; its config, task and rng are replaced."""
    conditions: tuple[Condition, ...] = ()
    """Of each arm, parallel to the configs; empty where arms are configs and nothing else."""

    @property
    def names(self) -> tuple[str, ...]:
        """What the arms are called: by the config, and by what else it was run under."""
        return tuple(
            f"{config.name} · {label}" if label else config.name
            for config, label in zip(self.configs, self.labels, strict=True)
        )

    @property
    def labels(self) -> tuple[str, ...]:
        """What each arm was run under beside its config; empty where that is all."""
        conditions = [self.condition(arm) for arm in range(len(self.configs))]
        labels = [condition.label for condition in conditions]
        if len(set(labels)) < len(set(conditions)):
            # Folders of one name: their whole paths tell them apart.
            labels = [f"{each.label} ({each.model})" for each in conditions]
        return tuple(labels)

    @property
    def models(self) -> tuple[str, ...]:
        """The models that its arms ask for, in the order in which they are taken."""
        return tuple(dict.fromkeys(map(self.model, range(len(self.configs)))))

    def condition(self, arm: int) -> Condition:
        """What an arm has of its own beside its config."""
        return self.conditions[arm] if self.conditions else Condition()

    def model(self, arm: int) -> str:
        """The model that an arm asks for."""
        return self.condition(arm).model or self.template.model

    def arms(self, model: str) -> frozenset[int]:
        """The arms that ask for a model."""
        return frozenset(arm for arm in range(len(self.configs)) if self.model(arm) == model)

    def temperature(self, arm: int) -> float:
        """The temperature of an arm."""
        own = self.condition(arm).temperature
        return self.template.sampling.temperature if own is None else own


def cross(
    configs: Sequence[Config], temperatures: Sequence[float], models: Sequence[str]
) -> tuple[tuple[Config, ...], tuple[Condition, ...]]:
    """The arms of every config at every temperature with every model, one model after the other.

    Where there is one temperature, or one model, it is no condition: the template has it.
    """
    warmths = tuple(temperatures) if len(temperatures) > 1 else (None,)
    names = tuple(models) if len(models) > 1 else ("",)
    arms = [
        (config, Condition(warmth, model))
        for model in names
        for warmth in warmths
        for config in configs
    ]
    conditions = tuple(condition for _, condition in arms)
    return tuple(config for config, _ in arms), conditions if any(
        condition != Condition() for condition in conditions
    ) else ()


class Cell(msgspec.Struct, frozen=True, order=True):
    """One run of an experiment, by its place in the plan."""

    config: int
    """Which arm: index into the experiment's configs."""
    task: int
    """Index into the experiment's tasks."""
    replicate: int
    """From 0."""


def cells(experiment: Experiment) -> Iterator[Cell]:
    """The whole plan, in the order in which it is run.

    Replicate by replicate, so that at every moment each config has been run about equally often on
    each task, and a comparison made early is not one of different tasks.
    """
    for replicate in range(experiment.n):
        for task in range(len(experiment.tasks)):
            for config in range(len(experiment.configs)):
                yield Cell(config, task, replicate)


def run_seed(experiment: Experiment, cell: Cell) -> int:
    """The seed of one run: its own for every config, task and replicate, whatever else is planned.

    SHA-256 over the experiment's seed, the config's hash, the task's text and the replicate; and,
    where arms have conditions, over the temperature, the model and the fork as well, so that no two
    arms share their dice.
    """
    config, task = experiment.configs[cell.config], experiment.tasks[cell.task]
    key: list[object] = [experiment.seed, config.hash, task.text, cell.replicate]
    if experiment.conditions:
        key += [float(experiment.temperature(cell.config)), experiment.model(cell.config)]
        if (start := experiment.condition(cell.config).start) is not None:
            key += [start.session, start.turn, [[each.role, each.text] for each in start.then]]
    digest = hashlib.sha256(msgspec.json.encode(key)).digest()
    return int.from_bytes(digest[:8]) >> (64 - SEED_BITS)


def spec_of(experiment: Experiment, cell: Cell) -> RunSpec:
    """The run that a cell asks for."""
    template = experiment.template
    return msgspec.structs.replace(
        template,
        config=experiment.configs[cell.config],
        task=experiment.tasks[cell.task],
        rng=run_seed(experiment, cell),
        model=experiment.model(cell.config),
        start=experiment.condition(cell.config).start,
        sampling=msgspec.structs.replace(
            template.sampling, temperature=experiment.temperature(cell.config)
        ),
    )
