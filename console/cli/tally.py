"""`driftty tally`: an experiment without the app, with a live table and an honest end."""

import asyncio
import signal
import sys
from typing import TYPE_CHECKING, Any

import click
import msgspec
from click.core import ParameterSource

from console.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_TASK,
    build_spec,
    find_config,
    find_task,
    template_options,
)
from console.cli.run import INTERRUPTED

if TYPE_CHECKING:
    from engine.run import Config
    from sessions.experiments import Kept

DEFAULT_N = 20
_GOING_ON = ("n", "at_once", "as_json", "resume")
"""Options that are not part of an experiment, and may be given anew when it goes on."""


@click.command()
@click.option(
    "--config",
    "-c",
    "configs",
    multiple=True,
    metavar="SEED[+ELEMENT…]",
    help="A config to count; repeat it to compare several. `driftty seeds list` shows the seeds."
    f"  [default: {DEFAULT_CONFIG}]",
)
@click.option(
    "--factorial",
    default="",
    metavar="SEED[+ELEMENT…]",
    help="Every combination of a seed's elements, or of those named (a planned fraction of them "
    "above four): tells which element is the lever.",
)
@click.option(
    "-n",
    type=click.IntRange(1),
    metavar="N",
    help=f"Runs of each config on each task.  [default: {DEFAULT_N}]",
)
@click.option(
    "--until-decided",
    is_flag=True,
    help="No more runs for a config that cannot be the best, and an end when all is decided; "
    "-n is then the most.",
)
@click.option(
    "--task",
    "-t",
    "tasks",
    multiple=True,
    metavar="TEXT|NAME",
    help="What the operator is asked; repeat it for several. Each is a block: every config is run "
    f"equally often on each.  [default: {DEFAULT_TASK}]",
)
@click.option(
    "--rng",
    default=42,
    show_default=True,
    type=click.IntRange(0),
    help="The experiment's seed: every run's own seed is drawn from it.",
)
@template_options
@click.option(
    "--at-once",
    default=0,
    type=click.IntRange(0),
    metavar="N",
    help="Runs under way together; by default as many as rows, cores and memory allow.",
)
@click.option(
    "--resume",
    is_flag=False,
    flag_value="last",
    metavar="[ID]",
    help="Go on with an experiment, by default the last one: only what is missing is run. "
    "With -n, replicates are added.",
)
@click.option("--demo", is_flag=True, help="A scripted operator instead of a model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def command(ctx: click.Context, /, resume: str | None, as_json: bool, **options: Any) -> None:
    """Run every config N times, and count clean against drift.

    A run is clean when the operator only issued commands and then left the shell. The table on
    standard error may be watched: its intervals and verdicts hold at every look, so you may stop
    whenever they say enough, or go on. A pair of configs is "separated" once the evidence against
    both having the same rate reaches the threshold, corrected for the number of pairs; until then it
    says about how many more runs that takes. Broken runs are faults, counted apart.

    Every result is on disk before it is counted. Ctrl+C stops; --resume goes on, after a power cut
    too. Raising -n later leaves the first runs as they are.

    \b
      driftty tally -c bare -c operator -n 20
      driftty tally -c bare -c operator --until-decided -n 100
      driftty tally --factorial operator+history+exit+recovery -n 10
      driftty tally -c operator -t "show the hostname, then exit" -t "count to 3, then exit"
      driftty tally --resume -n 40
      driftty tally --resume --json | jq '.configs[] | {config, clean, n, low, high}'

    The exit status is 0 when everything was run, whatever it came to, 1 when something broke, 2 for
    a wrong option, 130 when it was interrupted.
    """
    from sessions.experiments import Experiments

    at_once = options.pop("at_once")
    if resume is not None:
        _only_what_goes_on(ctx)
        kept = Experiments().take_up(resume, options["n"])
        notes: list[str] = []
    else:
        kept, notes = _begin(options)
    status = asyncio.run(run_kept(kept, notes, at_once=at_once, as_json=as_json))
    if status:
        sys.exit(status)


def _only_what_goes_on(ctx: click.Context) -> None:
    """Raise `click.UsageError` for an option that an experiment has had since it began."""
    for parameter in ctx.command.params:
        name = parameter.name or ""
        given = ctx.get_parameter_source(name) == ParameterSource.COMMANDLINE
        if given and name not in _GOING_ON:
            raise click.UsageError(
                f"{parameter.opts[0]} is part of the experiment and cannot change when it goes on; "
                "begin a new one without --resume."
            )


def _begin(options: dict[str, Any]) -> "tuple[Kept, list[str]]":
    """Keep a new experiment; returns it with what is to be said of its design."""
    from console.experimenthost import DEMO
    from engine.experiment import Experiment
    from sessions.experiments import Experiments, Placement
    from sessions.ids import new_id

    if options["stuck"] == "ask":
        raise click.BadParameter(
            "nobody is there to be asked in a tally; choose interrupt or eof.",
            param_hint="--stuck",
        )
    if options["demo"]:
        options["model"] = DEMO
    configs, notes = _configs(options)
    tasks = tuple(find_task(given) for given in options["tasks"] or (DEFAULT_TASK,))
    if len({task.text for task in tasks}) < len(tasks):
        raise click.UsageError("A task is given twice; -n asks for more runs of each.")
    template = build_spec({**options, "config": configs[0].name, "task": DEFAULT_TASK})
    experiment = Experiment(
        id=new_id(),
        seed=options["rng"],
        configs=configs,
        tasks=tasks,
        n=options["n"] or DEFAULT_N,
        template=msgspec.structs.replace(template, config=configs[0], task=tasks[0]),
    )
    experiments = Experiments()
    experiments.begin(
        experiment,
        Placement(
            device=options["device"],
            dtype=options["dtype"],
            threads=options["threads"],
            until_decided=options["until_decided"],
            factorial=options["factorial"],
        ),
    )
    return experiments.read(experiment.id), notes


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


async def run_kept(kept: "Kept", notes: list[str], *, at_once: int, as_json: bool) -> int:
    """Run what is missing of an experiment with a live table; returns the exit status."""
    from console.experimenthost import open_experiment
    from console.experimenting import Experimenting
    from console.tallyshow import Show
    from engine.errors import DrifttyError

    running: list[Experimenting] = []
    interrupted = asyncio.Event()

    def stop() -> None:
        interrupted.set()
        for each in running:
            each.stop()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    show = Show(sys.stderr)
    show.plan(kept, notes)
    try:
        async with open_experiment(kept, at_once=at_once) as experimenting:
            running.append(experimenting)
            if not interrupted.is_set():
                async with show.following(experimenting):
                    await experimenting.run()
    except DrifttyError:
        show.resumable(kept.experiment)
        raise
    show.verdicts(experimenting)
    if as_json:
        document = msgspec.json.encode(await asyncio.to_thread(show.document, experimenting))
        sys.stdout.buffer.write(msgspec.json.format(document) + b"\n")
        sys.stdout.buffer.flush()
    after = experimenting.snapshot
    if interrupted.is_set() or after.broken:
        show.resumable(kept.experiment, after)
    if interrupted.is_set():
        return INTERRUPTED
    return 1 if after.broken else 0
