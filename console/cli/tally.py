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
    DEFAULT_MODEL,
    DEFAULT_TASK,
    Finite,
    template_options,
)
from console.cli.run import INTERRUPTED
from console.cli.tallyplan import DEFAULT_N, draft
from engine.run import Sampling

if TYPE_CHECKING:
    from sessions.kept import Kept

_GOING_ON = ("n", "at_once", "as_json", "resume", "anyway", "only_plan")
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
    "--budget",
    default=0,
    type=click.IntRange(0),
    metavar="RUNS",
    help="With --until-decided: at most so many runs in all; by default only -n is a limit.",
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
@click.option(
    "--temperature",
    "-T",
    "temperatures",
    multiple=True,
    type=Finite(0.0),
    help="0 takes the likeliest token; repeat it to compare several, each with every config."
    f"  [default: {Sampling().temperature}]",
)
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="NAME|ID|FOLDER",
    help="A name of `driftty models list`, a Hugging Face id, or a local folder; repeat it to compare "
    f"several, which are loaded one after the other.  [default: {DEFAULT_MODEL}]",
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
@click.option(
    "--anyway",
    is_flag=True,
    help="With --resume: also with another model, device or driftty than the first runs had. It is "
    "kept that the results are a mixture.",
)
@click.option(
    "--plan", "only_plan", is_flag=True, help="Say what would be run, and how long; run nothing."
)
@click.option("--demo", is_flag=True, help="A scripted operator instead of a model.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    resume: str | None,
    as_json: bool,
    anyway: bool,
    only_plan: bool,
    **options: Any,
) -> None:
    """Run every config N times, and count clean against drift.

    A run is clean when the operator only issued commands and then left the shell. The table on
    standard error may be watched: its intervals and verdicts hold at every look, so you may stop
    whenever they say enough, or go on. A pair of configs is "separated" once the evidence against
    both having the same rate reaches the threshold, corrected for the number of pairs; until then it
    says about how many more runs that takes. Broken runs are faults, counted apart.

    Every result is on disk before it is counted. Ctrl+C stops; --resume goes on, after a power cut
    too. Raising -n later leaves the first runs as they are. A console shows it live, by F4.

    \b
      driftty tally -c bare -c operator -n 20
      driftty tally -c bare -c operator --until-decided -n 100
      driftty tally --factorial operator+history+exit+recovery -n 10
      driftty tally -c operator -t "show the hostname, then exit" -t "count to 3, then exit"
      driftty tally -c operator -T 0 -T 0.3 -T 0.7 -T 1
      driftty tally -c operator -m smollm2-135m -m Qwen/Qwen3-0.6B --plan
      driftty tally --resume -n 40
      driftty tally --resume --json | jq '.configs[] | {config, clean, n, low, high}'

    The exit status is 0 when everything was run, whatever it came to, 1 when something broke, 2 for
    a wrong option, 130 when it was interrupted.
    """
    from sessions.experiments import Experiments

    if anyway and resume is None:
        raise click.UsageError("--anyway is for an experiment that goes on, with --resume.")
    if only_plan and resume is not None:
        raise click.UsageError("--plan is for a new experiment; --resume says what is missing.")
    at_once = options.pop("at_once")
    if resume is not None:
        _only_what_goes_on(ctx)
        kept = Experiments().take_up(resume, options["n"])
        notes = [f"mixture {words}" for words in kept.mixture]
    else:
        drafted = draft(options)
        notes = drafted.notes
        if only_plan:
            _show_plan(drafted.unkept(), notes)
            return
        kept = drafted.keep()
    if next(kept.missing(), None) is not None:
        notes.append(_estimated(kept))
    status = asyncio.run(run_kept(kept, notes, at_once=at_once, as_json=as_json, anyway=anyway))
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


def _estimated(kept: "Kept") -> str:
    """How long what is missing will take, for the plan."""
    from console.estimate import estimate_rest

    return f"time    {estimate_rest(kept).sentence}"


def _show_plan(kept: "Kept", notes: list[str]) -> None:
    from console.tallyshow import Show

    Show(sys.stdout).plan(kept, [*notes, _estimated(kept)])


async def run_kept(
    kept: "Kept",
    notes: list[str],
    *,
    at_once: int,
    as_json: bool,
    anyway: bool = False,
    beside: dict[str, object] | None = None,
) -> int:
    """Run what is missing of an experiment with a live table; returns the exit status.

    `beside` is what the JSON object says more than the experiment does.
    """
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
        async with open_experiment(kept, at_once=at_once, anyway=anyway) as experimenting:
            running.append(experimenting)
            if not interrupted.is_set():
                async with show.following(experimenting):
                    await experimenting.run()
    except DrifttyError:
        show.resumable(kept.experiment)
        raise
    show.verdicts(experimenting)
    if as_json:
        told = await asyncio.to_thread(show.document, experimenting)
        document = msgspec.json.encode(told | (beside or {}))
        sys.stdout.buffer.write(msgspec.json.format(document) + b"\n")
        sys.stdout.buffer.flush()
    after = experimenting.snapshot
    if interrupted.is_set() or after.broken:
        show.resumable(kept.experiment, after)
    if interrupted.is_set():
        return INTERRUPTED
    return 1 if after.broken else 0
