"""`driftty replay`: a recorded session, played in the console or as plain text."""

import asyncio
import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from console.screens.against import AgainstScreen
    from console.screens.replay import ReplayScreen
    from engine.run import RunSpec
    from sessions.playbackreader import Recording


@click.command()
@click.argument("session", default="last")
@click.option("--turn", type=click.IntRange(min=1), help="Open where this turn begins, paused.")
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.25, 32),
    help="Times the recorded speed.",
)
@click.option(
    "--idle",
    default=2.0,
    show_default=True,
    type=click.FloatRange(min=0),
    help="Cut idle time to so many seconds; 0 leaves it as it was.",
)
@click.option("--follow", is_flag=True, help="Open at the end, and follow what is being recorded.")
@click.option("--against", default="", help="Another session, beside this one, turn by turn.")
@click.option("--plain", is_flag=True, help="No screen: the terminal's text in time, as a stream.")
def command(
    session: str,
    turn: int | None,
    speed: float,
    idle: float,
    follow: bool,
    against: str,
    plain: bool,
) -> None:
    """Play a recorded session exactly as it was: its screen, its tokens, its own timing.

    SESSION is an id, its beginning where that is unique, `last`, or a file that was exported as
    jsonl, which is played without being taken into your library. No model is needed. In the
    console, space pauses, < and > change the speed, t, d and r go to the next turn, drift and
    command, and the time line can be clicked; F1 has the rest.

    \b
      driftty replay                        the last session
      driftty replay 20260615 --turn 3      where its third turn begins
      driftty replay last --follow          one that another driftty records right now
      driftty replay A --against B          two sessions side by side, aligned by turn
      driftty replay ./theirs.jsonl         what somebody else exported
      driftty replay last --plain --speed 8 | less -R
    """
    if plain:
        if against or follow or turn is not None:
            raise click.UsageError("--plain goes with --speed and --idle only.")
        from console.cli.replayplain import play

        asyncio.run(play(_named(session), speed, idle or None))
        return
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise click.UsageError("the console needs a terminal; --plain plays without one.")
    session, against = _named(session), _named(against) if against else ""
    sys.exit(asyncio.run(_open(session, turn, speed, idle or None, follow, against)))


def _named(typed: str) -> str:
    """What was typed for a session; for a file, the id of the session in it."""
    from sessions.visiting import means_file, visit

    return visit(typed) if means_file(typed) else typed


async def _open(
    typed: str, turn: int | None, speed: float, idle: float | None, follow: bool, against: str
) -> int:
    from console.replay import OpenAt
    from console.screens.against import AgainstScreen
    from console.screens.replay import ReplayScreen
    from sessions.playbackreader import Recording

    async with Recording.open(typed) as recording:
        session, spec = recording.session, await _spec(recording)
    if against:
        return await _run(AgainstScreen(session, against), spec)
    screen = ReplayScreen(session, OpenAt(turn, at_end=follow), speed=speed, idle=idle)
    return await _run(screen, spec)


async def _spec(recording: "Recording") -> "RunSpec":
    """What was asked for; anything, where that was lost, since nothing will be run."""
    from console.cli.options import DEFAULT_CONFIG
    from engine.events import SessionStarted
    from engine.run import RunSpec, Task
    from engine.seeds.config import parse_config
    from engine.seeds.library import SeedLibrary

    for fact in await recording.facts(0, 1):
        if isinstance(fact.event, SessionStarted):
            return fact.event.spec
    return RunSpec(config=parse_config(DEFAULT_CONFIG, SeedLibrary()), task=Task(text="–"))


async def _run(screen: "ReplayScreen | AgainstScreen", spec: "RunSpec") -> int:
    from console.app import DrifttyApp
    from console.still import StillDriver
    from engine.seeds.library import SeedLibrary
    from engine.tasks.library import TaskLibrary

    app = DrifttyApp(StillDriver(), SeedLibrary(), TaskLibrary(), spec, opened=screen)
    return await app.run_async() or 0
