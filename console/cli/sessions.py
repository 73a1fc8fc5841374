"""`driftty sessions`: what was recorded, listed and read."""

import asyncio
import sys
from typing import Any, get_args

import click

from console.cli.editing import write_json
from console.cli.lazy import LazyGroup

COMMANDS = {
    "list": ("console.cli.sessions", "List sessions, the newest first.", "list_sessions"),
    "show": ("console.cli.sessions", "Show a session's transcript, or its events.", "show"),
    "search": ("console.cli.finding", "Find words typed, shown or thought.", "search"),
    "tag": ("console.cli.keeping", "Give a session tags, or take them away.", "tag"),
    "note": ("console.cli.keeping", "Write a note about a session.", "note"),
    "delete": ("console.cli.keeping", "Put sessions into the trash.", "delete"),
    "restore": ("console.cli.keeping", "Take sessions out of the trash.", "restore"),
    "empty-trash": ("console.cli.keeping", "Remove what is in the trash for good.", "empty_trash"),
    "export": ("console.cli.exchange", "Write a session for other programs.", "export"),
    "import": ("console.cli.exchange", "Bring in what was exported.", "import_"),
    "verify": ("console.cli.verify", "Run sessions again, and compare every token.", "verify"),
    "profile": ("console.cli.profile", "Show where a session's time went.", "profile"),
    "check": ("console.cli.mending", "See whether recordings are whole.", "check"),
    "recover": ("console.cli.mending", "Save what is left of a damaged store.", "recover"),
}
"""Name to module, one line of help, and the command's name in the module."""


@click.group(cls=LazyGroup.of(COMMANDS))
def command() -> None:
    """Recorded sessions: every run is kept, token for token and byte for byte.

    SESSION is an id, its beginning where that is unique, or `last`.

    \b
      driftty sessions list                       the newest first
      driftty sessions list --outcome drift       only those that drifted
      driftty sessions show last                  the transcript
      driftty sessions show last --events         every event, one JSON object a line
      driftty sessions search uname "not found"   where it was typed, shown or thought
      driftty sessions tag last baseline          find it again by --tag baseline
      driftty sessions delete last                into the trash; restore brings it back
      driftty sessions export last -f asciicast-v3 -o run.cast
    """


def _outcomes() -> tuple[str, ...]:
    from engine.events import Outcome

    return (*get_args(Outcome), "interrupted", "recording")


@click.command("list")
@click.option("--outcome", type=click.Choice(_outcomes()), help="Only those that came to this.")
@click.option("--config", "-c", default="", help="Only this config, or all of this seed's.")
@click.option("--model", "-m", default="", help="Only this model, as it was asked for.")
@click.option("--task", "-t", default="", help="Only tasks of this name or with this in the text.")
@click.option("--tag", default="", help="Only those with this tag.")
@click.option("--trash", is_flag=True, help="Those in the trash.")
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--offset", default=0, type=click.IntRange(min=0), help="Leave out so many first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_sessions(limit: int, offset: int, as_json: bool, **asked: Any) -> None:
    """List sessions, the one recorded last first.

    With --json, a list of objects: id, began (UTC), outcome, config, config_hash, seed, model, task,
    turns, drift_turn, drift_kind, operated, exited, done, why, tokens, took (nanoseconds), events,
    bytes, version, parent, tags, note, deleted.
    """
    from sessions.summary import Query

    found, total = asyncio.run(_find(Query(**asked), limit, offset))
    if as_json:
        write_json(found)
        return
    from console.cli.sessionview import nothing_found, session_table

    if found:
        session_table(found, total, offset)
    else:
        nothing_found(narrowed=any(asked.values()) or offset > 0)


async def _find(query: Any, limit: int, offset: int) -> tuple[list[Any], int]:
    from sessions.library import Library

    async with Library.open() as library:
        found = await library.sessions(query, limit=limit, offset=offset)
        return found, await library.count(query)


@click.command("show")
@click.argument("session")
@click.option("--events", is_flag=True, help="Every event as recorded, one JSON object a line.")
@click.option("--json", "as_json", is_flag=True, help="Summary, spec, provenance, stages as JSON.")
def show(session: str, events: bool, as_json: bool) -> None:
    """Show a session: what was asked, who answered, and the transcript turn by turn.

    Output is what the shell showed the model, free of escapes; reasoning is dimmed on a terminal.
    The lines of --events have the same form as those of `driftty run --json`.
    """
    asyncio.run(_events(session) if events else _document(session) if as_json else _show(session))


async def _events(typed: str) -> None:
    import msgspec

    from sessions.library import Library

    encoder = msgspec.json.Encoder()
    async with Library.open() as library:
        summary = await library.find(typed)
        async for event in library.events(summary.id):
            sys.stdout.buffer.write(encoder.encode(event) + b"\n")
    # Here, so that a reader who has gone is met here and not while the interpreter ends.
    sys.stdout.buffer.flush()


async def _document(typed: str) -> None:
    from sessions.library import Library
    from sessions.stages import Stages

    async with Library.open() as library:
        summary = await library.find(typed)
        stages = Stages()
        async for event in library.events(summary.id, only=("StageTimed",)):
            stages.absorb(event)
        write_json(
            {
                "summary": summary,
                "spec": await library.spec(summary.id),
                "provenance": await library.provenance(summary.id),
                "stages": stages.figures(),
            }
        )


async def _show(typed: str) -> None:
    from console.cli.sessionview import Reading, header
    from sessions.library import Library

    async with Library.open() as library:
        summary = await library.find(typed)
        header(summary, await library.spec(summary.id), await library.provenance(summary.id))
        reading = Reading()
        async for event in library.events(summary.id):
            reading.show(event)
        reading.end(summary)
