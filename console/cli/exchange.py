"""`driftty sessions export|import`: recordings for other programs, other machines, other people."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from console.cli.editing import write_json
from engine.errors import DrifttyError

if TYPE_CHECKING:
    from engine.events import AnyEvent
    from sessions.export import Exporter
    from sessions.export.redact import Secret
    from sessions.summary import Summary

FORMATS = ("asciicast-v2", "asciicast-v3", "jsonl", "markdown")


@click.command("export")
@click.argument("session")
@click.option(
    "--format", "-f", "form", type=click.Choice(FORMATS), default="jsonl", show_default=True
)
@click.option("--output", "-o", default="-", help="The file to write; standard output by default.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@click.option("--idle", default=0.0, help="Casts: the longest pause of a player, in seconds.")
@click.option(
    "--redact/--no-redact", default=True, show_default=True, help="Mask keys, tokens, passwords."
)
@click.option("--json", "as_json", is_flag=True, help="What was masked, as JSON on stderr.")
def export(
    session: str, form: str, output: str, force: bool, idle: float, redact: bool, as_json: bool
) -> None:
    """Write a session to a file that other programs read.

    asciicast-v2 and -v3 play in asciinema and its players, reasoning dimmed, with markers at commands
    and drifts; jsonl has every event and can be imported again without loss; markdown is a transcript.

    Secrets are masked in the copy, and listed on standard error; the recording keeps them. A masked
    copy has no token ids, so it can be read and played, but not run again.
    """
    if output != "-" and not force and Path(output).exists():
        raise click.BadParameter(f"{output} is there already; --force writes over it.")
    summary, events = asyncio.run(_read(session))
    found: list[Secret] = []
    if redact:
        from sessions.export.redact import redact as mask

        events, found = mask(events)
    with _destination(output) as file:
        for line in _lines(_exporter(form, summary, idle, len(found)), events):
            file.write(line.encode())
    _report(found, as_json)


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


async def _read(typed: str) -> "tuple[Summary, list[AnyEvent]]":
    from sessions.library import Library

    async with Library.open() as library:
        summary = await library.find(typed)
        return summary, [event async for event in library.events(summary.id)]


def _exporter(form: str, summary: "Summary", idle: float, redacted: int) -> "Exporter":
    from console.safe import clean

    match form:
        case "asciicast-v2" | "asciicast-v3":
            from sessions.export.asciicast import Asciicast

            return Asciicast(2 if form.endswith("2") else 3, clean, idle)
        case "markdown":
            from sessions.export.markdown import Markdown

            return Markdown(clean)
        case _:
            from sessions.export.jsonl import JsonLines, Recording

            return JsonLines(
                Recording(
                    session=summary.id, tags=summary.tags, note=summary.note, redacted=redacted
                )
            )


def _lines(exporter: "Exporter", events: "Iterable[AnyEvent]") -> Iterator[str]:
    for event in events:
        yield from exporter.tell(event)
    yield from exporter.close()


@contextmanager
def _destination(output: str) -> Iterator[BinaryIO]:
    """Standard output, or a file that gets its name when it is whole."""
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    path = Path(output).absolute()
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                yield file
            Path(name).chmod(0o666 & ~_umask())
            Path(name).replace(path)
        finally:
            Path(name).unlink(missing_ok=True)
    except OSError as error:
        raise DrifttyError(f"{output} cannot be written: {error.strerror or error}.") from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


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
