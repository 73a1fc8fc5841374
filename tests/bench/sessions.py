"""How fast the Sessions screen is with 10,000 sessions: opening, scrolling, sorting, filtering.

`python -m tests.bench.sessions [SESSIONS]`. Opening is from the key press to a frame with rows and
their preview in it, in a real console without a terminal; the store is warm. The baseline is what a
list would do that reads every row at once and gives it to Textual's own DataTable. A step is from the
key to the frame in which the cursor stands elsewhere, and again to the last frame, with the preview
filled; the pilot that tests press keys with waits about 40 ms for every key by itself, and is left out.
Beside the time on the wall stands what the processor was busy for, which other work on the machine does
not lengthen.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any, NamedTuple

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.widgets import DataTable

from console.panes.sessionbar import FilterInput
from console.screens.sessions import SessionsScreen
from sessions.library import Library
from sessions.summary import Summary
from tests.console.open import console
from tests.sessions.many import experiment_of, fill

SESSIONS = 10_000
RUNS = 3
STEPS = 40
"""Keys of one scroll."""
STILL_SECONDS = 0.05
"""Before and after each key, so that no frame of another falls into its time."""
SIZE = (120, 40)


class Naive(App[None]):
    """Every session read at once into a DataTable."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row")

    async def fill(self) -> None:
        """Read and add them all."""
        table = self.query_one(DataTable)
        table.add_columns("when", "outcome", "config", "task", "turns", "drift", "length")
        async with Library.open() as library:
            for row in await library.sessions(limit=10**7):
                table.add_row(*cells(row))


def cells(row: Summary) -> tuple[Text, ...]:
    """What a row of the naive list says."""
    drift = f"{row.drift_kind} @{row.drift_turn}" if row.drift_turn else ""
    texts = (
        row.began[:16],
        row.outcome,
        row.config,
        row.task,
        str(row.turns),
        drift,
        str(row.took),
    )
    return tuple(Text(text) for text in texts)


class Span(NamedTuple):
    """Seconds."""

    wall: float
    busy: float


class Watch:
    """Times what is done in its block."""

    def __enter__(self) -> "Watch":
        self._began = perf_counter(), process_time()
        return self

    def __exit__(self, *error: object) -> None:
        wall, busy = self._began
        self.span = Span(perf_counter() - wall, process_time() - busy)


class Frames:
    """When an app put frames out."""

    def __init__(self, app: App[Any]) -> None:
        self.last = (0.0, 0.0)
        """Of the last one: as of `perf_counter`, and as of `process_time`."""
        self.count = 0
        display = app._display

        def displayed(screen: Any, renderable: Any) -> None:
            display(screen, renderable)
            self.last = perf_counter(), process_time()
            self.count += 1

        app._display = displayed  # type: ignore[method-assign]  # nothing public tells of a frame


class Step(NamedTuple):
    """One key."""

    seen: Span
    """To the first frame that shows what it did."""
    whole: Span
    """To the last, with all that belongs to it."""


async def step(
    app: App[Any], frames: Frames, key: str, moved: Callable[[], int], idle: Callable[[], bool]
) -> Step:
    """Press a key, as a person who looks at what came of the one before.

    `moved`: where the cursor is; `idle`: whether everything was read.
    """
    await asyncio.sleep(STILL_SECONDS)
    place, count = moved(), frames.count
    wall, busy = perf_counter(), process_time()
    app.post_message(events.Key(key, None))
    await until(lambda: moved() != place and frames.count > count)
    seen = Span(frames.last[0] - wall, frames.last[1] - busy)
    await until(idle)
    await asyncio.sleep(STILL_SECONDS)
    return Step(seen, Span(frames.last[0] - wall, frames.last[1] - busy))


async def naive() -> tuple[Span, list[Step]]:
    """What opening takes, and each step down."""
    app = Naive()
    async with app.run_test(size=SIZE) as pilot:
        with Watch() as watch:
            await app.fill()
            await pilot.pause()
        table, frames = app.query_one(DataTable), Frames(app)
        steps = [
            await step(app, frames, "down", lambda: table.cursor_row, lambda: True)
            for _ in range(STEPS)
        ]
        return watch.span, steps


async def ours(key: str) -> tuple[Span, list[Step], dict[str, Span]]:
    """What opening takes, each press of a key, and what else a person does."""
    app = console()
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        with Watch() as watch:
            app.open_sessions()
            await until(lambda: drawn(app.screen))
        opened, screen = watch.span, app.screen
        assert isinstance(screen, SessionsScreen)
        frames = Frames(app)
        steps = [
            await step(app, frames, key, lambda: screen.view.cursor, lambda: drawn(screen))
            for _ in range(STEPS)
        ]
        others: dict[str, Span] = {}
        for name, does in (("to the end", "end"), ("sort", "s"), ("reverse", "S")):
            await until(lambda: drawn(screen))
            with Watch() as watch:
                await pilot.press(does)
                await until(lambda: drawn(screen))
            others[name] = watch.span
        for query in ("outcome:drift turns>3", "hostname drift:echo"):
            with Watch() as watch:
                screen.query_one(FilterInput).value = query
                await until(partial(filtered, screen, query))
            others[f"filter {query}"] = watch.span
        return opened, steps, others


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a condition."""
    while not holds():  # noqa: ASYNC110  # what a person would see, and nobody tells of it
        await asyncio.sleep(0.001)


def filtered(screen: SessionsScreen, query: str) -> bool:
    """Whether what a filter finds is there."""
    return screen.view.typed == query and drawn(screen)


def drawn(screen: object) -> bool:
    """Whether the rows in view and the preview are there."""
    if not isinstance(screen, SessionsScreen) or not screen.idle or not screen.view.keys:
        return False
    view = screen.view
    shown = view.keys[view.top : view.top + screen.table.size.height]
    return all(key in view.rows or key.kind == "heading" for key in shown)


def told(name: str, spans: Sequence[Span]) -> str:
    """One line of the result: medians, and the longest."""
    wall, busy = median(one.wall for one in spans), median(one.busy for one in spans)
    longest = f"   longest {max(one.wall for one in spans) * 1000:.0f}" if len(spans) > 1 else ""
    return f"{name:<34} {wall * 1000:>8.1f} ms   busy {busy * 1000:>7.1f}{longest}"


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if sys.argv[1:] else SESSIONS
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("DATA", "CONFIG", "RUNTIME", "CACHE"):
            os.environ[f"DRIFTTY_{kind}_DIR"] = str(Path(folder) / kind.lower())
        path = Path(folder) / "data" / "driftty.db"
        ids = fill(path, count, events=40)
        experiment_of(path, ids[count // 2 : count // 2 + count // 20])
        size = path.stat().st_size / 1e6
        print(f"{count:,} sessions, {size:.0f} MB, one experiment of {count // 20:,}")
        asyncio.run(ours("down"))  # reads for the index of the text, once
        runs = [asyncio.run(ours("down")) for _ in range(RUNS)]
        paged = asyncio.run(ours("pagedown"))
        base_opened, base_steps = asyncio.run(naive())
    print(told("open", [opened for opened, *_ in runs]))
    print(told("  every row in a DataTable", [base_opened]))
    ours_down = [each for _, steps, _ in runs for each in steps]
    print(told("a row down", [each.seen for each in ours_down]))
    print(told("  in a DataTable", [each.seen for each in base_steps]))
    print(told("  with its preview", [each.whole for each in ours_down]))
    print(told("a page down", [each.seen for each in paged[1]]))
    print(told("  with its preview", [each.whole for each in paged[1]]))
    for name in runs[0][2]:
        print(told(name, [others[name] for *_, others in runs]))


if __name__ == "__main__":
    main()
