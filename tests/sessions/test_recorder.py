"""What the recorder promises: everything, in order, and never a producer kept waiting."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import get_args

import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, PartGrew, RunEnded, SessionStarted, ShellWrote
from sessions import recorder as recorder_module
from sessions.database import default_path
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from tests.sessions.made import begin, end, make_session, make_spec, token


async def read(path: Path, session: str) -> list[AnyEvent]:
    async with Library.open(path) as library:
        return [event async for event in library.events(session)]


def test_made_sessions_hold_every_type_of_event() -> None:
    assert {type(event) for event in make_session("x")} == set(get_args(AnyEvent))


async def test_events_come_back_as_they_were_recorded(tmp_path: Path) -> None:
    path, session = tmp_path / "deep" / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        for event in make_session(session):
            recorder.record(session, event)
    assert await read(path, session) == make_session(session)


async def test_the_person_s_own_store_is_the_default() -> None:
    session = new_id()
    async with Recorder.open() as recorder:
        recorder.record(session, begin(session))
    assert default_path().exists()
    assert len(await read(default_path(), session)) == 1


async def test_flushed_events_can_be_read_while_recording_goes_on(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        assert recorder.acknowledged(session) == -1
        recorder.record(session, begin(session))
        recorder.record(session, token(1))
        await recorder.flush()
        assert recorder.acknowledged(session) == 1
        assert recorder.backlog == 0
        assert len(await read(path, session)) == 2
        recorder.record(session, token(2))
        await recorder.flush()
        assert len(await read(path, session)) == 3


async def test_sessions_recorded_at_once_keep_apart(tmp_path: Path) -> None:
    path, ids = tmp_path / "driftty.db", [new_id() for _ in range(20)]

    async def produce(recorder: Recorder, session: str) -> None:
        for event in make_session(session):
            recorder.record(session, event)
            await asyncio.sleep(0)

    async with Recorder.open(path) as recorder:
        await asyncio.gather(*(produce(recorder, session) for session in ids))
    for session in ids:
        assert await read(path, session) == make_session(session)
    async with Library.open(path) as library:
        assert {summary.id for summary in await library.sessions()} == set(ids)
        assert [await find_damage(library, session) for session in ids] == [""] * 20


async def test_more_than_one_transaction_s_worth_is_written_in_order(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        for at in range(10_000):
            recorder.record(session, token(at))
    assert [event.at for event in await read(path, session)][1:] == list(range(10_000))


async def test_what_comes_after_the_end_is_not_part_of_the_session(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        for event in (begin(session), end(session), token(5), end(session)):
            recorder.record(session, event)
    assert [type(event) for event in await read(path, session)] == [SessionStarted, RunEnded]


async def test_a_session_that_was_never_begun_is_refused(tmp_path: Path) -> None:
    async with Recorder.open(tmp_path / "driftty.db") as recorder:
        with pytest.raises(StoreError, match="never begun"):
            recorder.record("nosuchsession", token(1))


async def test_a_closed_recorder_refuses(tmp_path: Path) -> None:
    session = new_id()
    async with Recorder.open(tmp_path / "driftty.db") as recorder:
        recorder.record(session, begin(session))
    with pytest.raises(StoreError, match="closed"):
        recorder.record(session, token(1))


async def test_an_id_that_is_taken_is_refused_and_the_other_sessions_go_on(tmp_path: Path) -> None:
    path, taken, other = tmp_path / "driftty.db", new_id(), new_id()
    async with Recorder.open(path) as recorder:
        for event in make_session(taken):
            recorder.record(taken, event)
    notices: list[StoreError | None] = []
    async with Recorder.open(path, notices.append) as recorder:
        recorder.record(other, begin(other))
        recorder.record(taken, begin(taken))
        recorder.record(other, token(1))
        with pytest.raises(StoreError, match="has one of that id"):
            await recorder.flush()
        with pytest.raises(StoreError, match="has one of that id"):
            recorder.record(taken, token(1))
        recorder.record(other, end(other))
    assert len(notices) == 1
    assert await read(path, taken) == make_session(taken)
    assert len(await read(path, other)) == 3


async def test_text_that_is_no_unicode_is_mended_not_lost(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session, make_spec(task="bad \udce9 name")))
        recorder.record(session, PartGrew(at=1, turn=1, part=0, text="a\ud800b"))
        recorder.record(session, ShellWrote(at=2, data=b"\xff\xfe"))
    started, grew, wrote = await read(path, session)
    assert isinstance(started, SessionStarted)
    assert "�" in started.spec.task.name
    assert isinstance(grew, PartGrew)
    assert grew.text.startswith("a�")
    assert grew.text.endswith("b")
    assert isinstance(wrote, ShellWrote)
    assert wrote.data == b"\xff\xfe"


async def test_a_number_too_large_is_an_error_and_harms_nothing_else(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        with pytest.raises(StoreError, match="cannot be recorded"):
            recorder.record(session, token(2**70))
        recorder.record(session, token(1))
    assert len(await read(path, session)) == 2


async def test_bulky_bodies_are_compressed(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    output = ShellWrote(at=1, data=b"drwxr-xr-x 2 root root 4096 Jun 18 10:12 file\r\n" * 1000)
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        recorder.record(session, output)
    with closing(sqlite3.connect(path)) as connection:
        (stored,) = connection.execute(
            "SELECT length(body) FROM events WHERE type = 'ShellWrote'"
        ).fetchone()
    assert stored < len(output.data) / 20
    assert (await read(path, session))[1] == output


async def test_producers_that_outrun_the_disk_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "HELD_BYTES", 11_000)
    monkeypatch.setattr(recorder_module, "ROOMY_BYTES", 5_000)
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        output = ShellWrote(at=1, data=bytes(1000))
        # The loop gets no turn in between, so that nothing can be acknowledged.
        for _ in range(10):
            recorder.record(session, output)
        with pytest.raises(StoreError, match="too slow"):
            recorder.record(session, output)
        kept = recorder.backlog
        await recorder.room()
        recorder.record(session, token(1))
    assert len(await read(path, session)) == kept + 1


async def test_a_session_that_its_recorder_left_without_an_end_is_interrupted(
    tmp_path: Path,
) -> None:
    path, whole, broken = tmp_path / "driftty.db", new_id(), new_id()
    async with Recorder.open(path) as recorder:
        for session in (whole, broken):
            recorder.record(session, begin(session))
        recorder.record(whole, end(whole))
        await recorder.flush()
        async with Library.open(path) as library:
            assert (await library.find(broken)).outcome == "recording"
    async with Library.open(path) as library:
        assert (await library.find(whole)).outcome == "drift"
        assert (await library.find(broken)).outcome == "interrupted"


async def test_what_was_recorded_before_an_exception_is_written(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()

    async def broken() -> None:
        async with Recorder.open(path) as recorder:
            recorder.record(session, begin(session))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await broken()
    assert len(await read(path, session)) == 1
