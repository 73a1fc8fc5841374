"""JSON Lines: out and in again, without loss, and no damaged file taken for whole."""

import asyncio
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec
import pytest

from engine.errors import StoreError
from engine.events import AnyEvent
from sessions.export.jsonl import JsonLines, Recording, read_jsonl
from sessions.intake import take_in
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from sessions.summary import Summary
from tests.sessions.made import make_session, token

ID = "6ahrnqk1qc3c"


def export(events: Iterable[AnyEvent], recording: Recording | None = None) -> list[bytes]:
    lines = JsonLines(recording or Recording(session=ID))
    told = [line for event in events for line in lines.tell(event)]
    return [line.encode() for line in (*told, *lines.close())]


def test_out_and_in_again_is_the_same() -> None:
    recording = Recording(session=ID, tags=("baseline",), note="a note\n", redacted=2)
    assert read_jsonl(export(make_session(ID), recording), "f") == (recording, make_session(ID))


def test_lines_are_those_that_a_run_prints() -> None:
    lines = export(make_session(ID))
    assert [line.rstrip(b"\n") for line in lines[1:-1]] == [
        msgspec.json.encode(event) for event in make_session(ID)
    ]


def test_a_token_of_probability_zero_survives() -> None:
    event = msgspec.structs.replace(token(1), logprobs=(-math.inf,))
    assert read_jsonl(export([event]), "f")[1] == [event]


DAMAGED: dict[str, tuple[Callable[[list[bytes]], list[bytes]], str]] = {
    "cut in the middle": (lambda lines: lines[:-1], "cut off"),
    "an event left out": (lambda lines: lines[:5] + lines[6:], "was changed"),
    "an event twice": (lambda lines: lines[:5] + lines[4:], "was changed"),
    "a byte changed": (
        lambda lines: [line.replace(b"hostname", b"hostnome") for line in lines],
        "was changed",
    ),
    "a line cut": (lambda lines: [*lines[:5], lines[5][:10], *lines[6:]], "line 6"),
    "no recording": (lambda lines: lines[1:], "not an exported session"),
    "empty": (lambda lines: [], "cut off"),
    "another format": (lambda lines: [b'{"version": 2}\n'], "not an exported session"),
    "newer": (
        lambda lines: [lines[0].replace(b'"format":1', b'"format":9'), *lines[1:]],
        "newer driftty",
    ),
    "an unknown event": (
        lambda lines: [lines[0], b'{"type":"NotYetSeen","at":1}\n', *lines[1:]],
        "no event this driftty knows",
    ),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_file_is_refused_with_the_reason(how: str) -> None:
    damage, says = DAMAGED[how]
    with pytest.raises(StoreError, match=says) as raised:
        read_jsonl(damage(export(make_session(ID))), "some/file.jsonl")
    assert "some/file.jsonl" in str(raised.value)


async def look(path: Path) -> tuple[Summary, list[AnyEvent], str, bytes]:
    async with Library.open(path) as library:
        summary = await library.find(ID)
        events = [event async for event in library.events(ID)]
        head = (await library.head(ID))[1]
        return summary, events, await find_damage(library, ID), head


async def record(path: Path, events: Iterable[AnyEvent]) -> None:
    async with Recorder.open(path) as recorder:
        for event in events:
            recorder.record(ID, event)


def test_what_comes_in_is_what_went_out_to_the_last_link(tmp_path: Path) -> None:
    here, there = tmp_path / "here.db", tmp_path / "there.db"
    asyncio.run(record(here, make_session(ID)))
    recording, events = read_jsonl(
        export(make_session(ID), Recording(session=ID, tags=("good",), note="kept")), "f"
    )
    assert take_in(recording, events, there)
    before, after = asyncio.run(look(here)), asyncio.run(look(there))
    assert before[1:] == after[1:]
    assert after[2] == ""
    assert msgspec.structs.replace(after[0], tags=(), note="") == before[0]
    assert (after[0].tags, after[0].note) == (("good",), "kept")


def test_a_session_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path, recording = tmp_path / "driftty.db", Recording(session=ID)
    assert take_in(recording, make_session(ID), path)
    assert not take_in(recording, make_session(ID), path)
    with pytest.raises(StoreError, match="another of that id"):
        take_in(recording, make_session(ID)[:-1], path)
    assert len(asyncio.run(look(path))[1]) == len(make_session(ID))


def test_an_unfinished_session_comes_in_as_interrupted(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    take_in(Recording(session=ID), make_session(ID)[:20], path)
    assert asyncio.run(look(path))[0].outcome == "interrupted"


def test_what_does_not_begin_at_the_beginning_stays_out(tmp_path: Path) -> None:
    for events in ([], make_session(ID)[1:], make_session("another")):
        with pytest.raises(StoreError, match="beginning is missing"):
            take_in(Recording(session=ID), events, tmp_path / "driftty.db")
    assert not (tmp_path / "driftty.db").exists()
