"""`driftty sessions fork`: go on from a turn of a recording, once or many times."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import msgspec

from console.cli.options import Finite, find_config, placed_as_recorded, see_it_is_a_model

if TYPE_CHECKING:
    from console.forking import Asked
    from engine.fork import Intervention
    from engine.rerun.past import Past

DEFAULT_N = 20
INTERVENTIONS = ("none", "rewind", "recovery", "anchor", "mask")


@click.command("fork")
@click.argument("session")
@click.option(
    "--turn",
    "-k",
    type=click.IntRange(1),
    metavar="K",
    help="The turn that is written anew.  [default: where it drifted, else the last]",
)
@click.option("--config", "-c", default="", metavar="SEED[+ELEMENT…]", help="Another config.")
@click.option("--temperature", "-T", type=Finite(0.0), help="Another temperature.")
@click.option("--model", "-m", default="", metavar="NAME|ID|FOLDER", help="Another model.")
@click.option(
    "--rng",
    type=click.IntRange(0),
    help="Other dice; with none, and nothing else changed, the fork repeats the recording.",
)
@click.option("--turns", type=click.IntRange(1), help="The turn limit, restored turns included.")
@click.option(
    "--edit",
    type=click.File("r"),
    metavar="FILE",
    help="What the operator says in turn K instead, typed for real; - reads standard input.",
)
@click.option(
    "--redo",
    is_flag=True,
    help="Do the recorded commands again even where the home was kept.",
)
@click.option("-n", type=click.IntRange(1), metavar="N", help="So many forks of each arm, tallied.")
@click.option(
    "--intervene",
    "-i",
    "interventions",
    multiple=True,
    type=click.Choice((*INTERVENTIONS, "all")),
    help="What is done about turn K; repeat it to compare several.",
)
@placed_as_recorded
@click.option("--at-once", default=0, type=click.IntRange(0), metavar="N", help="Runs together.")
@click.option("--json", "as_json", is_flag=True, help="As of `driftty run`, or of `driftty tally`.")
def fork(session: str, **options: Any) -> None:
    """Go on from a turn of SESSION, with the same or another config, model, temperature, or words.

    What was said before the turn is restored exactly, and so is the shell's home where it was kept.
    Where it was not, or with --redo, the recorded commands are done again in a fresh shell, and what
    it answers otherwise is told. The fork is a session of its own that knows where it comes from:
    `driftty sessions tree`.

    With -n, or several --intervene, the forks are an experiment: is the drift fate or chance at this
    point, and what helps? The arms are what is done about turn K:

    \b
      none      it stays, its words are typed into the shell, and the run goes on
      rewind    it is taken back and written anew, with other dice
      recovery  after the shell's answer, the operator is shown to have typed a command again
      anchor    after the shell's answer, the task is said once more
      mask      its prose is taken out, so that the operator does not read what it wrote

    \b
      driftty sessions fork last --turn 3 --rng 7
      driftty sessions fork last --temperature 0.2 -c operator+history
      echo "ls -la" | driftty sessions fork last --turn 2 --edit -
      driftty sessions fork last -n 20
      driftty sessions fork last -n 20 -i rewind -i anchor -i none
      driftty sessions fork last -n 20 -i all --json | jq '.configs[] | {config, clean, n}'

    With --json, the experiment's object has an `original`: what the recording itself came to.

    The exit status is that of `driftty run`, and with -n that of `driftty tally`.
    """
    from sessions.past import open_past

    interventions, n = tuple(options.pop("interventions")), options.pop("n")
    if "all" in interventions:
        interventions = INTERVENTIONS
    interventions = tuple(dict.fromkeys(interventions))
    placed = {name: options.pop(name) for name in ("device", "dtype", "threads")}
    as_json, at_once = options.pop("as_json"), options.pop("at_once")
    past = asyncio.run(open_past(session))
    asked = _asked(options, interventions[0] if len(interventions) == 1 and not n else None)
    if n is None and len(interventions) < 2:
        status = _one(past, asked, placed, as_json=as_json)
    else:
        status = _many(
            past, asked, interventions, placed, n=n or DEFAULT_N, at_once=at_once, as_json=as_json
        )
    if status:
        sys.exit(status)


def _asked(options: dict[str, Any], intervention: "Intervention | None") -> "Asked":
    from console.forking import Asked
    from console.models import DEMO
    from engine.seeds.library import SeedLibrary

    config, edit, redo = options.pop("config"), options.pop("edit"), options.pop("redo")
    if options["model"] not in ("", DEMO):
        see_it_is_a_model(options["model"])
    return Asked(
        config=find_config(config, SeedLibrary()) if config else None,
        edited=edit.read() if edit is not None else None,
        intervention=intervention,
        home=not redo,
        **options,
    )


def _one(past: "Past", asked: "Asked", placed: dict[str, Any], *, as_json: bool) -> int:
    from console.cli.run import run_session
    from console.forking import one_fork
    from console.models import DEMO
    from console.verifying import answering

    spec = one_fork(past, asked)
    choice = msgspec.structs.replace(answering(past, **placed), model=spec.model)
    return asyncio.run(run_session(spec, choice, as_json=as_json, demo=spec.model == DEMO))


def _many(
    past: "Past",
    asked: "Asked",
    interventions: "Sequence[Intervention]",
    placed: dict[str, Any],
    *,
    n: int,
    at_once: int,
    as_json: bool,
) -> int:
    from console.cli.tally import run_kept
    from console.forking import many_forks, original, original_document
    from console.verifying import answering
    from sessions.experiments import Experiments
    from sessions.ids import new_id
    from sessions.kept import Placement

    experiment = many_forks(past, asked, interventions, n=n, experiment=new_id())
    where = answering(past, **placed)
    experiments = Experiments()
    experiments.begin(
        experiment, Placement(device=where.device, dtype=where.dtype, threads=where.threads)
    )
    kept = experiments.read(experiment.id)
    beside: dict[str, object] = {"original": original_document(past)}
    status = asyncio.run(
        run_kept(kept, [original(past)], at_once=at_once, as_json=as_json, beside=beside)
    )
    click.echo(f"beside it, {original(past)}", err=True)
    return status
