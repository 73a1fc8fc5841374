"""`driftty sessions`: what was recorded, listed and read."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

import click
import msgspec

from console.cli.editing import write_json
from console.cli.lazy import LazyGroup
from sessions.summary import Column, Order

if TYPE_CHECKING:
    from sessions.summary import Query, Summary

COMMANDS = {
    "list": ("console.cli.sessions", "List sessions, the newest first.", "list_sessions"),
    "show": ("console.cli.sessions", "Show a session's transcript, or its events.", "show"),
    "search": ("console.cli.finding", "Find words typed, shown or thought.", "search"),
    "tag": ("console.cli.keeping", "Give a session tags, or take them away.", "tag"),
    "note": ("console.cli.keeping", "Write a note about a session.", "note"),
    "delete": ("console.cli.keeping", "Put sessions into the trash.", "delete"),
    "restore": ("console.cli.keeping", "Take sessions out of the trash.", "restore"),
    "empty-trash": ("console.cli.keeping", "Remove what is in the trash for good.", "empty_trash"),
    "prune": ("console.cli.keeping", "Remove what is old or too much, by your rules.", "prune"),
    "export": ("console.cli.exchange", "Write a session for other programs.", "export"),
    "import": ("console.cli.exchange", "Bring in what was exported.", "import_"),
    "verify": ("console.cli.verify", "Run sessions again, and compare every token.", "verify"),
    "profile": ("console.cli.profile", "Show where a session's time went.", "profile"),
    "rejudge": ("console.cli.rejudge", "Judge old recordings by today's classifier.", "rejudge"),
    "baseline": ("console.cli.recipe", "Verify sessions, and hold on to them.", "baseline"),
    "recipe": ("console.cli.recipe", "What reproduces a session elsewhere.", "recipe"),
    "fork": ("console.cli.fork", "Go on from any turn of a session, once or often.", "fork"),
    "tree": ("console.cli.tree", "Which session was forked from which.", "tree"),
    "check": ("console.cli.mending", "See whether recordings are whole.", "check"),
    "recover": ("console.cli.mending", "Save what is left of a damaged store.", "recover"),
}
"""Name to module, one line of help, and the command's name in the module."""


@click.group(cls=LazyGroup.of(COMMANDS))
def command() -> None:
    """Recorded sessions: every run is kept, token for token and byte for byte.

    SESSION is an id, its beginning where that is unique, `last`, or `shipped:NAME`.

    \b
      driftty sessions list                       the newest first
      driftty sessions list outcome:drift turns:3 only those that are so
      driftty sessions list --shipped             those that came with driftty
      driftty sessions show last                  the transcript
      driftty sessions show last --events         every event, one JSON object a line
      driftty sessions search uname "not found"   where it was typed, shown or thought
      driftty sessions tag last keep              find it again by --tag keep
      driftty sessions verify last                run it again, and compare every token
      driftty sessions fork last --turn 3 --rng 7 go on from there with other dice
      driftty sessions delete last                into the trash; restore brings it back
      driftty sessions export last -f asciicast-v3 -o run.cast
    """


def _outcomes() -> tuple[str, ...]:
    from engine.events import Outcome

    return (*get_args(Outcome), "interrupted", "recording")


@click.command("list")
@click.argument("query", nargs=-1)
@click.option("--outcome", type=click.Choice(_outcomes()), help="Only those that came to this.")
@click.option("--config", "-c", default="", help="Only this config, or all of this seed's.")
@click.option("--model", "-m", default="", help="Only this model, as it was asked for.")
@click.option("--task", "-t", default="", help="Only tasks of this name or with this in the text.")
@click.option("--tag", default="", help="Only those with this tag.")
@click.option("--experiment", "-e", default="", help="Only the runs of this experiment.")
@click.option("--all", "everything", is_flag=True, help="With the runs of experiments.")
@click.option("--shipped", is_flag=True, help="The recordings that came with driftty.")
@click.option("--trash", is_flag=True, help="Those in the trash.")
@click.option(
    "--sort", "-s", type=click.Choice(get_args(Column)), default="when", show_default=True
)
@click.option("--reverse", is_flag=True, help="The other way round.")
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--offset", default=0, type=click.IntRange(min=0), help="Leave out so many first.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_sessions(
    query: Sequence[str],
    sort: Column,
    reverse: bool,
    limit: int,
    offset: int,
    as_json: bool,
    **asked: Any,
) -> None:
    """List sessions, the one recorded last first. Runs of experiments are left out unless asked for.

    QUERY is what the Sessions screen takes for a filter: terms, and words to search for.

    \b
      driftty sessions list outcome:drift 'turns>3' -- -tag:seen
      driftty sessions list config=operator 'when>=2026-11-20' '"not found"'
      driftty sessions list drift:narration drift-turn:2..4 'length<90s'
      driftty sessions list -e last --sort turns

    `field:text` is in it, `field=text` is it, `field:*` is any; numbers, times and spans take <, <=,
    >, >= and ranges. Fields: outcome, config, model, task, drift, drift-turn, turns, tokens, events,
    length, size, when, age, tag, note, id, experiment, parent, change, why, version, rng,
    temperature, channel, sandbox.

    With --json, a list of objects: id, began (UTC), outcome, config, config_hash, seed, model, task,
    turns, drift_turn, drift_kind, operated, exited, done, why, tokens, took (nanoseconds), events,
    bytes, version, parent, parent_turn, change, arm, experiment, tags, note, deleted.
    """
    from sessions.asking import quoted, read_query

    typed = read_query(" ".join(quoted(word) for word in query))
    found = asyncio.run(_find(typed, Order(sort, (sort == "when") ^ reverse), limit, offset, asked))
    if as_json:
        write_json(found.sessions)
        return
    from console.cli.sessionview import left_out, nothing_found, session_table

    if found.sessions:
        session_table(found.sessions, found.total, offset, found.names)
    elif not found.left_out:
        narrowed = any(value for name, value in asked.items() if name != "everything")
        nothing_found(narrowed=narrowed or offset > 0 or bool(query))
    left_out(found.left_out)


class Found(NamedTuple):
    """A page of a list."""

    sessions: "list[Summary]"
    total: int
    left_out: int
    """Runs of experiments that are asked for but not listed."""
    names: dict[str, str]
    """What a person types for the shipped ones, by id."""


async def _find(
    typed: "Query", order: Order, limit: int, offset: int, asked: dict[str, Any]
) -> Found:
    from sessions import shipped
    from sessions.library import Library
    from sessions.search import Search

    own = {name: asked[name] for name in ("outcome", "config", "model", "task", "tag", "trash")}
    path = await asyncio.to_thread(shipped.store) if asked["shipped"] else None
    resolved = await asyncio.to_thread(Search(path).resolved, typed)
    query = msgspec.structs.replace(resolved, **own)
    async with Library.open(path) as library:
        if asked["experiment"]:
            experiment = await library.experiment(asked["experiment"])
            query = msgspec.structs.replace(query, experiment=experiment)
        named = any(term.field == "experiment" for term in query.terms)
        alone = not (asked["everything"] or asked["experiment"] or named)
        query = msgspec.structs.replace(query, alone=alone)
        found = await library.sessions(query, limit=limit, offset=offset, order=order)
        total = await library.count(query)
        all_ = await library.count(msgspec.structs.replace(query, alone=False)) if alone else total
    names = {one.id: shipped.name_of(one.id) or "" for one in found} if asked["shipped"] else {}
    return Found(found, total, all_ - total, names)


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
    from sessions.library import Library

    encoder = msgspec.json.Encoder()
    async with Library.holding(typed) as library:
        summary = await library.find(typed)
        async for event in library.events(summary.id):
            sys.stdout.buffer.write(encoder.encode(event) + b"\n")
    # Here, so that a reader who has gone is met here and not while the interpreter ends.
    sys.stdout.buffer.flush()


async def _document(typed: str) -> None:
    from sessions.library import Library
    from sessions.stages import Stages

    async with Library.holding(typed) as library:
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

    async with Library.holding(typed) as library:
        summary = await library.find(typed)
        header(summary, await library.spec(summary.id), await library.provenance(summary.id))
        reading = Reading()
        async for event in library.events(summary.id):
            reading.show(event)
        reading.end(summary)
