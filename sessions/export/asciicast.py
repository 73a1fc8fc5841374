"""Terminal casts that stock players play: what the shell showed, with the operator's reasoning.

Formats: https://docs.asciinema.org/manual/asciicast/v2/ and /v3/. Output is as it was, to the byte
and the microsecond. Reasoning and drift stand dimmed on lines of their own, above the prompt that the
command will be typed at; while a full-screen program has the terminal they are left out. Commands and
drifts are markers.
"""

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import Any, Literal

from engine.events import (
    AnyEvent,
    CommandSubmitted,
    DriftSeen,
    KeysTyped,
    PartClosed,
    PartGrew,
    PartOpened,
    RunEnded,
    SessionStarted,
    ShellResized,
    ShellWrote,
)
from sessions.export import Clean

_DIM, _LOUD, _PLAIN = "\x1b[2m", "\x1b[1;33m", "\x1b[0m"
_FULL_SCREEN = re.compile(rb"\x1b\[\?(?:1049|1047|47)([hl])")
_LONGEST_MARKER = 80
_KEPT_LINE_BYTES = 4096
"""A line longer than this is not drawn again after reasoning; nobody has such a prompt."""


class Asciicast:
    """Makes an asciicast of a session's events."""

    def __init__(self, version: Literal[2, 3], clean: Clean, idle: float = 0.0) -> None:
        """`idle`: the longest pause in seconds that a player should make; 0 leaves that to it."""
        self._version = version
        self._clean = clean
        self._idle = idle
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._told = 0
        """When the last event was, in microseconds, as it was written."""
        self._line = b""
        """What the terminal's current line was made of."""
        self._full_screen = False
        self._reasoning: int | None = None
        """The part that is being shown, if it is reasoning."""

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """See `Exporter`."""
        match event:
            case SessionStarted():
                yield self._header(event)
            case ShellWrote(at=at, data=data):
                self._follow(data)
                yield from self._event(at, "o", self._decode(data))
            case KeysTyped(at=at, data=data) if data:
                yield from self._event(at, "i", data.decode("utf-8", "replace"))
            case ShellResized(at=at, columns=columns, rows=rows):
                yield from self._event(at, "r", f"{columns}x{rows}")
            case PartOpened() | PartGrew() | PartClosed() if not self._full_screen:
                yield from self._part(event)
            case CommandSubmitted(at=at, command=command):
                yield from self._event(at, "m", self._marker(command))
            case DriftSeen(at=at, kind=kind, line=line):
                yield from self._event(at, "m", self._marker(f"drift: {kind}"))
                if not self._full_screen:
                    words = self._clean(f"▲ drift, {kind}: {line}").replace("\n", " ")
                    aside = f"\r\x1b[K{_LOUD}{words}{_PLAIN}\r\n{self._current()}"
                    yield from self._event(at, "o", aside)
            case RunEnded(at=at, exited=exited) if exited and self._version == 3:
                yield from self._event(at, "x", "0")
            case _:
                pass

    def close(self) -> Iterator[str]:
        """See `Exporter`."""
        yield from ()

    def _part(self, event: PartOpened | PartGrew | PartClosed) -> Iterator[str]:
        """Show reasoning while it grows."""
        match event:
            case PartOpened(at=at, part=part, kind="reasoning" | "comment"):
                self._reasoning = part
                yield from self._event(at, "o", f"\r\x1b[K{_DIM}")
            case PartGrew(at=at, part=part, text=text) if part == self._reasoning:
                yield from self._event(at, "o", self._clean(text).replace("\n", "\r\n"))
            case PartClosed(at=at, part=part) if part == self._reasoning:
                self._reasoning = None
                yield from self._event(at, "o", f"{_PLAIN}\r\n{self._current()}")
            case _:
                pass

    def _current(self) -> str:
        """The terminal's current line, to be drawn again below what was put in above it."""
        return self._line.decode("utf-8", "replace")

    def _follow(self, data: bytes) -> None:
        """Keep track of the current line and of full-screen programs."""
        for switch in _FULL_SCREEN.finditer(data):
            self._full_screen = switch[1] == b"h"
        line = data.rpartition(b"\n")[2] if b"\n" in data else self._line + data
        self._line = line if len(line) <= _KEPT_LINE_BYTES else b""

    def _marker(self, words: str) -> str:
        line = self._clean(words).replace("\n", " ⏎ ")
        return line if len(line) <= _LONGEST_MARKER else f"{line[: _LONGEST_MARKER - 1]}…"

    def _event(self, at: int, code: str, data: str) -> Iterator[str]:
        """One line of the cast. Intervals are differences of rounded times: no error adds up."""
        if not data:
            return
        now = max(self._told, round(at / 1000))
        time = now if self._version == 2 else now - self._told
        self._told = now
        yield f'[{time // 10**6}.{time % 10**6:06}, "{code}", {_json(data)}]\n'

    def _header(self, started: SessionStarted) -> str:
        spec = started.spec
        header: dict[str, Any] = {"version": self._version}
        if self._version == 2:
            header |= {"width": spec.columns, "height": spec.rows}
        else:
            header["term"] = {"cols": spec.columns, "rows": spec.rows, "type": "xterm-256color"}
        with suppress(ValueError):  # The field is optional: no time is better than a wrong one.
            header["timestamp"] = int(datetime.fromisoformat(started.began).timestamp())
        if self._idle:
            header["idle_time_limit"] = self._idle
        header["title"] = self._clean(f"{spec.config.name}: {spec.task.text}").replace("\n", " ")
        header["env"] = {"SHELL": "/bin/bash", "TERM": "xterm-256color"}
        return f"{_json(header)}\n"


def _json(value: object) -> str:
    """JSON in ASCII: what is not printable is escaped, as the format asks."""
    return json.dumps(value, ensure_ascii=True)
