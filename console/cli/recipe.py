"""`driftty sessions recipe|baseline`: what reproduces a session, and which ones are held on to."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from console.recipe import Recipe


@click.command("recipe")
@click.argument("session")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, task files in it.")
def recipe(session: str, as_json: bool) -> None:
    """Print everything that reproduces SESSION on a fresh machine.

    Versions, the weights' hash and where to get them, the seed's text in full, the task, the sampling,
    the run seed, the exact command; and when it was verified here, on what.
    """
    found = asyncio.run(_recipe(session))
    if as_json:
        write_json(found)
    else:
        _print(found)


async def _recipe(session: str) -> "Recipe":
    from console.baselines import verifications
    from console.recipe import Involvement, recipe
    from sessions.library import Library

    async with Library.holding(session) as library:
        summary = await library.find(session)
        involvement = Involvement()
        async for event in library.events(
            summary.id,
            only=(
                *("CommandEdited", "CommandVetoed", "KeysTyped", "SamplingChanged"),
                *("ShellResized", "ScrollbackGrew"),
            ),
        ):
            involvement.feed(event)
        return recipe(
            summary.id,
            summary.version,
            await library.spec(summary.id),
            await library.provenance(summary.id),
            notes=involvement.notes,
            verified=tuple(await asyncio.to_thread(verifications, summary.id)),
        )


def _print(found: "Recipe") -> None:
    from console.safe import clean, clean_line

    who = found.provenance
    rows = [("session", found.session), ("install", found.install)]
    rows += [("python", found.packages.get("python", "unknown"))]
    rows += [("model", found.model), ("", found.fetch)]
    if who is not None:
        rows += [
            ("weights", who.weights or "unknown"),
            ("tokenizer", who.tokenizer),
            ("template", who.template),
            ("ran on", f"{who.device}, {who.dtype}"),
        ]
    rows += [
        ("config", f"{found.config}, hash {found.config_hash}"),
        ("task", found.task.text),
        *(("", f"file {each.path}, {len(each.text)} characters") for each in found.task.files),
        *([("check", found.task.check)] if found.task.check else []),
        ("command", found.command),
        ("verify", found.verify),
    ]
    if found.parent:
        rows.append(("fork of", f"{found.parent}, from turn {found.parent_turn}"))
    rows += [("note", each) for each in found.notes]
    if not found.task_here:
        rows.append(("note", "the task of that name is not the same here; --json has it in full"))
    rows += [
        ("verified", f"{at}: {each.verdict}, {each.tokens} tokens, on {each.provenance.device}, "
         f"{each.provenance.dtype}, driftty {each.version}")
        for at, each in found.verified
    ]  # fmt: skip
    for name, value in rows:
        click.echo(f"{name:<10} {clean_line(value)}")
    here = "the same here" if found.seed_here else "not the same here: save this as a file of yours"
    click.echo(f"\nseed       {here}\n")
    click.echo(clean(found.seed_text).rstrip("\n"))


@click.command("baseline")
@click.argument("sessions", nargs=-1)
@click.option("--experiment", default="", metavar="ID", help="Every session of an experiment.")
@click.option("--live", is_flag=True, help="Do the commands again too, in a fresh shell.")
@click.option("--remove", is_flag=True, help="They are baselines no more.")
def baseline(sessions: Sequence[str], experiment: str, live: bool, remove: bool) -> None:
    """Verify SESSIONS, and tag as `verified-baseline` those that came out the same, token for token.

    Later, `driftty sessions verify --baseline` runs all of them again. When and on what they were
    verified is kept, and told by `driftty sessions recipe`. The exit status is that of verify.
    """
    from console.cli.verify import verify_all

    if remove:
        _untag(sessions, experiment)
        return
    from console.baselines import tag_baseline

    found = verify_all(sessions, experiment=experiment, live=live)
    same = [each for each in found if each.verdict == "identical" and each.world_same]
    for each in same:
        tag_baseline(each.session)
    click.echo(f"{len(same)} of {len(found)} are baselines now", err=True)
    sys.exit(0 if len(same) == len(found) else 1)


def _untag(sessions: Sequence[str], experiment: str) -> None:
    from console.baselines import BASELINE
    from console.cli.verify import named
    from sessions.shelf import Shelf

    for session in asyncio.run(named(sessions, experiment=experiment)):
        Shelf().untag(session, [BASELINE])
