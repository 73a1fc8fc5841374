"""The rules of `engine.lint` over what a config would prime with."""

from collections.abc import Callable, Iterator

from engine.lint.finding import Finding, Subject
from engine.lint.lint import lint
from engine.run import Config, Task
from engine.seeds.config import configure
from engine.seeds.render import task_turn
from engine.seeds.seed import Seed

SOME_TASK = Task("list the files, then exit.")
"""What a config is looked at with, where there is no run yet."""


def lint_config(config: Config, exists: Callable[[str], bool] | None) -> tuple[Finding, ...]:
    """What is wrong with the scrollback of a config and the task that follows it."""
    turns = (*config.turns, task_turn(SOME_TASK, config.prompt))
    return lint(
        Subject(turns=turns, seed_turns=len(config.turns), prompt=config.prompt, exists=exists)
    )


def lint_seed(seed: Seed, exists: Callable[[str], bool] | None) -> Iterator[tuple[Config, Finding]]:
    """What is wrong with a seed: with its default elements, then with all, each fault once."""
    told: set[tuple[str, str]] = set()
    for elements in (seed.default, seed.elements):
        config = configure(seed, elements)
        for finding in lint_config(config, exists):
            if (finding.rule, finding.message) not in told:
                told.add((finding.rule, finding.message))
                yield config, finding
