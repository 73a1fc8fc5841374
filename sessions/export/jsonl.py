"""Recordings as JSON Lines: every event, and back again without loss.

The first line is a `Recording` that says whose events follow; then one event a line, as `driftty run
--json` prints them; the last is a `RecordingEnded` with a checksum, so that a file that was cut or
changed on its way is noticed.
"""

import hashlib
import math
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent, TokensSampled
from engine.version import VERSION

FORMAT = 1


class Recording(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """The first line of an exported session."""

    session: str
    format: int = FORMAT
    exported_by: str = VERSION
    """The version of driftty."""
    tags: tuple[str, ...] = ()
    note: str = ""
    redacted: int = 0
    """How many stretches of it were masked; then it is not what was recorded."""


class RecordingEnded(msgspec.Struct, frozen=True, kw_only=True, tag=True, tag_field="type"):
    """The last line of an exported session."""

    events: int
    sha256: str
    """Of everything before this line, hex."""


class JsonLines:
    """Makes JSON Lines of a session's events."""

    def __init__(self, recording: Recording) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._hash = hashlib.sha256()
        self._events = 0
        self._first: str | None = self._line(recording)

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """See `Exporter`."""
        yield from self._beginning()
        self._events += 1
        yield self._line(event)

    def close(self) -> Iterator[str]:
        """See `Exporter`."""
        yield from self._beginning()
        yield self._line(RecordingEnded(events=self._events, sha256=self._hash.hexdigest()))

    def _beginning(self) -> Iterator[str]:
        if self._first is not None:
            yield self._first
            self._first = None

    def _line(self, value: msgspec.Struct) -> str:
        line = self._encode(value) + b"\n"
        self._hash.update(line)
        return line.decode()


def read_jsonl(lines: Iterable[bytes], name: str) -> tuple[Recording, list[AnyEvent]]:
    """What `JsonLines` wrote, line by line.

    Raises `StoreError`, naming `name` and the line, where it is cut, changed or no such file.
    """
    checksum, before = hashlib.sha256(), ""
    recording: Recording | None = None
    events: list[AnyEvent] = []
    for number, line in enumerate(lines, 1):
        if recording is None:
            recording = _read_recording(line, name)
        elif b'"type":"RecordingEnded"' in line[:40]:
            ended = msgspec.json.decode(line, type=RecordingEnded)
            if ended.sha256 != before or ended.events != len(events):
                raise StoreError(f"{name} was changed after it was exported; export it again.")
            return recording, events
        else:
            events.append(_read_event(line, name, number))
        checksum.update(line)
        before = checksum.hexdigest()
    raise StoreError(f"{name} is cut off: its last line is missing; copy or export it again.")


_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def _read_recording(line: bytes, name: str) -> Recording:
    try:
        recording = msgspec.json.decode(line, type=Recording)
    except msgspec.DecodeError as error:
        raise StoreError(
            f"{name} is not an exported session: its first line is no Recording ({error}). "
            "`driftty sessions export ID --format jsonl` makes one."
        ) from error
    if recording.format > FORMAT:
        raise StoreError(
            f"{name} was exported by a newer driftty ({recording.exported_by}); update driftty."
        )
    return recording


def _read_event(line: bytes, name: str, number: int) -> AnyEvent:
    try:
        return _decoder.decode(line)
    except msgspec.DecodeError as error:
        mended = _with_infinities(line)
        if mended is not None:
            return mended
        raise StoreError(
            f"{name}, line {number}, is no event this driftty knows: {error}"
        ) from error


def _with_infinities(line: bytes) -> AnyEvent | None:
    """An event with the probability 0 of a token, whose logarithm JSON can only write as null."""
    try:
        event = msgspec.json.decode(line, type=dict[str, Any])
        event["logprobs"] = [-math.inf if one is None else one for one in event["logprobs"]]
        return msgspec.convert(event, TokensSampled)
    except (msgspec.DecodeError, KeyError, TypeError):
        return None
