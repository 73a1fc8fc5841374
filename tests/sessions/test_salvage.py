"""A damaged store gives back what is still in it, and the hash chain vouches for every event."""

import asyncio
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, ShellWrote
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.salvage import salvage
from sessions.soundness import find_damage
from tests.sessions.made import make_session
from tests.sessions.test_witness import record_and_die

PAGE = 4096


def large_session(session: str) -> list[AnyEvent]:
    """With bodies of every size, those that need many pages among them."""
    chance = random.Random(7)
    *events, last = make_session(session)
    for size in (1, 100, 900, 1100, 4000, 9000, 70_000):
        events += [ShellWrote(at=900, data=chance.randbytes(size)) for _ in range(4)]
    return [*events, last]


@pytest.fixture
def store(tmp_path: Path) -> tuple[Path, dict[str, list[AnyEvent]]]:
    path = tmp_path / "driftty.db"
    sessions = {session: large_session(session) for session in (new_id() for _ in range(12))}

    async def record() -> None:
        async with Recorder.open(path) as recorder:
            for events in zip(*sessions.values(), strict=True):
                for session, event in zip(sessions, events, strict=True):
                    recorder.record(session, event)

    asyncio.run(record())
    return path, sessions


def read(path: Path) -> dict[str, list[AnyEvent]]:
    async def run() -> dict[str, list[AnyEvent]]:
        async with Library.open(path) as library:
            found = {}
            for summary in await library.sessions():
                assert await find_damage(library, summary.id) == ""
                found[summary.id] = [event async for event in library.events(summary.id)]
            return found

    return asyncio.run(run())


def test_of_a_sound_store_everything_is_saved(
    store: tuple[Path, dict[str, list[AnyEvent]]], tmp_path: Path
) -> None:
    path, sessions = store
    before = path.read_bytes()
    saved = salvage(path, tmp_path / "saved.db")
    assert read(tmp_path / "saved.db") == sessions
    assert {one.session: (one.events, one.lost) for one in saved} == {
        session: (len(events), 0) for session, events in sessions.items()
    }
    assert path.read_bytes() == before


def lose_the_beginning(content: bytearray) -> None:
    content[: 2 * PAGE] = b"\xa5" * (2 * PAGE)


def lose_the_end(content: bytearray) -> None:
    del content[len(content) // 2 :]


def lose_pages_here_and_there(content: bytearray) -> None:
    chance = random.Random(3)
    for _ in range(10):
        start = chance.randrange(len(content) // PAGE) * PAGE
        content[start : start + PAGE] = chance.randbytes(PAGE)


@pytest.mark.parametrize("damage", [lose_the_beginning, lose_the_end, lose_pages_here_and_there])
def test_of_a_damaged_store_every_session_is_saved_up_to_its_first_gap(
    store: tuple[Path, dict[str, list[AnyEvent]]],
    tmp_path: Path,
    damage: Callable[[bytearray], None],
) -> None:
    path, sessions = store
    content = bytearray(path.read_bytes())
    damage(content)
    path.write_bytes(content)
    saved = salvage(path, tmp_path / "saved.db")
    found = read(tmp_path / "saved.db")
    assert found
    assert {one.session: one.events for one in saved} == {
        session: len(events) for session, events in found.items()
    }
    for session, events in found.items():
        assert events == sessions[session][: len(events)]


def test_what_is_only_in_the_log_is_saved_too(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    record_and_die(path)
    assert path.with_name("driftty.db-wal").stat().st_size > 0
    salvage(path, tmp_path / "saved.db")
    assert {session: len(events) for session, events in read(tmp_path / "saved.db").items()} == {
        "first": 11,
        "second": 12,
    }


@pytest.mark.parametrize("content", [b"", b"dear diary" * 1000, bytes(100_000)])
def test_where_nothing_is_left_nothing_is_made(tmp_path: Path, content: bytes) -> None:
    path, saved = tmp_path / "driftty.db", tmp_path / "saved.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="Nothing that was recorded"):
        salvage(path, saved)
    assert not saved.exists()


def test_random_bytes_are_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    chance = random.Random(5)
    for _ in range(10):
        pages = bytearray(chance.randbytes(20 * PAGE))
        pages[::PAGE] = bytes(chance.choice((2, 10)) for _ in range(20))
        path.write_bytes(b"SQLite format 3\0" + pages[16:])
        with pytest.raises(StoreError, match="Nothing that was recorded"):
            salvage(path, tmp_path / "saved.db")


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    path, saved = tmp_path / "driftty.db", tmp_path / "saved.db"
    saved.write_text("mine")
    with pytest.raises(StoreError, match="is there already"):
        salvage(path, saved)
    assert saved.read_text() == "mine"
