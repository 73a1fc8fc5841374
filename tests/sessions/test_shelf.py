"""Tags, notes and the trash: what a person does to sessions leaves their events alone."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.shelf import Shelf, read_tag
from sessions.soundness import find_damage
from sessions.summary import Query, Summary
from tests.sessions.made import begin, end, make_session, make_spec, token


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "driftty.db"


def record(path: Path, *configs: str) -> list[str]:
    async def run() -> list[str]:
        ids = [new_id() for _ in configs]
        async with Recorder.open(path) as recorder:
            for session, config in zip(ids, configs, strict=True):
                recorder.record(session, begin(session, make_spec(config)))
                for event in make_session(session)[1:]:
                    recorder.record(session, event)
        return ids

    return asyncio.run(run())


def listed(path: Path, query: Query) -> list[Summary]:
    async def run() -> list[Summary]:
        async with Library.open(path) as library:
            return await library.sessions(query)

    return asyncio.run(run())


def count(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_tags_come_and_go(path: Path) -> None:
    first, second = record(path, "a", "b")
    shelf = Shelf(path)
    shelf.tag(first, ["Baseline", "good"])
    shelf.tag(first, ["good"])
    assert listed(path, Query(tag="baseline"))[0].tags == ("baseline", "good")
    shelf.untag(first, ["baseline", "never-had"])
    assert listed(path, Query(tag="baseline")) == []
    assert [summary.tags for summary in listed(path, Query())] == [(), ("good",)]
    assert listed(path, Query(tag="good"))[0].id == first != second


@pytest.mark.parametrize("typed", ["", "two words", "a,b", "x" * 65, "new\nline"])
def test_what_is_no_word_is_no_tag(typed: str) -> None:
    with pytest.raises(StoreError, match="cannot be a tag"):
        read_tag(typed)


def test_a_note_is_kept_and_taken_away(path: Path) -> None:
    (session,) = record(path, "a")
    Shelf(path).annotate(session, "drifted after the error")
    assert listed(path, Query())[0].note == "drifted after the error"
    Shelf(path).annotate(session, "")
    assert listed(path, Query())[0].note == ""


def test_the_trash_hides_and_gives_back(path: Path) -> None:
    first, second = record(path, "a", "b")
    whole = listed(path, Query())
    Shelf(path).delete([first])
    assert [summary.id for summary in listed(path, Query())] == [second]
    (trashed,) = listed(path, Query(trash=True))
    assert trashed.id == first
    assert trashed.deleted
    Shelf(path).restore([first])
    assert listed(path, Query()) == whole


async def test_a_deleted_session_is_not_found_by_its_id(path: Path) -> None:
    (session,) = await asyncio.to_thread(record, path, "a")
    await asyncio.to_thread(Shelf(path).delete, [session])
    async with Library.open(path) as library:
        with pytest.raises(StoreError, match="No session's id begins"):
            await library.find(session)
        with pytest.raises(StoreError, match="No session is recorded yet"):
            await library.find("last")
        assert (await library.find("last", Query(trash=True))).id == session


def test_emptying_the_trash_removes_what_only_it_used(path: Path) -> None:
    first, second, third = record(path, "a", "b", "a")
    Shelf(path).tag(second, ["gone"])
    Shelf(path).delete([second])
    before = path.stat().st_size
    assert Shelf(path).empty_trash() == 1
    assert {summary.id for summary in listed(path, Query())} == {first, third}
    assert count(path, "events") == 2 * len(make_session("x"))
    assert count(path, "configs") == 1
    assert count(path, "seeds") == 1
    assert count(path, "tags") == 0
    assert path.stat().st_size <= before
    assert Shelf(path).empty_trash() == 0


async def test_the_others_stay_whole_and_recording_goes_on(path: Path) -> None:
    kept, gone = await asyncio.to_thread(record, path, "a", "b")
    live = new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(live, begin(live))
        await recorder.flush()
        await asyncio.to_thread(Shelf(path).delete, [gone])
        recorder.record(live, token(1))
        assert await asyncio.to_thread(Shelf(path).empty_trash) == 1
        recorder.record(live, end(live))
        await recorder.flush()
        async with Library.open(path) as library:
            assert [await find_damage(library, one) for one in (kept, live)] == ["", ""]


async def test_what_is_being_recorded_cannot_be_deleted_and_nothing_else_is_then(
    path: Path,
) -> None:
    (over,) = await asyncio.to_thread(record, path, "a")
    live = new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(live, begin(live))
        await recorder.flush()
        with pytest.raises(StoreError, match="still being recorded"):
            await asyncio.to_thread(Shelf(path).delete, [over, live])
    assert len(await asyncio.to_thread(listed, path, Query())) == 2


def test_without_a_store_there_is_nothing_to_tag(path: Path) -> None:
    with pytest.raises(StoreError, match="No session is recorded yet"):
        Shelf(path).tag("x", ["a"])
    assert not path.exists()
