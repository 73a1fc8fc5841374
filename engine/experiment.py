"""An experiment: which configs are run how often on which tasks, and the dice of every run.

The plan is a function of the experiment alone: asked again, after a stop or a power cut, it gives the
same cells in the same order with the same run seeds, and raising `n` only adds cells.
"""

import hashlib
from collections.abc import Iterator

import msgspec

from engine.run import Config, RunSpec, Task

SEED_BITS = 53
"""Run seeds stay exact in JSON, whoever reads it."""


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be compared."""

    id: str
    seed: int
    """Every run seed is drawn from it."""
    configs: tuple[Config, ...]
    tasks: tuple[Task, ...]
    """Blocks: every config is run equally often on each."""
    n: int
    """Runs of each config on each task."""
    template: RunSpec
    """Everything else of a run; its config, task and rng are replaced."""


class Cell(msgspec.Struct, frozen=True, order=True):
    """One run of an experiment, by its place in the plan."""

    config: int
    """Index into the experiment's configs."""
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

    SHA-256 over the experiment's seed, the config's hash, the task's text and the replicate.
    """
    config, task = experiment.configs[cell.config], experiment.tasks[cell.task]
    key = msgspec.json.encode([experiment.seed, config.hash, task.text, cell.replicate])
    return int.from_bytes(hashlib.sha256(key).digest()[:8]) >> (64 - SEED_BITS)


def spec_of(experiment: Experiment, cell: Cell) -> RunSpec:
    """The run that a cell asks for."""
    return msgspec.structs.replace(
        experiment.template,
        config=experiment.configs[cell.config],
        task=experiment.tasks[cell.task],
        rng=run_seed(experiment, cell),
    )
