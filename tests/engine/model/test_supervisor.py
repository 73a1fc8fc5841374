"""A worker is kept alive: started, watched, replaced, given up, and never left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from engine.errors import ModelError
from engine.model.catalogue import EMBEDDED
from engine.model.client import WorkerModel
from engine.model.process import WorkerProcess, cause_of_death
from engine.model.supervisor import Patience, WorkerOptions
from tests.engine.model import tiny
from tests.engine.model.workers import (
    FAKE,
    QUICK,
    Statuses,
    chat_folder,
    complete,
    ended,
    fake_model,
    ids_of,
)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRIFTTY_CACHE_DIR", str(tmp_path / "cache"))


async def test_every_step_of_loading_is_told(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()
        assert statuses.states == ["starting", "loading", "ready"]
        steps = [(status.step, status.fraction) for status in statuses.all]
        assert ("importing", 0.1) in steps
        assert ("reading weights", 0.6) in steps
        ready = statuses.all[-1]
        assert ready.pid > 0
        assert ready.rows == 4
        assert ready.provenance is not None
        assert ready.provenance.model == str(tmp_path / "model")


async def test_a_worker_killed_from_outside_is_replaced(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()
        first = statuses.all[-1].pid
        os.kill(first, signal.SIGKILL)
        lost = await statuses.reach("lost")
        assert "was killed" in lost.why
        ready = await statuses.reach("ready", restarts=1)
        assert ready.pid != first
        assert (await ids_of(complete(model, tokens=1)))[0] == (1000,)


@pytest.mark.parametrize(
    ("behaviour", "why"),
    [
        ("dies", "ended with status 7; it said last: ValueError: no more tokens"),
        ("crashes", "crashed with SIGSEGV"),
        ("is-killed", "was killed"),
        ("babbles", "could not be read"),
        ("announces-too-much", "out of step: a frame of 2147483648 bytes"),
    ],
)
async def test_every_way_to_go_wrong_is_named_and_survived(
    tmp_path: Path, behaviour: str, why: str
) -> None:
    async with fake_model(tmp_path, behaviour, once=True) as (model, statuses):
        with pytest.raises(ModelError):
            await ids_of(complete(model))
        lost = await statuses.reach("lost")
        assert why in lost.why
        assert (await ids_of(complete(model, tokens=1)))[0] == (1000,)


async def test_a_worker_that_no_longer_answers_is_killed_and_replaced(tmp_path: Path) -> None:
    patience = Patience(backoff=0.01, heartbeat=0.02, silence=0.5)
    async with fake_model(tmp_path, "hangs", patience, once=True) as (model, statuses):
        with pytest.raises(ModelError):
            await ids_of(complete(model))
        lost = await statuses.reach("lost")
        assert "had not answered for 0.5 seconds" in lost.why
        assert (await ids_of(complete(model, tokens=1)))[0] == (1000,)


async def test_an_idle_worker_that_answers_is_left_alone(tmp_path: Path) -> None:
    patience = Patience(heartbeat=0.01, silence=5.0)
    async with fake_model(tmp_path, "behaves", patience) as (model, statuses):
        await model.ready()
        for _ in range(20):
            await model.report()
            await asyncio.sleep(0.01)
        assert statuses.states == ["starting", "loading", "ready"]


async def test_a_load_that_never_ends_is_given_up(tmp_path: Path) -> None:
    patience = Patience(backoff=0.01, heartbeat=0.02, load=0.5, deaths=1)
    async with fake_model(tmp_path, "loads-for-ever", patience) as (model, _):
        with pytest.raises(ModelError, match=r"had not answered for 0\.5 seconds"):
            await model.ready()


async def test_a_worker_that_dies_again_and_again_is_given_up_with_a_sentence(
    tmp_path: Path,
) -> None:
    async with fake_model(tmp_path, "dies-loading") as (model, statuses):
        with pytest.raises(ModelError, match=r"the weights are cursed.* 3 times within 60 seconds"):
            await model.ready()
        assert statuses.states[-1] == "failed"
        assert statuses.states.count("lost") == 3
        assert str(tmp_path / "cache" / "logs") in statuses.all[-1].why


async def test_a_worker_that_cannot_even_be_started_is_given_up(tmp_path: Path) -> None:
    model = WorkerModel(
        WorkerOptions(model=str(chat_folder(tmp_path / "m")), command=["/nowhere/python"]),
        patience=QUICK,
    )
    with pytest.raises(ModelError, match=r"could not be started.*nowhere"):
        await model.ready()
    await model.aclose()


async def test_a_model_that_cannot_be_loaded_is_not_tried_again(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "cannot-load") as (model, statuses):
        with pytest.raises(ModelError, match="not enough memory for this model"):
            await model.ready()
        assert statuses.states == ["starting", "loading", "failed"]
        with pytest.raises(ModelError, match="not enough memory"):
            await ids_of(complete(model))


async def test_a_person_can_have_a_failed_model_tried_again(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "cannot-load", once=True) as (model, _):
        with pytest.raises(ModelError, match="not enough memory"):
            await model.ready()
        model.start()
        assert await model.ready() == 12345


async def test_a_name_that_means_nothing_fails_with_its_sentence() -> None:
    model = WorkerModel(WorkerOptions(model="nosuch"))
    with pytest.raises(ModelError, match="no model called 'nosuch'"):
        await model.ready()
    await model.aclose()


async def test_a_missing_model_is_fetched_first_and_its_failure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in tiny.environment(tmp_path / "cache", "http://127.0.0.1:9/simple").items():
        monkeypatch.setenv(name, value)
    statuses = Statuses()
    model = WorkerModel(WorkerOptions(model=EMBEDDED), statuses)
    with pytest.raises(ModelError, match="could not be reached: check the network"):
        await model.ready()
    assert ("loading", "asking the package index") in [(s.state, s.step) for s in statuses.all]
    assert statuses.states == ["starting", "loading", "failed"]
    await model.aclose()


async def test_closing_leaves_no_process(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "behaves") as (model, statuses):
        await model.ready()
        pid = statuses.all[-1].pid
        await asyncio.gather(model.aclose(), model.aclose())
        assert ended(pid)
        assert statuses.states[-1] == "closed"


async def test_closing_ends_a_worker_that_will_not_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.model.process._END_SECONDS", 0.2)
    monkeypatch.setattr("engine.model.process._TERMINATE_SECONDS", 0.2)
    async with fake_model(tmp_path, "will-not-end") as (model, statuses):
        await model.ready()
        pid = statuses.all[-1].pid
        await model.aclose()
        assert ended(pid)


async def test_closing_while_it_loads_leaves_no_process(tmp_path: Path) -> None:
    async with fake_model(tmp_path, "loads-for-ever") as (model, statuses):
        model.start()
        loading = await statuses.reach("loading")
        await model.aclose()
        assert ended(loading.pid)


async def test_a_cancelled_end_still_kills(tmp_path: Path) -> None:
    process = await WorkerProcess.start([sys.executable, str(FAKE), "will-not-end"])
    ending = asyncio.create_task(process.end())
    await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait([ending])
    assert "was killed" in await process.epitaph()


async def test_only_the_last_logs_are_kept(tmp_path: Path) -> None:
    for _ in range(13):
        process = await WorkerProcess.start([sys.executable, "-c", "import sys; sys.exit('bye')"])
        await process.epitaph()
    logs = list((tmp_path / "cache" / "logs").iterdir())
    assert len(logs) == 10
    assert {log.read_text() for log in logs} == {"bye\n"}


@pytest.mark.parametrize(
    ("status", "kills_before", "kills_now", "cause"),
    [
        (-9, 3, 4, "was killed because memory ran out"),
        (-9, 3, 3, "was killed (SIGKILL), not for want of memory"),
        (-9, None, None, "was killed, probably because memory ran out"),
        (-11, 3, 4, "crashed with SIGSEGV"),
        (1, 3, 4, "ended with status 1"),
    ],
)
def test_a_kill_for_memory_is_told_from_any_other(
    status: int, kills_before: int | None, kills_now: int | None, cause: str
) -> None:
    assert cause_of_death(status, kills_before, kills_now) == cause


_CONSOLE = """
import asyncio, sys
from engine.model.catalogue import EMBEDDED
from engine.model.client import WorkerModel
from engine.model.supervisor import WorkerOptions

async def main():
    model = WorkerModel(WorkerOptions(model=sys.argv[1], command=sys.argv[2:]))
    await model.ready()
    print(model.status.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP])
def test_a_console_that_is_killed_takes_its_worker_along(
    tmp_path: Path, number: signal.Signals
) -> None:
    folder = chat_folder(tmp_path / "m")
    command = [sys.executable, "-c", _CONSOLE, str(folder), sys.executable, str(FAKE), "behaves"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as console:
        assert console.stdout is not None
        worker = int(console.stdout.readline())
        console.send_signal(number)
    assert ended(worker)
