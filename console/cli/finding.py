"""`driftty sessions search`: where words stand in what was typed, shown and thought."""

import asyncio
import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from rich.text import Text

    from sessions.search import Hit
    from sessions.summary import Query, Summary


@click.command("search")
@click.argument("words", nargs=-1, required=True)
@click.option("--limit", "-n", default=50, show_default=True, type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="One JSON list of places.")
def search(words: Sequence[str], limit: int, as_json: bool) -> None:
    """Search commands, output, reasoning, drift and tasks for places where all WORDS stand.

    A word is found at the beginning of longer ones; in double quotes, words stand as they are:
    `driftty sessions search '"not found"'`. The newest sessions come first. Terms narrow it, as those
    of `driftty sessions list` do: `driftty sessions search uname outcome:drift`.

    With --json, a list of objects: session, turn, kind, excerpt, found ([start, end] in the excerpt).
    The first search reads what was recorded since the last one.
    """
    from sessions.asking import quoted, read_query
    from sessions.search import Search

    # Joined again: the shell has taken the quotes off each argument that has spaces in it.
    asked = read_query(" ".join(quoted(word) for word in words))
    if not asked.words:
        raise click.UsageError(
            "there are no words to search for; `driftty sessions list` takes terms"
        )
    among = asyncio.run(_among(asked)) if asked.terms else None
    hits = Search().find(asked.words, limit, _progress, among)
    if as_json:
        write_json([_document(hit) for hit in hits])
    elif hits:
        _print(hits, asyncio.run(_summaries({hit.session for hit in hits})))
    else:
        click.echo("Nothing like that was recorded.", err=True)


def _progress(done: int, of: int) -> None:
    """Say on a terminal how far reading is, when it takes long enough to wonder."""
    if of > 500 and sys.stderr.isatty():
        click.echo(f"\rreading new sessions {done} of {of} ", nl=False, err=True)


async def _among(asked: "Query") -> list[str]:
    """The ids of the sessions of which a query's terms are true."""
    import msgspec

    from sessions.library import Library

    async with Library.open() as library:
        query = msgspec.structs.replace(asked, words="")
        found = await library.sessions(query, limit=await library.count(query) + 1)
        return [one.id for one in found]


async def _summaries(ids: "set[str]") -> "dict[str, Summary]":
    from sessions.library import Library
    from sessions.summary import Query

    async with Library.open() as library:
        found = await library.sessions(Query(among=tuple(ids)), limit=len(ids) + 1)
        return {one.id: one for one in found}


def _split(excerpt: str) -> list[tuple[str, bool]]:
    """An excerpt in pieces, each found or not, safe to show."""
    from console.safe import clean_line
    from sessions.search import CLOSED, OPENED

    pieces = []
    for stretch in excerpt.split(OPENED):
        found, closed, rest = stretch.partition(CLOSED)
        if closed:
            pieces.append((clean_line(found), True))
            pieces.append((clean_line(rest), False))
        else:
            pieces.append((clean_line(stretch), False))
    return [piece for piece in pieces if piece[0]]


def _document(hit: "Hit") -> dict[str, Any]:
    excerpt, found = "", []
    for text, marked in _split(hit.excerpt):
        if marked:
            found.append([len(excerpt), len(excerpt) + len(text)])
        excerpt += text
    return {
        "session": hit.session,
        "turn": hit.turn,
        "kind": hit.kind,
        "excerpt": excerpt,
        "found": found,
    }


def _print(hits: "Sequence[Hit]", summaries: "dict[str, Summary]") -> None:
    from rich.text import Text

    from console.cli.seedview import plain_console
    from console.cli.sessionview import outcome
    from console.safe import clean_line

    console = plain_console()
    for session, places in groupby(hits, lambda hit: hit.session):
        head = Text(session, "bold")
        if summary := summaries.get(session):
            head = Text.assemble(
                head,
                "  ",
                outcome(summary),
                f"  {clean_line(summary.config)}  ",
                summary.began[:16],
            )
        console.print(head, soft_wrap=True)
        for hit in places:
            console.print(_place(hit), soft_wrap=True)


def _place(hit: "Hit") -> "Text":
    from rich.text import Text

    where = f"turn {hit.turn}" if hit.turn else "start"
    line = Text.assemble("  ", (f"{where:<8} {hit.kind:<10}", "dim"))
    for text, marked in _split(hit.excerpt):
        line.append(text, "bold yellow" if marked else "")
    return line
