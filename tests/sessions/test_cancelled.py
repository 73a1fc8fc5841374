"""Cancel wherever it waits: what was recorded is kept, and nobody hangs."""

import asyncio
from collections.abc import Coroutine, Generator
from pathlib import Path
from typing import Any

import pytest

from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.soundness import find_damage
from tests.sessions.made import begin, token


class Cancelled:
    """Runs a coroutine and cancels it where it waits for the `first` time, and so many times more."""

    def __init__(self, work: Coroutine[Any, Any, None], first: int, again: int) -> None:
        self.work = work
        self.strikes = range(first, first + 1 + again)
        self.waits = 0

    def __await__(self) -> Generator[Any, Any, None]:
        strike = False
        while True:
            try:
                awaited = (
                    self.work.throw(asyncio.CancelledError) if strike else self.work.send(None)
                )
            except StopIteration:
                return
            self.waits += 1
            strike = self.waits in self.strikes
            if not strike:
                yield awaited


async def record_some(path: Path, recorded: list[str]) -> None:
    async with Recorder.open(path) as recorder:
        session = new_id()
        recorder.record(session, begin(session))
        recorded.append(session)
        for at in range(1, 31):
            recorder.record(session, token(at))
            recorded.append(session)
            if at % 10 == 0:
                await recorder.flush()
            await recorder.room()
            await asyncio.sleep(0)


async def count_events(path: Path, session: str) -> int:
    async with Library.open(path) as library:
        assert await find_damage(library, session) == ""
        return len([event async for event in library.events(session)])


async def wait_for_events(path: Path, session: str, count: int) -> None:
    written = 0
    while written < count:
        async with Library.open(path) as library:
            written = sum(summary.events for summary in await library.sessions())
    assert await count_events(path, session) == count


@pytest.mark.parametrize("again", [0, 1, 5])
async def test_cancelling_at_any_await_keeps_all_that_was_recorded_and_hangs_nothing(
    tmp_path: Path, again: int
) -> None:
    first = 0
    while True:
        first += 1
        path = tmp_path / f"{first}.db"
        recorded: list[str] = []
        cancelled = Cancelled(record_some(path, recorded), first, again)
        try:
            async with asyncio.timeout(60):
                await cancelled
        except asyncio.CancelledError:
            pass
        else:
            break
        # Cancelled even while it closes, the writer ends its work without anybody waiting for it.
        if recorded:
            async with asyncio.timeout(60):
                await wait_for_events(path, recorded[0], len(recorded))
    assert len(recorded) == 31
    assert first > 30


def test_a_loop_torn_down_with_everything_cancelled_still_writes(tmp_path: Path) -> None:
    """Tasks that nobody awaits are all cancelled at once when the program ends."""
    path, session = tmp_path / "driftty.db", new_id()

    async def own(recording: asyncio.Event) -> None:
        async with Recorder.open(path) as recorder:
            recorder.record(session, begin(session))
            for at in range(1, 1000):
                recorder.record(session, token(at))
            recording.set()
            await asyncio.Event().wait()

    async def main() -> asyncio.Task[None]:
        recording = asyncio.Event()
        task = asyncio.create_task(own(recording))
        await recording.wait()
        return task

    asyncio.run(main())

    assert asyncio.run(count_events(path, session)) == 1000
