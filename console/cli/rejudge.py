"""`driftty sessions rejudge`: old recordings, judged by today's classifier."""

import asyncio
import sys
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from console.cli.editing import write_json

if TYPE_CHECKING:
    from engine.rerun.rejudge import Rejudgement, Told
    from sessions.library import Library

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
    the version of the judge that gave it, and `driftty sessions rejudge` again shows it anew.

    \b
      driftty sessions rejudge last
      driftty sessions rejudge --all --dry-run
      driftty sessions rejudge --all --json | jq '.[] | select(.changed != [])'
    """
    if not sessions and not everything:
        raise click.UsageError("Name a session, or --all.")
    found = asyncio.run(_rejudge(sessions, everything, keep=not dry_run))
    if as_json:
        write_json(found)
    else:
        _print(found, kept=not dry_run)


async def _rejudge(sessions: Sequence[str], everything: bool, *, keep: bool) -> "list[Rejudgement]":
    from engine.rerun.rejudge import EVENTS, Rejudging, judge_version
    from sessions.findings import Findings
    from sessions.library import Library

    found = []
    async with Library.open() as library:
        names = await _names(library, sessions, everything)
        for number, name in enumerate(names, 1):
            _progress(number, len(names))
            judging = Rejudging()
            async for event in library.events(name, only=EVENTS):
                judging.feed(event)
            found.append(judging.rejudgement)
    _progress(0, len(names))
    if keep:
        for each in found:
            await asyncio.to_thread(Findings().keep, each.session, "judged", judge_version(), each)
    return found


async def _names(library: "Library", sessions: Sequence[str], everything: bool) -> list[str]:
    if everything:
        return [each.id for each in await library.sessions(limit=1_000_000)]
    return list(dict.fromkeys([(await library.find(name)).id for name in sessions]))


def _progress(done: int, of: int) -> None:
    if of > 20 and sys.stderr.isatty():
        words = f"judging {done} of {of}" if done else ""
        click.echo(f"\r\x1b[2K{words}", nl=False, err=True)


def _print(found: "Sequence[Rejudgement]", *, kept: bool) -> None:
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
        f"{words} changed. Judge {judge_version()}; {'kept' if kept else 'not kept'}.",
        err=True,
    )


def _told(told: "Told") -> str:
    drift = f" in turn {told.drift_turn} ({told.drift_kind})" if told.drift_turn else ""
    return f"{told.outcome or 'no outcome'}{drift}"
