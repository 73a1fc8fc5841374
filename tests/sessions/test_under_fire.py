"""Kill, fill the disk, cancel, read for long: nothing acknowledged is lost, nobody hangs."""

import asyncio
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.errors import StoreError
from engine.events import ShellWrote
from sessions.ids import new_id
from sessions.journal import Entry, Journal
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from sessions.summary import Query
from tests.sessions.made import begin, end, token

ROUNDS = 12


def start_child(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sessions.recording_child", str(path)],
        stdout=subprocess.PIPE,
    )


def kill_after(child: subprocess.Popen[bytes], lines: int) -> dict[str, int]:
    """Let a child acknowledge so many times, kill it, and return what it had acknowledged by then."""
    assert child.stdout is not None
    read = [child.stdout.readline() for _ in range(lines)]
    child.kill()
    read += child.stdout.readlines()
    child.stdout.close()
    assert child.wait() == -signal.SIGKILL
    acknowledged: dict[str, int] = {}
    for line in read:
        if line.endswith(b"\n"):
            session, seq = line.split()
            acknowledged[session.decode()] = int(seq)
    return acknowledged


async def see_that_nothing_was_lost(path: Path, acknowledged: dict[str, int]) -> None:
    async with Library.open(path) as library:
        for session, seq in acknowledged.items():
            assert (await library.find(session)).outcome == "interrupted"
            assert await find_damage(library, session) == ""
            events = [event async for event in library.events(session)]
            assert len(events) > seq
            assert [event.at for event in events] == list(range(len(events)))


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_kill_9_at_any_time_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    """All rounds share one store, so that each opens what the last kill left behind."""
    path, chance = tmp_path / "driftty.db", random.Random(20260615)
    acknowledged: dict[str, int] = {}
    for _ in range(ROUNDS):
        acknowledged |= kill_after(start_child(path), chance.randrange(12))
    assert acknowledged
    asyncio.run(see_that_nothing_was_lost(path, acknowledged))
    assert integrity(path) == "ok"


def test_one_of_two_that_record_at_once_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    first, second = start_child(path), start_child(path)
    lost = kill_after(first, 6)
    # The second goes on as if nothing had been.
    assert second.stdout is not None
    assert all(second.stdout.readline().endswith(b"\n") for _ in range(6))

    async def outcomes() -> set[str]:
        async with Library.open(path) as library:
            return {
                summary.outcome for summary in await library.sessions() if summary.id not in lost
            }

    assert "recording" in asyncio.run(outcomes())
    acknowledged = lost | kill_after(second, 1)
    asyncio.run(see_that_nothing_was_lost(path, acknowledged))
    assert integrity(path) == "ok"


async def test_the_next_recorder_marks_what_a_dead_one_left(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    acknowledged = await asyncio.to_thread(lambda: kill_after(start_child(path), 3))
    async with Recorder.open(path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        marked = connection.execute("SELECT id FROM sessions WHERE interrupted").fetchall()
    assert set(acknowledged) <= {row[0] for row in marked}
    async with Library.open(path) as library:
        assert await library.count(Query(outcome="interrupted")) == len(marked)
        assert await library.count(Query(outcome="recording")) == 0


class FullDisk:
    """A store that may not grow past where it is now, as on a disk that is full."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.full = False
        real = Journal.write

        def write(journal: Journal, entries: Iterable[Entry]) -> None:
            run = journal._connection.execute
            pages = run("PRAGMA page_count").fetchone()[0] if self.full else 2**30
            run(f"PRAGMA max_page_count = {pages}")
            real(journal, entries)

        monkeypatch.setattr(Journal, "write", write)


def bulk(at: int) -> ShellWrote:
    return ShellWrote(at=at, data=random.Random(at).randbytes(20_000))


async def test_a_full_disk_is_told_and_what_was_held_is_written_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    path, session = tmp_path / "driftty.db", new_id()
    notices: list[StoreError | None] = []
    async with Recorder.open(path, notices.append) as recorder:
        recorder.record(session, begin(session))
        await recorder.flush()
        disk.full = True
        for at in range(1, 20):
            recorder.record(session, bulk(at))
        with pytest.raises(StoreError, match="The disk is full") as raised:
            await recorder.flush()
        assert str(path) in str(raised.value)
        assert "full" in str(recorder.error)
        assert [type(notice) for notice in notices] == [StoreError]
        assert recorder.acknowledged(session) == 0
        recorder.record(session, token(20))
        disk.full = False
        await recorder.flush()
        assert notices[1:] == [None]
        assert recorder.error is None
        assert recorder.acknowledged(session) == 20
    async with Library.open(path) as library:
        events = [event async for event in library.events(session)]
        assert events[1:] == [*map(bulk, range(1, 20)), token(20)]
        assert await find_damage(library, session) == ""


async def test_leaving_on_a_full_disk_says_how_much_is_lost_and_does_not_hang(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = FullDisk(monkeypatch)
    path, session = tmp_path / "driftty.db", new_id()

    async def record() -> None:
        async with Recorder.open(path) as recorder:
            recorder.record(session, begin(session))
            await recorder.flush()
            disk.full = True
            for at in range(1, 20):
                recorder.record(session, bulk(at))

    with pytest.raises(StoreError, match=r"19 recorded events could not be written.*full"):
        await asyncio.wait_for(record(), 60)
    assert integrity(path) == "ok"
    async with Library.open(path) as library:
        assert len([event async for event in library.events(session)]) == 1


LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from engine.errors import StoreError
from sessions.recorder import Recorder
from tests.sessions.made import begin
from tests.sessions.test_under_fire import bulk
async def main():
    async with Recorder.open(Path(sys.argv[1])) as recorder:
        recorder.record("x", begin("x"))
        await recorder.flush()
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
        for at in range(1, 100):
            recorder.record("x", bulk(at))
        try:
            await recorder.flush()
        except StoreError as error:
            print("told:", error)
try:
    asyncio.run(main())
except StoreError as error:
    print("at the end:", error)
"""


def test_a_file_that_the_system_keeps_from_growing_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, check=False
    )
    assert "told: The disk" in ran.stdout, ran.stderr
    assert "at the end: 99 recorded events could not be written" in ran.stdout
    assert ran.stderr == ""
    assert integrity(path) == "ok"


async def test_a_store_moved_away_under_the_recorder_is_noticed(tmp_path: Path) -> None:
    path, session, aside = tmp_path / "driftty.db", new_id(), tmp_path / "aside.db"
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        await recorder.flush()
        await asyncio.to_thread(path.rename, aside)
        recorder.record(session, token(1))
        with pytest.raises(StoreError, match="moved away"):
            await recorder.flush()
        await asyncio.to_thread(aside.rename, path)
        await recorder.flush()
        assert recorder.acknowledged(session) == 1


async def test_a_reader_open_for_long_neither_stops_recording_nor_sees_it(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        await recorder.flush()
        with closing(sqlite3.connect(path)) as reader:
            reader.execute("BEGIN")
            seen = reader.execute("SELECT count(*) FROM events").fetchone()[0]
            for at in range(1, 3000):
                recorder.record(session, token(at))
            await recorder.flush()
            assert reader.execute("SELECT count(*) FROM events").fetchone()[0] == seen == 1
        assert recorder.acknowledged(session) == 2999


async def test_a_library_left_in_the_middle_of_reading_holds_nobody_up(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        for at in range(1, 2000):
            recorder.record(session, token(at))
        await recorder.flush()
        async with Library.open(path) as library:
            async for event in library.events(session):
                if event.at == 700:
                    break
            # Between two short reads, no transaction is open: the log can be folded in entirely.
            with closing(sqlite3.connect(path)) as other:
                busy, *_ = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0


async def test_a_clock_set_back_changes_no_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "driftty.db"
    years = iter((2031, 2027, 2029))
    clock = SimpleNamespace(time_ns=lambda: (next(years) - 1970) * 31_557_600 * 10**9)
    monkeypatch.setattr("sessions.ids.time", clock)
    sessions = [new_id() for _ in range(3)]
    assert sessions == sorted(sessions)
    async with Recorder.open(path) as recorder:
        # Ids from another process, whose clock was right, need not ascend; the order stays.
        for session in (sessions[0], sessions[2], sessions[1]):
            recorder.record(session, begin(session))
            recorder.record(session, end(session))
    async with Library.open(path) as library:
        listed = [summary.id for summary in await library.sessions()]
        assert listed == [sessions[1], sessions[2], sessions[0]]
        assert (await library.find("last")).id == sessions[1]
