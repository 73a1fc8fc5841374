import asyncio
from pathlib import Path

import pytest

from engine.shell import guard
from engine.shell.guard import Guard, measure
from engine.shell.spec import Limits


def test_what_is_measured_is_what_the_disk_holds(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "full").write_bytes(b"x" * 100_000)
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(1 << 40)
    (tmp_path / "loop").symlink_to(tmp_path)
    size, entries = measure(tmp_path, 100)
    assert 100_000 <= size < 300_000
    assert entries == 4


def test_counting_stops_where_it_is_enough(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}").mkdir()
        (tmp_path / f"{number}" / "file").touch()
    assert 50 < measure(tmp_path, 60)[1] < 100


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    assert measure(tmp_path / "missing", 10) == (0, 0)


@pytest.mark.parametrize(
    ("limits", "processes", "why"),
    [
        (Limits(home_entries=2), 1, "more than 2 files"),
        (Limits(home_bytes=1 << 20), 1, "more than 1 MiB"),
        (Limits(processes=10), 21, "more than 20 processes"),
    ],
)
async def test_what_is_past_its_bound_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: Limits, processes: int, why: str
) -> None:
    monkeypatch.setattr(guard, "_EVERY", 0.01)
    for number in range(4):
        (tmp_path / f"{number}").write_bytes(b"x" * 500_000)
    said: asyncio.Queue[str] = asyncio.Queue()
    watching = Guard(tmp_path, limits, lambda: processes, said.put_nowait)
    assert why in await said.get()
    watching.stop()
    assert said.empty()


async def test_within_its_bounds_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guard, "_EVERY", 0.0)
    looks = 0
    enough = asyncio.Event()

    def count() -> int:
        nonlocal looks
        looks += 1
        if looks == 5:
            enough.set()
        return 1

    said: list[str] = []
    watching = Guard(tmp_path, Limits(), count, said.append)
    await enough.wait()
    watching.stop()
    assert said == []
