"""The status socket: one document to whoever asks, and nothing left behind."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from console.cli import driftty
from console.status import StatusServer, running
from engine import folders
from sessions.recorder import Recorder
from tests.sessions.made import make_session

SERVE = """
import asyncio, sys
from console.status import StatusServer
async def main():
    async with StatusServer(lambda: {"kind": "run", "session": "abc"}) as server:
        print(server.problem or "serving", flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


def snapshot() -> dict[str, Any]:
    return {"kind": "console", "session": "abc", "model": None}


async def test_whoever_asks_gets_the_snapshot_of_now() -> None:
    count = iter(range(10))
    async with StatusServer(lambda: {"kind": "console", "count": next(count)}) as server:
        assert server.problem == ""
        for expected in range(2):
            (answer,) = await asyncio.to_thread(running)
            assert answer == {"pid": os.getpid(), "kind": "console", "count": expected}


async def test_only_the_owner_can_reach_the_socket() -> None:
    async with StatusServer(snapshot):
        path = folders.runtime() / f"{os.getpid()}.sock"
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700


async def test_the_socket_goes_with_the_server() -> None:
    async with StatusServer(snapshot):
        pass
    assert list(folders.runtime().iterdir()) == []
    assert running() == []


def test_without_a_runtime_folder_nothing_runs() -> None:
    assert running() == []


def test_a_killed_process_s_socket_is_removed() -> None:
    child = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    with child.stdout:
        assert child.stdout.readline() == "serving\n"
        assert [answer["pid"] for answer in running()] == [child.pid]
        child.kill()
        child.wait()
    assert len(list(folders.runtime().iterdir())) == 1
    assert running() == []
    assert list(folders.runtime().iterdir()) == []


def test_a_stopped_process_is_told_as_not_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.status.PATIENCE_SECONDS", 0.1)
    folders.runtime().mkdir(parents=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as deaf:
        before = Path.cwd()
        os.chdir(folders.runtime())
        deaf.bind("12345.sock")
        os.chdir(before)
        deaf.listen()
        assert running() == [{"pid": 12345, "problem": "it does not answer"}]


async def test_a_socket_left_by_an_earlier_process_of_the_same_number_is_replaced() -> None:
    folders.runtime().mkdir(parents=True)
    (folders.runtime() / f"{os.getpid()}.sock").touch()
    async with StatusServer(snapshot) as server:
        assert server.problem == ""
        assert len(await asyncio.to_thread(running)) == 1


async def test_a_path_longer_than_a_socket_address_can_be_serves_as_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform != "linux":
        pytest.skip("only Linux has another way to such a path")
    monkeypatch.setenv("DRIFTTY_RUNTIME_DIR", str(tmp_path / ("long" * 40)))
    async with StatusServer(snapshot) as server:
        assert server.problem == ""
        assert len(await asyncio.to_thread(running)) == 1


async def test_a_folder_that_cannot_be_made_is_a_problem_and_not_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("DRIFTTY_RUNTIME_DIR", str(tmp_path / "file" / "runtime"))
    async with StatusServer(snapshot) as server:
        assert "no socket at" in server.problem


async def test_who_hangs_up_harms_nobody() -> None:
    async with StatusServer(lambda: {"much": "x" * 10_000_000}):
        path = folders.runtime() / f"{os.getpid()}.sock"
        folder = os.open(path.parent, os.O_RDONLY)
        address = f"/proc/self/fd/{folder}/{path.name}" if sys.platform == "linux" else str(path)
        for _ in range(3):
            _, writer = await asyncio.open_unix_connection(address)
            writer.close()
        os.close(folder)
        (answer,) = await asyncio.to_thread(running)
        assert len(answer["much"]) == 10_000_000


def status(*arguments: str) -> str:
    result = CliRunner().invoke(driftty, ["status", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_status_with_nothing_ever_recorded() -> None:
    assert json.loads(status("--json")) == {"running": [], "last": None}
    assert "none is recorded yet" in status()


def test_status_after_the_fact_tells_the_stages_of_the_last_session() -> None:
    async def record() -> None:
        async with Recorder.open() as recorder:
            for event in make_session("6ahrnqk1qc3c"):
                recorder.record("6ahrnqk1qc3c", event)

    asyncio.run(record())
    last = json.loads(status("--json"))["last"]
    assert last["session"] == "6ahrnqk1qc3c"
    assert last["outcome"] == "drift"
    assert last["stages"]["bring_up_ms"] == 14.0
    assert last["stages"]["first_completion_ms"] == 600.0
    told = status()
    for part in (
        "nothing is running",
        "load 900 ms",
        "bring up 14 ms",
        "20 tok/s",
        "exec 1, median",
    ):
        assert part in told


async def test_status_of_a_process_without_a_session_tells_the_last_one_s_stages() -> None:
    async with Recorder.open() as recorder:
        for event in make_session("6ahrnqk1qc3c"):
            recorder.record("6ahrnqk1qc3c", event)
    async with StatusServer(snapshot):
        told = await asyncio.to_thread(status)
    assert "nothing is running" not in told
    assert "6ahrnqk1qc3c" in told
    assert "load 900 ms" in told


async def test_status_of_a_running_process_tells_its_model_and_stages() -> None:
    document = {
        "kind": "console",
        "since": "2026-01-01T00:00:00+00:00",
        "session": "abc",
        "state": "running",
        "problem": "",
        "model": {
            "name": "smollm2-135m\x1b[2J",
            "state": "ready",
            "since": "2026-01-01T00:00:00+00:00",
            "device": "cpu",
            "dtype": "bfloat16",
            "pid": 77,
            "memory_bytes": 600 * 2**20,
            "rows": 8,
            "rows_busy": 1,
            "waiting": 0,
            "cached_tokens": 214,
        },
        "stages": {"load_ms": 900.0, "completions": 0},
    }
    async with StatusServer(lambda: document):
        told = await asyncio.to_thread(status)
        (asked,) = json.loads(await asyncio.to_thread(status, "--json"))["running"]
    assert asked == {"pid": os.getpid(), **document}
    for part in ("session abc", "ready", "600 MiB", "rows 1 of 8 busy", "214 tokens cached"):
        assert part in told
    assert "load 900 ms" in told
    assert "\x1b" not in told
