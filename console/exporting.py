"""Sessions written for other programs: which formats there are, and how a file comes to be."""

import asyncio
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias, get_args

import msgspec

from console.safe import clean
from console.wholefile import whole_file

if TYPE_CHECKING:
    from engine.events import AnyEvent
    from sessions.export import Exporter
    from sessions.export.redact import Secret
    from sessions.summary import Summary

Format: TypeAlias = Literal[
    "jsonl", "asciicast-v2", "asciicast-v3", "markdown", "svg", "png", "trace"
]
FORMATS: tuple[Format, ...] = get_args(Format)
SUFFIXES: dict[Format, str] = {
    "jsonl": "jsonl",
    "asciicast-v2": "cast",
    "asciicast-v3": "cast",
    "markdown": "md",
    "svg": "svg",
    "png": "png",
    "trace": "json",
}
WORDS: dict[Format, str] = {
    "jsonl": "every event; `driftty sessions import` brings it back",
    "asciicast-v2": "plays in asciinema and its players",
    "asciicast-v3": "plays in asciinema 3 and its players",
    "markdown": "the transcript, to read or paste",
    "svg": "a picture of one moment",
    "png": "a picture of one moment, for where no SVG is shown",
    "trace": "where the time went; ui.perfetto.dev and chrome://tracing open it",
}
PICTURES: tuple[Format, ...] = ("svg", "png")
"""Formats that show one moment."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """How a session is to be written."""

    form: Format = "jsonl"
    redact: bool = True
    """Mask what looks like a key, a token or a password."""
    idle: float = 0.0
    """Casts: the longest pause in seconds; 0 for none."""
    turn: int | None = None
    """Pictures: the end of this turn."""
    at: int | None = None
    """Pictures: so many nanoseconds after the session's start."""


class Made(msgspec.Struct, frozen=True):
    """A session in another form."""

    pieces: list[bytes]
    """The file, in order."""
    secrets: "list[Secret]"
    """What was masked."""


async def export(typed: str, request: Request) -> Made:
    """The session a person named, in another form.

    Raises `DrifttyError` where there is none such, no such moment in it, or nothing to draw with.
    """
    from sessions.library import Library

    async with Library.holding(typed) as library:
        summary = await library.find(typed)
        events = [event async for event in library.events(summary.id)]
    secrets: list[Secret] = []
    if request.redact:
        from sessions.export.redact import redact

        events, secrets = redact(events)
    pieces = [line.encode() for line in _lines(_exporter(request, summary, len(secrets)), events)]
    if request.form == "png":
        from console.png import png

        pieces = [await asyncio.to_thread(png, b"".join(pieces).decode())]
    return Made(pieces, secrets)


@contextmanager
def destination(output: str) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole, or standard output for `-`.

    Raises `DrifttyError` where it cannot be written.
    """
    if output == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with whole_file(Path(output)) as file:
        yield file


def _exporter(request: Request, summary: "Summary", redacted: int) -> "Exporter":
    match request.form:
        case "asciicast-v2" | "asciicast-v3":
            from sessions.export.asciicast import Asciicast

            return Asciicast(2 if request.form.endswith("2") else 3, clean, request.idle)
        case "markdown":
            from sessions.export.markdown import Markdown

            return Markdown(clean)
        case "svg" | "png":
            from console.moment import Moment

            return Moment(summary, turn=request.turn, at=request.at)
        case "trace":
            from sessions.export.trace import Trace

            return Trace()
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
