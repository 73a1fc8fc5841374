"""A lost write-ahead log is noticed, and a log that is there raises no alarm."""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage, losses
from tests.sessions.made import begin, end, token

RECORD_AND_DIE = """
import asyncio, os, sqlite3, sys
from pathlib import Path
from sessions.recorder import Recorder
from tests.sessions.made import begin, end, token
async def main(path, fold):
    async with Recorder.open(path) as recorder:
        for session in ("first", "second"):
            recorder.record(session, begin(session))
            for at in range(1, 11): recorder.record(session, token(at))
            await recorder.flush()
            if session == fold:
                sqlite3.connect(path).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                for at in range(11, 21): recorder.record(session, token(at))
        recorder.record("second", end("second"))
        await recorder.flush()
        os._exit(9)
asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
"""


def record_and_die(path: Path, fold: str = "") -> None:
    """Two sessions of a process that dies; `fold`: after its tenth event, all is in the store."""
    died = subprocess.run([sys.executable, "-c", RECORD_AND_DIE, str(path), fold], check=False)
    assert died.returncode == 9


def lose_log(path: Path) -> None:
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink()


async def reopen(path: Path) -> tuple[dict[str, int], dict[str, str]]:
    """What is lost, and what is found wrong with each session that is left."""
    async with Recorder.open(path):
        pass
    async with Library.open(path) as library:
        left = [summary.id for summary in await library.sessions()]
        return await losses(library), {one: await find_damage(library, one) for one in left}


def witnesses(path: Path) -> list[Path]:
    return list(path.parent.glob("*-witness-*"))


def test_a_killed_recorder_s_log_is_found_and_nothing_is_lost(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    record_and_die(path)
    assert len(witnesses(path)) == 1
    assert asyncio.run(reopen(path)) == ({}, {"first": "", "second": ""})
    assert witnesses(path) == []


def test_a_lost_log_is_noticed_to_the_event(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    record_and_die(path, fold="first")
    lose_log(path)
    losses, damage = asyncio.run(reopen(path))
    assert losses == {"first": 21, "second": 12}
    assert list(damage) == ["first"]
    assert damage["first"].startswith("the last 10 of 21 events are missing: the store was used")
    assert witnesses(path) == []
    # It stays known.
    assert asyncio.run(reopen(path))[0] == losses


def test_a_copy_without_its_log_is_noticed_where_the_witness_came_along(tmp_path: Path) -> None:
    path, copy = tmp_path / "driftty.db", tmp_path / "copy" / "driftty.db"
    copy.parent.mkdir()
    record_and_die(path, fold="second")
    for file in (path, *witnesses(path)):
        shutil.copy(file, copy.parent)
    losses, damage = asyncio.run(reopen(copy))
    assert losses == {"second": 22}
    assert damage["first"] == ""
    assert "the last 11 of 22 events are missing" in damage["second"]


async def test_a_recorder_that_ends_well_leaves_no_witness(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        await recorder.flush()
        assert len(await asyncio.to_thread(witnesses, path)) == 1
        recorder.record(session, end(session))
    assert await asyncio.to_thread(witnesses, path) == []


async def test_a_living_recorder_s_witness_is_left_alone(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        recorder.record(session, token(1))
        await recorder.flush()
        losses, damage = await reopen(path)
        assert (losses, damage) == ({}, {session: ""})


@pytest.mark.parametrize("content", [b"", b'{"recorder"', b"\xff" * 100])
def test_a_witness_that_makes_no_sense_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "driftty.db"
    record_and_die(path)
    (tmp_path / "driftty.db-witness-1").write_bytes(content)
    assert asyncio.run(reopen(path))[0] == {}
