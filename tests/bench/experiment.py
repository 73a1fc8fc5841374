"""What an experiment costs beside its model: opened, looked at, and kept up with while it runs.

`python -m tests.bench.experiment`. Opening is everything that a screen needs of 10,000 recorded runs:
reading, tallying, all pairs, survival and margins of every config. A look after one more result is
compared to the obvious way, a tally fed anew. Live runs are whole ones with a scripted model that
waits for nothing and a shell without a process, into the real store; a watcher on the event loop takes
a snapshot four times a second and measures how long the loop was not to be had. Times are of one core,
so that other work on the machine does not count; for the loop, of its thread.
"""

import asyncio
import os
import random
import tempfile
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import perf_counter, process_time, thread_time

import msgspec
import psutil

from engine.drift.margin import Margins
from engine.drift.result import RunResult
from engine.drift.survival import first_drift
from engine.drift.tally import Tally
from engine.experiment import Experiment, cells
from sessions.experiments import Experiments, Kept, KeptRun, Placement
from sessions.recorder import Recorder
from tests.console.replicated import begun, experimenting, planned
from tests.sessions.madeexperiments import make_result

RUNS = 5
CONFIGS, TASKS, REPLICATES = 16, 5, 125
LIVE = 500
LOOKS_A_SECOND = 4


def made() -> Experiment:
    """16 configs on 5 tasks, 125 times: 10,000 cells."""
    small = planned(1)
    configs = tuple(
        msgspec.structs.replace(small.configs[0], name=f"c{place}", hash=f"{place:064x}")
        for place in range(CONFIGS)
    )
    tasks = tuple(
        msgspec.structs.replace(small.tasks[0], text=f"t{place}") for place in range(TASKS)
    )
    return msgspec.structs.replace(small, configs=configs, tasks=tasks, n=REPLICATES)


def results(experiment: Experiment) -> list[RunResult]:
    """Configs of unequal rates, in the order of the plan."""
    chance = random.Random(7)
    found = []
    for cell in cells(experiment):
        outcome = "clean" if chance.random() < (cell.config + 1) / (CONFIGS + 1) else "drift"
        margins = tuple(round(chance.random(), 4) for _ in range(4))
        result = make_result(cell, outcome, session=f"{chance.getrandbits(60):012x}")
        found.append(msgspec.structs.replace(result, margins=margins))
    return found


def look(kept: Kept) -> Tally:
    """All that a screen shows, from nothing."""
    tally = Tally.of(kept.experiment)
    for result in kept.settled:
        tally.feed(result)
    assert len(tally.all_configs) == CONFIGS
    assert len(tally.pairs()) == CONFIGS * (CONFIGS - 1) // 2
    for config in range(CONFIGS):
        first_drift(tally.counted(config))
        margins = Margins()
        for result in tally.counted(config):
            margins.feed(result.margins)
        assert margins.by_turn
    return tally


def opening(path: Path) -> tuple[float, float]:
    """Seconds to read 10,000 runs, and to have all that is shown of them."""
    began = process_time()
    kept = Experiments(path).read("last")
    read = process_time()
    look(kept)
    return read - began, process_time() - read


def next_look(found: list[RunResult], experiment: Experiment) -> tuple[float, float]:
    """Seconds of a look after one more result: of a tally that goes on, and of one fed anew."""
    tally = Tally.of(experiment)
    for result in found[:-1]:
        tally.feed(result)
    tally.all_configs, tally.pairs()
    began = process_time()
    tally.feed(found[-1])
    tally.all_configs, tally.pairs()
    went_on = process_time() - began
    began = process_time()
    again = Tally.of(experiment)
    for result in found:
        again.feed(result)
    again.all_configs, again.pairs()
    return went_on, process_time() - began


async def live() -> tuple[float, float, float, int]:
    """Runs a second, the longest and the 99th percentile turn of the loop in seconds, and bytes that
    the process grew by from the first fifth of the runs to the end."""
    gaps: list[float] = []
    grown: list[int] = []
    process = psutil.Process(os.getpid())
    async with Recorder.open() as recorder:
        running = experimenting(begun(planned(LIVE // 4)), recorder, at_once=16)

        async def watch() -> None:
            looked = perf_counter()
            while True:
                before = thread_time()
                await asyncio.sleep(0)
                gaps.append(thread_time() - before)
                if perf_counter() - looked > 1 / LOOKS_A_SECOND:
                    now, looked = running.snapshot, perf_counter()
                    if now.finished > LIVE // 5:
                        grown.append(process.memory_info().rss)

        watching = asyncio.create_task(watch())
        began = perf_counter()
        await running.run()
        took = perf_counter() - began
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        assert running.snapshot.finished == LIVE
    gaps.sort()
    grew = process.memory_info().rss - grown[0] if grown else 0
    return LIVE / took, gaps[-1], gaps[len(gaps) * 99 // 100], grew


def main() -> None:
    """Measure and print."""
    experiment = made()
    found = results(experiment)
    reads, looks, nexts, anews = [], [], [], []
    with tempfile.TemporaryDirectory() as name:
        os.environ["DRIFTTY_DATA_DIR"] = name
        path = Path(name) / "driftty.db"
        experiments = Experiments(path)
        experiments.begin(experiment, Placement())
        began = perf_counter()
        for start in range(0, len(found), 50):
            experiments.add(experiment.id, [KeptRun(each, 1) for each in found[start : start + 50]])
        kept = len(found) / (perf_counter() - began)
        for _ in range(RUNS):
            read, shown = opening(path)
            went_on, anew = next_look(found, experiment)
            reads.append(read)
            looks.append(shown)
            nexts.append(went_on)
            anews.append(anew)
        rates, longest, usual, grew = zip(*(asyncio.run(live()) for _ in range(3)), strict=True)
    whole = median(map(sum, zip(reads, looks, strict=True)))
    print(f"kept in batches of 50            {kept:>8,.0f} runs/s")
    print(f"open 10,000 runs                 {whole:>8.2f} s")
    print(f"  read                           {median(reads):>8.2f} s")
    print(f"  tally, pairs, survival, margin {median(looks):>8.2f} s")
    print(f"a look after one more result     {median(nexts) * 1000:>8.1f} ms")
    print(f"  by a tally fed anew            {median(anews) * 1000:>8.1f} ms")
    print(f"live, {LIVE} whole runs             {median(rates):>8.0f} runs/s")
    print(f"  longest the loop was busy      {median(longest) * 1000:>8.1f} ms")
    print(f"  99 of 100 below                {median(usual) * 1000:>8.1f} ms")
    print(f"  memory grew over 4/5 of them   {median(grew) / 1e6:>8.1f} MB")


if __name__ == "__main__":
    main()
