"""What a screen began has ended when it is gone."""

import asyncio

from textual.app import App, ComposeResult
from textual.widget import Widget

from console.panes.standing import ended


class Reading(Widget):
    """Reads until it is told to stop, and then takes a while to close what it read."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.closed = asyncio.Event(), False

    def on_mount(self) -> None:
        self.run_worker(self._read())

    async def on_unmount(self) -> None:
        await ended(self)

    async def _read(self) -> None:
        try:
            self.begun.set()
            await asyncio.Event().wait()
        finally:
            for _ in range(200):
                await asyncio.sleep(0)
            self.closed = True


class Small(App[None]):
    """An app with such a widget."""

    def compose(self) -> ComposeResult:
        yield Reading()


async def test_what_a_widget_reads_is_closed_before_the_app_is_gone() -> None:
    app = Small()
    async with app.run_test():
        reading = app.query_one(Reading)
        await reading.begun.wait()
    assert reading.closed


async def test_what_a_widget_reads_is_closed_when_it_is_taken_away() -> None:
    app = Small()
    async with app.run_test():
        reading = app.query_one(Reading)
        await reading.begun.wait()
        await reading.remove()
        assert reading.closed
