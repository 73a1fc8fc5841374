"""The rules of `engine.lint` over a recorded prompt, and over what a config would prime with."""

from collections.abc import Callable, Iterator

from console.view.inspected import Sent
from engine.lint.finding import Finding, Subject
from engine.lint.lint import lint
from engine.run import Config, Task
from engine.scrollback import Payload
from engine.seeds.config import configure
from engine.seeds.render import task_turn
from engine.seeds.seed import Seed

SOME_TASK = Task("list the files, then exit.")
"""What a config is looked at with, where there is no run yet."""


def lint_sent(sent: Sent, exists: Callable[[str], bool] | None = None) -> tuple[Finding, ...]:
    """What is wrong with a prompt as it was sent.

    `exists`: whether the sandbox has a command of that name; none leaves that unasked.
    """
    spec = sent.spec
    subject = Subject(
        turns=sent.turns,
        seed_turns=sent.seed_turns,
        prompt=spec.config.prompt if spec else "",
        budget=spec.budget if spec else 0,
        payload=Payload(sent.ids, sent.spans, sent.seam, sent.cached, sent.window),
        texts=sent.texts,
        max_tokens=sent.sampling.max_tokens if sent.sampling else 0,
        exists=exists,
    )
    return lint(subject)


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
