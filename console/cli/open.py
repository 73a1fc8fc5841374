"""`driftty open`: the console."""

import asyncio
import sys
from typing import Any

import click

from console.cli.options import ModelChoice, build_spec, model_choice, run_options
from engine.run import RunSpec


@click.command()
@run_options
@click.option("--demo", is_flag=True, help="A scripted operator: no model is needed.")
def command(demo: bool, **options: Any) -> None:
    """Open the console: watch and steer a model that operates a shell.

    The options say what is planned when it opens; all of it can be changed there. The model loads
    behind the screen, and the embedded one is fetched on the way when it is missing. F1 is help.

    \b
      driftty                              the embedded model, the operator seed
      driftty open --demo                  a scripted operator, no model needed
      driftty open -c bare -t "list the files, then exit"
      driftty open -m Qwen/Qwen3-0.6B --device cuda:0
    """
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise click.UsageError(
            "the console needs a terminal; `driftty run` runs a session without one."
        )
    if demo:
        options["model"] = "demo"
    status = asyncio.run(_open(build_spec(options), model_choice(options, demo=demo), demo=demo))
    sys.exit(status)


async def _open(spec: RunSpec, choice: ModelChoice, *, demo: bool) -> int:
    from console.app import DrifttyApp
    from console.host import open_console
    from engine.seeds.library import SeedLibrary
    from engine.tasks.library import TaskLibrary
    from sessions.kept import Placement

    async with open_console(choice, demo=demo) as hosted:
        app = DrifttyApp(
            hosted.live,
            SeedLibrary(),
            TaskLibrary(),
            spec,
            opening=hosted.experiments,
            placement=Placement(device=choice.device, dtype=choice.dtype, threads=choice.threads),
        )
        status = await app.run_async()
    return status or 0
