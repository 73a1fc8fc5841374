"""`driftty sessions profile`: where a session's time went."""

import asyncio
from typing import TYPE_CHECKING

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from console.view.line import Line
    from engine.profile import Profile, Spread
    from sessions.library import Library

MOST = 100_000
"""Runs of an experiment."""
PIPE_WIDTH = 120
"""Cells, where nobody's terminal sets a limit."""


@click.command("profile")
@click.argument("sessions", metavar="SESSION…", nargs=-1)
@click.option("--experiment", "-e", metavar="ID", help="All runs of an experiment.")
@click.option("--against", metavar="SESSION", help="Compare each stage's median with this one's.")
@click.option("--json", "as_json", is_flag=True, help="Slices and figures, nanoseconds, as JSON.")
def profile(
    sessions: tuple[str, ...], experiment: str | None, against: str | None, as_json: bool
) -> None:
    """Show where the time of sessions went: a bar a turn, what dominates, and percentiles.

    Prefill is the prompt's new tokens, decode the tokens after the first, exec the commands in the
    shell. Several sessions give the figures over all of their turns. For a tracing page, export one
    with `-f trace` and open the file in ui.perfetto.dev.

    \b
      driftty sessions profile last
      driftty sessions profile last --against 1k3f
      driftty sessions profile --experiment last
      driftty sessions profile last --json
    """
    from engine.profile import sayings, spreads

    if not sessions and experiment is None:
        raise click.UsageError("name sessions, or an experiment with -e")
    read = asyncio.run(_profiles(sessions, experiment))
    compared = spreads([each for _, each in asyncio.run(_profiles((against,)))]) if against else ()
    profiles = [each for _, each in read]
    if as_json:
        write_json(
            {
                "sessions": [
                    {
                        "session": session,
                        "slices": each.slices,
                        "marks": each.marks,
                        "says": sayings(each),
                    }
                    for session, each in read
                ],
                "stages": spreads(profiles),
                "against": compared,
            }
        )
    else:
        _show(profiles, compared)


async def _profiles(
    typed: tuple[str, ...], experiment: str | None = None
) -> "list[tuple[str, Profile]]":
    from sessions.library import Library
    from sessions.summary import Query

    found = []
    for one in typed:
        async with Library.holding(one) as library:
            found.append(await _profile(library, (await library.find(one)).id))
    if experiment is not None:
        async with Library.open() as library:
            query = Query(experiment=await library.experiment(experiment))
            for summary in await library.sessions(query, limit=MOST):
                found.append(await _profile(library, summary.id))  # noqa: PERF401 - it is awaited
    return found


async def _profile(library: "Library", session: str) -> "tuple[str, Profile]":
    from engine.profile import TOLD, Profiler

    profiler = Profiler()
    async for event in library.events(session, only=TOLD):
        profiler.absorb(event)
    return session, profiler.profile


def _show(profiles: "list[Profile]", against: "tuple[Spread, ...]") -> None:
    from rich.console import Console
    from rich.text import Text

    from console.appearance import DEFAULT, appearances
    from console.view.line import line
    from console.view.waterfall import figures, profile_lines
    from engine.figures import number
    from engine.profile import spreads

    console = Console(markup=False, highlight=False, emoji=False)
    width = console.width if console.is_terminal else PIPE_WIDTH
    lines: list[Line]
    if len(profiles) == 1:
        lines = profile_lines(profiles[0], width, against)
    else:
        lines = [
            line((number(len(profiles), "session"), "heading")),
            *figures(spreads(profiles), against),
        ]
    look = appearances()[0][DEFAULT]
    for each in lines:
        text = Text()
        for piece in each.pieces:
            text.append(piece.text, look.style(piece.style))
        console.print(text, soft_wrap=True)
