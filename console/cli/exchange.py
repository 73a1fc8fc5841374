"""`driftty sessions export|import`: recordings for other programs, other machines, other people."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console.cli.editing import write_json
from console.cli.options import Finite
from console.exporting import FORMATS, PICTURES, Format

if TYPE_CHECKING:
    from sessions.export.redact import Secret


@click.command("export")
@click.argument("session")
@click.option(
    "--format", "-f", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True
)
@click.option("--output", "-o", default="-", help="The file to write; standard output by default.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--idle", default=0.0, help="Casts: the longest pause of a player, in seconds.")
@click.option("--turn", type=click.IntRange(0), help="Pictures: the end of this turn.")
@click.option(
    "--at", "seconds", type=Finite(0.0), help="Pictures: so many seconds after the start."
)
@click.option(
    "--redact/--no-redact", default=True, show_default=True, help="Mask keys, tokens, passwords."
)
@click.option("--json", "as_json", is_flag=True, help="What was masked, as JSON on stderr.")
def export(
    session: str,
    form: Format,
    output: str,
    force: bool,
    turn: int | None,
    seconds: float | None,
    as_json: bool,
    **how: Any,
) -> None:
    """Write a session to a file that other programs read.

    asciicast-v2 and -v3 play in asciinema and its players, reasoning dimmed, with markers at commands
    and drifts; jsonl has every event and can be imported again without loss; markdown is a transcript;
    svg and png are a picture of one moment, by default the last. trace is where the time went, for
    ui.perfetto.dev and chrome://tracing.

    Secrets are masked in the copy, and listed on standard error; the recording keeps them. A masked
    copy has no token ids, so it can be read and played, but not run again.
    """
    from console.exporting import Request, destination
    from console.exporting import export as make

    if output != "-" and not force and Path(output).exists():
        raise click.BadParameter(f"{output} is there already; --force writes over it.")
    if (turn is not None or seconds is not None) and form not in PICTURES:
        raise click.UsageError("--turn and --at name the moment of a picture: --format svg or png")
    if form == "png" and output == "-" and sys.stdout.isatty():
        raise click.UsageError("a PNG is not for a terminal; name a file with -o")
    if turn is not None and seconds is not None:
        raise click.UsageError("--turn and --at are two ways to name one moment; use one")
    at = None if seconds is None else round(seconds * 1e9)
    made = asyncio.run(make(session, Request(form=form, turn=turn, at=at, **how)))
    with destination(output) as file:
        file.writelines(made.pieces)
    _report(made.secrets, as_json)


@click.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Which sessions came, as JSON.")
def import_(files: Sequence[str], as_json: bool) -> None:
    """Bring in sessions that were exported as jsonl, under their own ids.

    Every event comes back as it was. A session that is there already is left as it is.
    """
    from sessions.export.jsonl import read_jsonl
    from sessions.intake import take_in

    came = []
    for name in files:
        with Path(name).open("rb") as file:
            recording, events = read_jsonl(file, name)
        new = take_in(recording, events)
        came.append({"session": recording.session, "new": new, "events": len(events)})
        if not as_json:
            state = f"{len(events)} events" if new else "was here already"
            click.echo(f"{recording.session}  {state}", err=True)
    if as_json:
        write_json(came)


def _report(found: "Sequence[Secret]", as_json: bool) -> None:
    from console.safe import clean_line

    if as_json:
        import msgspec

        masked = [{"kind": secret.kind, "shown": secret.shown} for secret in found]
        click.echo(msgspec.json.encode({"masked": masked}).decode(), err=True)
        return
    for secret in found:
        click.echo(clean_line(f"masked: {secret.kind}, {secret.shown}"), err=True)
    if found:
        click.echo("--no-redact exports everything as it was recorded", err=True)
