"""`driftty sessions rejudge`: old recordings, judged by today's classifier."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from engine.rerun.rejudge import Rejudgement, Told

SHOWN_LINES = 40
"""Changed lines that are told; --json has them all."""


@click.command("rejudge")
@click.argument("sessions", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Every session there is.")
@click.option("--dry-run", is_flag=True, help="Show what changes, and keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="One JSON list, an object for each session.")
def rejudge(sessions: Sequence[str], everything: bool, dry_run: bool, as_json: bool) -> None:
    """Judge the lines of SESSIONS again by today's classifier, and show what changes.

    Recordings stay as they are, the verdicts in them too. Today's verdict is kept beside them, under
    the version of the judge that gave it, and `driftty sessions rejudge` again shows it anew. Beside
    recordings that came with driftty nothing is kept.

    \b
      driftty sessions rejudge last
      driftty sessions rejudge --all --dry-run
      driftty sessions rejudge --all --json | jq '.[] | select(.changed != [])'
    """
    if not sessions and not everything:
        raise click.UsageError("Name a session, or --all.")
    found, kept = asyncio.run(_rejudge(sessions, everything, keep=not dry_run))
    if as_json:
        write_json(found)
    else:
        _print(found, kept=kept)


async def _rejudge(
    sessions: Sequence[str], everything: bool, *, keep: bool
) -> "tuple[list[Rejudgement], int]":
    """What was found, and of how many it is kept."""
    from engine.rerun.rejudge import EVENTS, Rejudging, judge_version
    from sessions import shipped
    from sessions.findings import Findings
    from sessions.library import Library

    found: list[Rejudgement] = []
    names = await _names(sessions, everything)
    for store, group in groupby(names, shipped.store_of):
        async with Library.open(store) as library:
            for name in group:
                _progress(len(found) + 1, len(names))
                judging = Rejudging()
                async for event in library.events(name, only=EVENTS):
                    judging.feed(event)
                found.append(judging.rejudgement)
    _progress(0, len(names))
    own = await _own(names) if keep else ()
    for each in found:
        if each.session in own:
            await asyncio.to_thread(Findings().keep, each.session, "judged", judge_version(), each)
    return found, len(own)


async def _own(names: Sequence[str]) -> set[str]:
    """Which of them lie in the person's own store."""
    from sessions.library import Library
    from sessions.summary import Query

    async with Library.open() as library:
        found = await library.sessions(Query(among=tuple(names)), limit=len(names))
    return {each.id for each in found}


async def _names(sessions: Sequence[str], everything: bool) -> list[str]:
    """Ids in full, each once."""
    from sessions.library import Library

    found = []
    if everything:
        async with Library.open() as library:
            found += [each.id for each in await library.sessions(limit=await library.count())]
    for name in sessions:
        async with Library.holding(name) as library:
            found.append((await library.find(name)).id)
    return list(dict.fromkeys(found))


def _progress(done: int, of: int) -> None:
    if of > 20 and sys.stderr.isatty():
        words = f"judging {done} of {of}" if done else ""
        click.echo(f"\r\x1b[2K{words}", nl=False, err=True)


def _print(found: "Sequence[Rejudgement]", *, kept: int) -> None:
    from rich.text import Text

    from console.cli.seedview import plain_console
    from console.safe import clean_line
    from engine.figures import number
    from engine.rerun.rejudge import judge_version

    console = plain_console()
    shown = 0
    for each in found:
        if not each.changed and not each.outcome_changed:
            continue
        head = Text.assemble((each.session, "bold"), f"  {_told(each.recorded)}")
        if each.outcome_changed:
            head.append(f" → {_told(each.now)}", "bold yellow")
        console.print(head, soft_wrap=True)
        for line in each.changed[: max(0, SHOWN_LINES - shown)]:
            shown += 1
            text = Text.assemble(
                f"  turn {line.turn}  {line.recorded} → ", (line.now, "bold"), "  "
            )
            text.append(clean_line(line.line))
            text.append(f"  ({clean_line(line.now_why)})", "dim")
            console.print(text, soft_wrap=True)
    lines = sum(each.lines for each in found)
    changed = sum(len(each.changed) for each in found)
    outcomes = Counter(
        f"{each.recorded.outcome} → {each.now.outcome}" for each in found if each.outcome_changed
    )
    words = ", ".join(f"{name} {count}" for name, count in outcomes.most_common()) or "no outcome"
    click.echo(
        f"{number(len(found), 'session')}, {number(lines, 'line')}: {changed} judged otherwise; "
        f"{words} changed. Judge {judge_version()}; {kept or 'none'} kept.",
        err=True,
    )


def _told(told: "Told") -> str:
    drift = f" in turn {told.drift_turn} ({told.drift_kind})" if told.drift_turn else ""
    return f"{told.outcome or 'no outcome'}{drift}"
