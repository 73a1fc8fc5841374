"""What recording costs: events a second through the recorder, against a commit for every event.

`python -m tests.bench.store`. Both write the same events into the same tables with the same promise
(WAL, synchronous=FULL); medians of several runs, alternating, on the disk that TMPDIR names.
"""

import asyncio
import tempfile
from contextlib import closing
from pathlib import Path
from statistics import median
from time import perf_counter

from engine.events import AnyEvent, ShellWrote, TokensSampled
from sessions import packing
from sessions.ids import new_id
from sessions.journal import Entry, Journal
from sessions.library import Library
from sessions.recorder import Recorder
from tests.sessions.made import begin, end

RUNS = 5
EVENTS = 40_000
COMMITTED_SINGLY = 1500
SESSIONS = 10_000


def made_events(count: int) -> list[AnyEvent]:
    """A session's worth: mostly single tokens, now and then a burst of terminal output."""
    output = ShellWrote(at=0, data=b"drwxr-xr-x 2 root root 4096 Jun 18 10:12 file\r\n" * 80)
    return [
        output
        if at % 50 == 0
        else TokensSampled(
            at=at, turn=1, position=at, ids=(at,), texts=(" ls",), logprobs=(-0.25,), times=(at,)
        )
        for at in range(count)
    ]


async def through_recorder(path: Path, events: list[AnyEvent]) -> tuple[float, float]:
    """Seconds for everything, and seconds of these on the event loop."""
    session = new_id()
    on_loop = 0.0
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        began = perf_counter()
        for start in range(0, len(events), 100):
            entered = perf_counter()
            for event in events[start : start + 100]:
                recorder.record(session, event)
            on_loop += perf_counter() - entered
            await recorder.room()
            await asyncio.sleep(0)
        await recorder.flush()
        return perf_counter() - began, on_loop


def committed_singly(path: Path, events: list[AnyEvent]) -> float:
    """Seconds with a transaction for every event."""
    session = new_id()
    with closing(Journal(path)) as journal:
        journal.write([Entry(session, *packing.encode(begin(session)))])
        began = perf_counter()
        for event in events:
            journal.write([Entry(session, *packing.encode(event))])
        return perf_counter() - began


async def read_back(path: Path) -> tuple[int, float]:
    """How many events the last session has, and the seconds that reading them took."""
    async with Library.open(path) as library:
        session = (await library.find("last")).id
        began = perf_counter()
        count = len([event async for event in library.events(session)])
        return count, perf_counter() - began


async def list_many(path: Path) -> float:
    """Seconds to open a library of many sessions and list the newest hundred."""
    async with Recorder.open(path) as recorder:
        for _ in range(SESSIONS):
            session = new_id()
            recorder.record(session, begin(session))
            recorder.record(session, end(session))
            await recorder.room()
    began = perf_counter()
    async with Library.open(path) as library:
        await library.sessions(limit=100)
    return perf_counter() - began


def main() -> None:
    """Measure and print."""
    batched, looped, single, reading = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for run in range(RUNS):
            whole, on_loop = asyncio.run(
                through_recorder(folder / f"b{run}.db", made_events(EVENTS))
            )
            batched.append(EVENTS / whole)
            looped.append(on_loop / EVENTS * 1e6)
            events = made_events(COMMITTED_SINGLY)
            single.append(COMMITTED_SINGLY / committed_singly(folder / f"s{run}.db", events))
            count, took = asyncio.run(read_back(folder / f"b{run}.db"))
            reading.append(count / took)
        size = (folder / "b0.db").stat().st_size / EVENTS
        listed = asyncio.run(list_many(folder / "list.db"))
    print(f"recorded, batched        {median(batched):>10,.0f} events/s")
    print(f"a commit per event       {median(single):>10,.0f} events/s")
    print(f"ratio                    {median(batched) / median(single):>10,.0f}")
    print(f"on the event loop        {median(looped):>10.1f} µs an event")
    print(f"read back                {median(reading):>10,.0f} events/s")
    print(f"in the store             {size:>10.0f} bytes an event")
    print(f"list 100 of {SESSIONS:,}       {listed * 1000:>10.1f} ms, opening included")


if __name__ == "__main__":
    main()
