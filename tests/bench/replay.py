"""What opening a long recording and jumping in it costs, against folding from its beginning.

`python -m tests.bench.replay`. A session of 100,000 events, recorded into a store of its own; medians.
The baseline is the obvious replay: read every event up to the point, and fold it into a new view.
"On screen" is from the wish to the last cell drawn, all five panes and the time line at 120×40.
"""

import asyncio
import os
import random
import tempfile
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter, process_time

import psutil

from console.replay import OpenAt, RecordedView, Replay
from console.screens.replay import ReplayScreen
from engine.events import AnyEvent
from sessions import database
from sessions.library import Library
from sessions.playbackreader import Recording
from sessions.recorder import Recorder
from tests.console.open import console, settled, spec
from tests.console.played import PAUSED, brought, drawn, long_session, until

EVENTS = 100_000
TURNS = 250
JUMPS = 100
BASELINES = 3


def made() -> list[AnyEvent]:
    """A session of so many events: tokens, parts, shell output in colour, resizes, drifts."""
    events = long_session(TURNS, random.Random(1), spec(), EVENTS // TURNS // 2)
    return [*events[: EVENTS - 1], events[-1]]


async def record(path: Path, events: list[AnyEvent]) -> str:
    """Write it; returns its id."""
    session = str(events[0].session)  # type: ignore[union-attr]  # the first is SessionStarted
    async with Recorder.open(path) as recorder:
        for event in events:
            recorder.record(session, event)
            await recorder.room()
        await recorder.flush()
    return session


async def from_zero(path: Path, session: str, position: int) -> tuple[float, dict[str, object]]:
    """Seconds to read and fold everything up to a position, and what is drawn then."""
    began = perf_counter()
    view, place = RecordedView(), 0
    async with Library.open(path) as library:
        async for event in library.events(session):
            if place == position:
                break
            view.apply(event)
            place += 1
    return perf_counter() - began, drawn(view)


async def measured(path: Path, session: str, rng: random.Random) -> dict[str, list[float]]:
    """Seconds, by what they were spent on."""
    found: dict[str, list[float]] = {"jump": [], "end": [], "step": []}
    began = perf_counter()
    async with Recording.open(session, path) as recording:
        replay = Replay()
        task = asyncio.create_task(replay.run(recording, PAUSED))
        await brought(replay, 1)
        found["first"] = [perf_counter() - began]
        await until(lambda: len(replay.index) == EVENTS)
        found["indexed"] = [perf_counter() - began]
        await until(lambda: replay.surveyed)
        found["surveyed"] = [perf_counter() - began]
        for number in range(JUMPS):
            position = rng.randrange(1, EVENTS)
            for name, target in (("jump", position), ("step", position - 1), ("end", EVENTS)):
                target = max(1, target)
                began = perf_counter()
                await brought(replay, target)
                found[name].append(perf_counter() - began)
                if name == "jump" and number < BASELINES:
                    took, expected = await from_zero(path, session, position)
                    found.setdefault("from zero", []).append(took / position * EVENTS / 2)
                    assert drawn(replay.view) == expected
        kept = [one.memory for one in replay.snapshots.kept]
        size = sum(len(memory.terminal) for memory in kept)
        found["snapshots"] = [len(kept), size]
        task.cancel()
        await asyncio.wait([task])
    return found


async def on_screen(session: str, rng: random.Random) -> dict[str, list[float]]:
    """Seconds from a wish to what is drawn of it, in the console, and of processor time therein."""
    found: dict[str, list[float]] = {"screen jump": [], "screen step": [], "screen busy": []}
    app = console()
    async with app.run_test(size=(120, 40)) as pilot:
        await settled(pilot)
        screen = ReplayScreen(session, OpenAt(turn=1))
        await app.push_screen(screen)
        replay = screen.replay
        await until(lambda: replay.surveyed and replay.resting)
        for _ in range(JUMPS):
            position = rng.randrange(2, EVENTS)
            for name, target in (("screen jump", position), ("screen step", position - 1)):
                began, busy = perf_counter(), process_time()
                await brought(replay, target)
                painted = asyncio.Event()
                screen.call_after_refresh(painted.set)
                await painted.wait()
                found[name].append(perf_counter() - began)
                if name == "screen jump":
                    found["screen busy"].append(process_time() - busy)
    return found


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        os.environ["DRIFTTY_CONFIG_DIR"] = os.environ["DRIFTTY_DATA_DIR"] = name
        path = database.default_path()
        session = asyncio.run(record(path, made()))
        before = psutil.Process().memory_info().rss
        found = asyncio.run(measured(path, session, random.Random(2)))
        grown = psutil.Process().memory_info().rss - before
        found |= asyncio.run(on_screen(session, random.Random(3)))
    ms = {key: [one * 1000 for one in values] for key, values in found.items()}
    count, size = found["snapshots"]
    print(f"events                       {EVENTS:>10,}")
    print(f"opened, first event shown    {ms['first'][0]:>10.1f} ms")
    print(f"time line complete after     {ms['indexed'][0]:>10.1f} ms")
    print(f"snapshots complete after     {ms['surveyed'][0]:>10.1f} ms, while the screen is used")
    print(f"baseline: fold from zero     {median(ms['from zero']):>10.1f} ms to the middle")
    for name, words in (
        ("jump", "jump anywhere"),
        ("step", "one event back"),
        ("end", "to the end"),
        ("screen jump", "jump anywhere, on screen"),
        ("screen busy", "  of which the processor's"),
        ("screen step", "one event back, on screen"),
    ):
        p90, p99 = (quantiles(ms[name], n=100)[at] for at in (89, 98))
        print(
            f"{words:<29}{median(ms[name]):>10.1f} ms, {p90:.1f} at p90, {p99:.1f} at p99, "
            f"{max(ms[name]):.1f} at most"
        )
    print(f"snapshots                    {count:>10.0f}, {size / 1e6:.1f} MB of terminals")
    print(f"memory grown by              {grown / 1e6:>10.0f} MB")


if __name__ == "__main__":
    main()
