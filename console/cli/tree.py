"""`driftty sessions tree`: which session was forked from which."""

import asyncio

import click

from console.cli.editing import write_json


@click.command("tree")
@click.argument("session", default="")
@click.option("--json", "as_json", is_flag=True, help="Trees as JSON, forks within their parents.")
def tree(session: str, as_json: bool) -> None:
    """Show the forks that SESSION is among, or every tree of forks there is.

    With --json, a list of objects: session, parent, turn (the first that was written anew), outcome,
    drift_turn, turns, config, model, temperature, rng, experiment, change, forks.
    """
    from console.cli.linesview import print_lines
    from console.view.lineage import tree as lines
    from sessions.lineage import lineage, trees

    chosen = asyncio.run(_find(session)) if session else ""
    found = [root for root in [lineage(chosen)] if root] if chosen else trees()
    if as_json:
        write_json(found)
        return
    for root in found:
        print_lines(lines(root, chosen))
    if not found:
        click.echo("Nothing was forked yet; `driftty sessions fork ID` does.", err=True)


async def _find(typed: str) -> str:
    from sessions.library import Library

    async with Library.holding(typed) as library:
        return (await library.find(typed)).id
