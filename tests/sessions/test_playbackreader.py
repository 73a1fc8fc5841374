"""Recordings read for playing: whole ones, torn ones, old ones, and those that go on."""

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted, ShellWrote, TurnStarted
from sessions.ids import new_id
from sessions.library import Library
from sessions.playbackreader import Recording
from sessions.recorder import Recorder
from tests.sessions.made import begin, end, make_session, token

FROZEN = Path(__file__).parent / "frozen"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "driftty.db"


async def recorded(path: Path, events: list[AnyEvent]) -> str:
    started = events[0]
    assert isinstance(started, SessionStarted)
    async with Recorder.open(path) as recorder:
        for event in events:
            recorder.record(started.session, event)
    return started.session


async def everything(recording: Recording) -> list[AnyEvent | None]:
    count = 0
    while facts := await recording.facts(count, 7):
        count += len(facts)
    return await recording.events(0, count)


def sql(path: Path, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement, values)


async def test_every_event_comes_back_in_its_place(path: Path) -> None:
    events = make_session(new_id())
    session = await recorded(path, events)
    async with Recording.open(session[:4], path) as recording:
        assert await everything(recording) == events
        assert await recording.events(3, 6) == events[3:6]
        assert await recording.events(5, 5) == []
        assert await recording.standing() == "drift"
        assert await recording.damage() == ""


async def test_facts_have_the_times_of_all_and_the_marks_in_full(path: Path) -> None:
    events = make_session(new_id())
    session = await recorded(path, events)
    async with Recording.open(session, path) as recording:
        facts = await recording.facts(0, 1000)
    assert [fact.at for fact in facts] == [event.at for event in events]
    for fact, event in zip(facts, events, strict=True):
        assert fact.event in (event, None)
        assert (fact.event is None) == isinstance(event, ShellWrote) or not isinstance(
            event, ShellWrote | TurnStarted
        )


async def test_a_gap_is_closed_up_and_told(path: Path) -> None:
    events = make_session(new_id())
    session = await recorded(path, events)
    sql(path, "DELETE FROM events WHERE seq BETWEEN 5 AND 9")
    async with Recording.open(session, path) as recording:
        assert await everything(recording) == events[:5] + events[10:]
        assert await recording.damage() == "events 5 to 9 are missing"


async def test_an_event_that_cannot_be_read_has_its_place_and_no_event(path: Path) -> None:
    events = make_session(new_id())
    session = await recorded(path, events)
    sql(path, "UPDATE events SET body = x'c1', packing = 0 WHERE seq = 8")
    async with Recording.open(session, path) as recording:
        assert await everything(recording) == [*events[:8], None, *events[9:]]
        assert "event 8" in await recording.damage()


async def test_a_session_that_has_lost_all_its_events_is_empty(path: Path) -> None:
    session = await recorded(path, make_session(new_id()))
    sql(path, "DELETE FROM events")
    async with Recording.open(session, path) as recording:
        assert await everything(recording) == []


@pytest.mark.parametrize("version", sorted(one.stem for one in FROZEN.glob("*.db")))
async def test_what_an_older_version_recorded_plays(version: str, path: Path) -> None:
    await asyncio.to_thread(shutil.copyfile, FROZEN / f"{version}.db", path)
    async with Library.open(path) as library:
        found = await library.sessions()
    assert found
    for summary in found:
        async with Recording.open(summary.id, path) as recording:
            events = await everything(recording)
        assert len(events) == summary.events
        assert None not in events
        assert isinstance(events[0], SessionStarted)


async def test_what_is_in_the_trash_can_be_looked_at(path: Path) -> None:
    session = await recorded(path, make_session(new_id()))
    sql(path, "UPDATE sessions SET deleted = '2026-01-01'")
    async with Recording.open(session, path) as recording:
        assert len(await everything(recording)) > 10


async def test_no_session_and_no_store_are_sentences(path: Path) -> None:
    with pytest.raises(StoreError, match="No session"):
        async with Recording.open("last", path):
            pass
    await recorded(path, make_session(new_id()))
    with pytest.raises(StoreError, match="begins with"):
        async with Recording.open("zzzz", path):
            pass


async def test_what_another_records_is_noticed_and_nothing_else_is(path: Path) -> None:
    session = new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        await recorder.flush()
        async with Recording.open(session, path) as recording:
            assert len(await recording.facts(0, 100)) == 1
            assert await recording.changed()
            assert not await recording.changed()
            assert await recording.standing() == "recording"
            recorder.record(session, token(5))
            recorder.record(session, end(session))
            await recorder.flush()
            assert await recording.changed()
            assert [fact.at for fact in await recording.facts(1, 100)] == [5, 10**9]
            assert await recording.events(1, 3) == [token(5), end(session)]
            assert await recording.standing() == "drift"


async def test_the_death_of_a_recorder_is_noticed(path: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.sessions.recording_child", str(path),
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    try:
        line = (await child.stdout.readline()).decode()
        async with Recording.open(line.split()[0], path) as recording:
            assert await recording.standing() == "recording"
            child.kill()
            await child.wait()
            assert await recording.standing() == "interrupted"
            assert len(await recording.facts(0, 100)) > 1
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
