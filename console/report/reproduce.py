"""The one command that runs an experiment again: every option that is not what it would be anyway."""

import shlex
from collections.abc import Iterator

from console.models import DEMO
from console.report.findings import Findings
from engine.run import RunSpec, Sampling, Task
from engine.seeds.library import BUILT_IN as SEEDS
from engine.tasks.library import BUILT_IN as TASKS
from engine.tasks.library import TaskLibrary

_SAMPLING = Sampling()
_RNG = 42
_MODEL = "smollm2-135m"


def reproduce(found: Findings, dtype: str = "") -> str:
    """`driftty tally …`, quoted for a shell, an option a line where it is long.

    `dtype`: that which was used, where the experiment left it to be chosen.
    """
    words = list(_words(found, dtype))
    whole = " ".join(("driftty tally", *words))
    return whole if len(whole) <= 100 else " \\\n    ".join(("driftty tally", *words))


def forked(found: Findings) -> bool:
    """Whether its arms begin in a recording, which no command line says."""
    return any(found.experiment.condition(arm.place).start is not None for arm in found.arms)


def own_seeds(found: Findings) -> tuple[str, ...]:
    """Seeds that do not ship, or not with this text: their files have to be there to run it again."""
    shipped = {path.read_text(encoding="utf-8") for path in SEEDS.glob("*.toml")}
    named = {arm.config.seed: arm.config.source for arm in found.arms}
    return tuple(seed for seed, source in named.items() if source not in shipped)


def own_tasks(found: Findings) -> tuple[str, ...]:
    """Tasks by a name that do not ship, or not as they were run."""
    library = TaskLibrary(TASKS)
    shipped = {name: library.task(name) for name in library.names()}
    return tuple(task.name for task in found.tasks if task.name and shipped.get(task.name) != task)


def _words(found: Findings, dtype: str) -> Iterator[str]:
    experiment, placement = found.experiment, found.kept.placement
    template = experiment.template
    for name in dict.fromkeys(
        arm.config.name for arm in found.arms if not _planned(found, arm.place)
    ):
        yield _option("--config", name)
    if placement.factorial:
        yield _option("--factorial", placement.factorial)
    for task in experiment.tasks:
        yield _option("--task", _typed(task))
    yield f"-n {experiment.n}"
    if placement.until_decided:
        yield "--until-decided"
        if placement.budget:
            yield f"--budget {placement.budget}"
    if experiment.seed != _RNG:
        yield f"--rng {experiment.seed}"
    yield from _on_which(found, dtype)
    temperatures = dict.fromkeys(experiment.temperature(arm.place) for arm in found.arms)
    for temperature in temperatures:
        if list(temperatures) != [_SAMPLING.temperature]:
            yield f"--temperature {temperature:g}"
    yield from _of_run(template)


def _on_which(found: Findings, dtype: str) -> Iterator[str]:
    models, placement = found.experiment.models, found.kept.placement
    if models == (DEMO,):
        yield "--demo"
        return
    for model in models:
        if models != (_MODEL,):
            yield _option("--model", model)
    if placement.device != "auto":
        yield _option("--device", placement.device)
    used = placement.dtype if placement.dtype != "auto" else dtype
    if used:
        yield f"--dtype {used}"


def _of_run(template: RunSpec) -> Iterator[str]:
    sampling = template.sampling
    for option, value, usual in (
        ("--top-p", sampling.top_p, _SAMPLING.top_p),
        ("--top-k", sampling.top_k, _SAMPLING.top_k),
        ("--min-p", sampling.min_p, _SAMPLING.min_p),
        ("--repetition-penalty", sampling.repetition_penalty, _SAMPLING.repetition_penalty),
        ("--max-tokens", sampling.max_tokens, _SAMPLING.max_tokens),
        ("--turns", template.turns, 8),
        ("--channel", template.channel, "cooked"),
        ("--policy", template.policy, "first-line"),
        ("--drift", template.drift, "stop"),
        ("--stuck", template.stuck, "interrupt"),
        ("--patience", template.patience, 10.0),
        ("--sandbox", template.sandbox, "auto"),
    ):
        if value != usual:
            text = f"{value:g}" if isinstance(value, float) else str(value)
            yield "--no-sandbox" if (option, value) == ("--sandbox", "none") else f"{option} {text}"


def _planned(found: Findings, arm: int) -> bool:
    """Whether the factorial makes this arm's config anyway."""
    if found.design is None or found.elements[arm] is None:
        return False
    elements = frozenset(found.arms[arm].config.elements)
    return elements in [frozenset(row) for row in found.design.rows]


def _typed(task: Task) -> str:
    return task.name or task.text


def _option(name: str, value: str) -> str:
    return f"{name} {shlex.quote(value)}"
