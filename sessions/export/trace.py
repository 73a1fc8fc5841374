"""A session's profile as a trace: JSON that Perfetto and Chrome's tracing page open.

The format is the Trace Event Format's JSON object: complete events (`X`) for slices, instant events
(`i`) for commands and drifts, counters (`C`) for the prompt's tokens and for memory, metadata (`M`)
for names. Times are microseconds from whatever began first, the session or the load before it. Model,
shell and console are threads of one process, whose slices lie in one another or beside one another.
Source: "Trace Event Format", docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from engine.events import AnyEvent, PromptSent, SessionStarted
from engine.profile import BESIDE, Holding, Mark, Profiler, Slice

PROCESS = 1
THREADS = {"session": 1, "model": 2, "shell": 3, "console": 4}
"""Rows of the trace, from the top."""

MODEL = frozenset(("load", "prefill", "first_token", "decode"))


class Trace:
    """Makes a trace of a session's events; written when the session is whole."""

    def __init__(self) -> None:
        self._profiler = Profiler()
        self._started: SessionStarted | None = None
        self._counters: list[dict[str, Any]] = []
        self._length = 0

    def tell(self, event: AnyEvent) -> Iterator[str]:
        """See `Exporter`."""
        self._profiler.absorb(event)
        if isinstance(event, SessionStarted):
            self._started = event
        elif isinstance(event, PromptSent):
            length = event.kept + len(event.ids)
            self._counters.append(
                _event("C", "prompt tokens", "model", event.at)
                | {"args": {"cached": event.cached, "new": length - event.cached}}
            )
        return iter(())

    def close(self) -> Iterator[str]:
        """See `Exporter`."""
        profile = self._profiler.profile
        timed = [
            *(_slice(each) for each in profile.slices),
            *(_mark(each) for each in profile.marks),
            *self._counters,
            *(_holding(each) for each in profile.held),
        ]
        # The load may have begun before the session, and Perfetto drops what is before its zero.
        zero = min((0, *(event["ts"] for event in timed)))
        events = [
            *self._names(),
            *(event | {"ts": (event["ts"] - zero) / 1000} for event in timed),
        ]
        other: dict[str, Any] = {}
        if self._started is not None:
            started, spec = self._started, self._started.spec
            other = {
                "session": started.session,
                "began": started.began,
                "driftty": started.version,
                "model": spec.model,
                "config": spec.config.name,
                "task": spec.task.text,
                "rng": spec.rng,
                "session starts at, µs": -zero / 1000,
            }
        document = {"traceEvents": events, "displayTimeUnit": "ms", "otherData": other}
        yield msgspec.json.encode(document).decode()
        yield "\n"

    def _names(self) -> Iterator[dict[str, Any]]:
        session = self._started.session if self._started else "session"
        yield _named("process_name", 0, f"driftty {session}")
        for name, number in THREADS.items():
            yield _named("thread_name", number, name)
            yield {
                "ph": "M",
                "pid": PROCESS,
                "tid": number,
                "name": "thread_sort_index",
                "args": {"sort_index": number},
            }


def _slice(each: Slice) -> dict[str, Any]:
    thread = "console" if each.name in BESIDE else "model" if each.name in MODEL else "shell"
    args: dict[str, Any] = {"turn": each.turn}
    if each.tokens:
        args["tokens"] = each.tokens
        if each.took:
            args["tokens per second"] = round(each.tokens / (each.took / 1e9), 2)
    return _event("X", each.name, thread, each.began) | {"dur": each.took / 1000, "args": args}


def _mark(each: Mark) -> dict[str, Any]:
    name = each.kind if each.kind in ("turn", "end") else f"{each.kind}: {each.words}"
    args = {"turn": each.turn, "what": each.words}
    return _event("i", name, "session", each.at) | {"s": "p", "args": args}


def _holding(each: Holding) -> dict[str, Any]:
    held = each.held
    args = {"held": held.memory / 1e6} | ({"in use by all": held.used / 1e6} if held.used else {})
    return _event("C", f"memory, MB ({held.where})", "model", each.at) | {"args": args}


def _event(phase: str, name: str, thread: str, at: int) -> dict[str, Any]:
    """An event of any kind; `ts` in nanoseconds since the session's start, until all are there."""
    return {
        "ph": phase,
        "name": name,
        "cat": thread,
        "pid": PROCESS,
        "tid": THREADS[thread],
        "ts": at,
    }


def _named(what: str, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "pid": PROCESS, "tid": thread, "name": what, "args": {"name": name}}
