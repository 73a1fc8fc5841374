"""What `driftty tally` is asked to run, as an experiment."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import click
from msgspec.structs import replace

from console.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_MODEL,
    DEFAULT_TASK,
    build_spec,
    find_config,
    find_task,
    model_choice,
)
from engine.run import Sampling

if TYPE_CHECKING:
    from engine.experiment import Experiment
    from engine.run import Config
    from sessions.kept import Kept, Placement

DEFAULT_N = 20


class Draft(NamedTuple):
    """An experiment that is not begun yet."""

    experiment: "Experiment"
    placement: "Placement"
    notes: list[str]
    """What is to be said of its design."""

    def keep(self) -> "Kept":
        """Begin it: from here on it is in the store, and this process has it. Raises `StoreError`."""
        from sessions.experiments import Experiments

        experiments = Experiments()
        experiments.begin(self.experiment, self.placement)
        return experiments.read(self.experiment.id)

    def unkept(self) -> "Kept":
        """The same as if it were begun, and in no store."""
        from sessions.kept import Kept

        return Kept(experiment=self.experiment, began="", placement=self.placement, runs=())


def draft(options: dict[str, Any]) -> Draft:
    """The experiment that the options of `driftty tally` describe.

    Raises `click.UsageError` where they make no sense, together or alone.
    """
    from engine.experiment import Experiment, cross
    from sessions.ids import new_id
    from sessions.kept import Placement

    if options["stuck"] == "ask":
        raise click.BadParameter(
            "nobody is there to be asked in a tally; choose interrupt or eof.",
            param_hint="--stuck",
        )
    configs, notes = _configs(options)
    tasks = tuple(find_task(given) for given in options["tasks"] or (DEFAULT_TASK,))
    if len({task.text for task in tasks}) < len(tasks):
        raise click.UsageError("A task is given twice; -n asks for more runs of each.")
    if options["budget"] and not options["until_decided"]:
        raise click.UsageError("--budget is for --until-decided; a fixed plan has -n.")
    temperatures = _once(options["temperatures"] or (Sampling().temperature,), "temperature")
    models = _models(options)
    plain = {"temperature": temperatures[0], "model": models[0]}
    template = build_spec({**options, **plain, "config": configs[0].name, "task": DEFAULT_TASK})
    arms, conditions = cross(configs, temperatures, models)
    if options["until_decided"] and len(arms) == 1:
        raise click.UsageError(
            "--until-decided is a race, and there is one config alone: name another with --config, "
            "or leave it out."
        )
    experiment = Experiment(
        id=new_id(),
        seed=options["rng"],
        configs=arms,
        tasks=tasks,
        n=options["n"] or DEFAULT_N,
        template=replace(template, config=arms[0], task=tasks[0]),
        conditions=conditions,
    )
    placement = Placement(
        device=options["device"],
        dtype=options["dtype"],
        threads=options["threads"],
        until_decided=options["until_decided"],
        budget=options["budget"],
        factorial=options["factorial"],
    )
    return Draft(experiment, placement, [*notes, *_caveats(experiment, options["factorial"])])


def _caveats(experiment: "Experiment", factorial: str) -> Iterator[str]:
    """What a person should know of a plan before it is begun."""
    from console.factorial import ONE_TASK, pair_needs
    from console.safe import clean_line

    arms = len(experiment.configs)
    if arms > 1 and not factorial:
        yield f"needs   {pair_needs(arms * (arms - 1) // 2, len(experiment.tasks))}"
    if len(experiment.tasks) == 1:
        yield f"!       {ONE_TASK}"
    for task in experiment.tasks:
        if not task.name and " " not in task.text.strip():
            yield (
                f"!       “{clean_line(task.text)}” is no task of `driftty tasks list`: it is asked in "
                "this word"
            )


def _models(options: dict[str, Any]) -> tuple[str, ...]:
    """The models asked for; refused here where one is none, before anything is begun."""
    from console.models import DEMO

    if options["demo"]:
        return (DEMO,)
    models = _once(options["models"] or (DEFAULT_MODEL,), "model")
    for model in models:
        model_choice({**options, "model": model}, demo=False)
    return models


def _once(given: tuple[Any, ...], what: str) -> tuple[Any, ...]:
    if len(set(given)) < len(given):
        raise click.UsageError(f"A {what} is given twice; -n asks for more runs of each.")
    return given


def _configs(options: dict[str, Any]) -> "tuple[tuple[Config, ...], list[str]]":
    from console.factorial import design_notes, plan_factorial
    from engine.seeds.library import SeedLibrary

    library = SeedLibrary()
    notes: list[str] = []
    named = options["configs"] or (() if options["factorial"] else (DEFAULT_CONFIG,))
    configs = [find_config(each, library) for each in named]
    if options["factorial"]:
        planned = plan_factorial(options["factorial"], library)
        known = {config.hash for config in configs}
        configs += [config for config in planned.configs if config.hash not in known]
        notes = design_notes(planned, tasks=max(len(options["tasks"]), 1))
    alike: dict[str, str] = {}
    for config in configs:
        if config.hash in alike:
            raise click.UsageError(
                f"{alike[config.hash]} and {config.name} show the model the same: their runs would "
                "be the same runs, counted twice. Leave one of them out."
            )
        alike[config.hash] = config.name
    return tuple(configs), notes
