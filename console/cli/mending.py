"""`driftty sessions check|recover`: whether recordings are whole, and saving what is left."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from sessions.library import Library
    from sessions.summary import Summary


@click.command("check")
@click.argument("sessions", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON list: session, events, damage.")
def check(sessions: Sequence[str], as_json: bool) -> None:
    """See whether recordings are whole: every event there, in its place, as it was written.

    Follows the hash chain of the named sessions, or of all. The exit status is 1 where one is
    damaged.
    """
    from console.safe import clean_line

    found = asyncio.run(_check(sessions))
    damaged = [one for one in found if one["damage"]]
    if as_json:
        write_json(found)
    else:
        for one in damaged:
            click.echo(clean_line(f"{one['session']}  {one['damage']}"))
        count = f"{len(found)} session{'' if len(found) == 1 else 's'}"
        click.echo(f"{count} checked, {len(damaged) or 'none'} damaged", err=True)
    sys.exit(1 if damaged else 0)


async def _check(typed: Sequence[str]) -> list[dict[str, str | int]]:
    from sessions.library import Library
    from sessions.soundness import LOST_LOG, losses

    found: list[dict[str, str | int]] = []
    for name in typed:
        async with Library.holding(name) as library:
            found.append(await _look(library, await library.find(name)))
    if typed:
        return found
    async with Library.open() as library:
        known = set()
        for summary in await library.sessions(limit=await library.count()):
            known.add(summary.id)
            found.append(await _look(library, summary))
        for session, had in (await losses(library)).items():
            if session not in known:
                damage = f"all of its {had} events are missing: {LOST_LOG}"
                found.append({"session": session, "events": 0, "damage": damage})
    return found


async def _look(library: "Library", summary: "Summary") -> dict[str, str | int]:
    from sessions.soundness import find_damage

    return {
        "session": summary.id,
        "events": summary.events,
        "damage": await find_damage(library, summary.id),
    }


@click.command("recover")
@click.argument("store", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option("--output", "-o", help="The new store; STORE.recovered by default.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list: session, events, lost.")
def recover(store: str | None, output: str | None, as_json: bool) -> None:
    """Save what can be read of a damaged store into a new one; the damaged one stays as it is.

    STORE is your own by default. Every session is saved up to the first event that is gone, whether
    or not SQLite can still open the file, and every experiment with the results that are left. Tags,
    notes and the trash are not saved.
    """
    from engine.figures import number
    from sessions.database import default_path
    from sessions.salvage import salvage
    from sessions.salvageexperiments import salvage_experiments

    damaged = Path(store) if store else default_path()
    saved = Path(output) if output else damaged.with_name(f"{damaged.name}.recovered")
    sessions = salvage(damaged, saved)
    experiments = salvage_experiments(damaged, saved)
    if as_json:
        write_json(sessions)
        return
    for one in sessions:
        lost = f", {one.lost} after a gap left out" if one.lost else ""
        click.echo(f"{one.session}  {one.events} events{lost}")
    for experiment in experiments:
        click.echo(f"{experiment.experiment}  experiment, {experiment.runs} runs")
    count = f"{number(len(sessions), 'session')} and {number(len(experiments), 'experiment')}"
    click.echo(
        f"{count} saved in {saved}. To use it, move {damaged} (and {damaged.name}-wal, if it is there) "
        f"away and {saved.name} into its place.",
        err=True,
    )
