"""Work for the newest wish: others are left out, none is cut off, an error ends nothing for good."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from console.latest import Latest


class Desk:
    """Takes wishes, and works on each until it is let go on."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.done: list[int] = []
        self.go = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.latest: Latest[int] = Latest(self.work, self.start)

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def work(self, wish: int) -> None:
        self.begun.append(wish)
        await self.go.wait()
        if wish < 0:
            raise ValueError(wish)
        self.done.append(wish)


async def test_only_the_newest_of_what_waits_is_done() -> None:
    desk = Desk()
    desk.latest.ask(1)
    await asyncio.sleep(0)
    for wish in (2, 3, 4):
        desk.latest.ask(wish)
    assert desk.latest.busy
    assert desk.latest.waiting
    desk.go.set()
    await asyncio.gather(*desk.tasks)
    assert desk.done == desk.begun == [1, 4]
    assert not desk.latest.busy


async def test_after_an_error_it_takes_wishes_again() -> None:
    desk = Desk()
    desk.go.set()
    desk.latest.ask(-1)
    await asyncio.gather(*desk.tasks, return_exceptions=True)
    desk.latest.ask(5)
    await asyncio.gather(*desk.tasks, return_exceptions=True)
    assert desk.done == [5]
