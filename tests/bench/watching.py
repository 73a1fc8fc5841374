"""What watching an experiment costs: opening one of 10,000 runs, and frames while results come in."""

import asyncio
import os
import statistics
import tempfile
import time

from msgspec.structs import replace

from console.experiment.board import Board
from console.experiment.shelved import Shelved
from console.experimenting import ExperimentSnapshot, UnderWay
from console.screens.experiment import ExperimentScreen
from engine.experiment import Cell, Experiment, cells
from sessions.experiments import Experiments
from sessions.kept import Kept
from tests.console.experiment.made import FIVE, TASKS, by_chance, experiment, kept, result, stored
from tests.console.open import console, settled

N = 1000
"""Of five configs on two tasks: 10,000 runs."""
FINISHED_A_SECOND = 50
SECONDS = 8.0
SIZE = (200, 60)


class Coming(Shelved):
    """An experiment whose results come in; its snapshot costs what a real one's does."""

    def __init__(self, made: Kept) -> None:
        super().__init__(made)
        self._last = replace(self.snapshot, state="running")
        self._finished = self._last.finished
        self.under_way: dict[Cell, UnderWay] = {}
        del self.snapshot

    def __getattr__(self, name: str) -> ExperimentSnapshot:
        if name != "snapshot":
            raise AttributeError(name)
        fresh = self._last.version != self.tally.version
        self._last = replace(
            self._last,
            version=self.tally.version,
            configs=self.tally.all_configs if fresh else self._last.configs,
            pairs=self.tally.pairs() if fresh else self._last.pairs,
            finished=self._finished,
            under_way=tuple(self.under_way.values()),
            seconds=time.monotonic(),
        )
        return self._last

    def end(self, cell: Cell, came: str) -> None:
        """A run ends."""
        self.under_way.pop(cell, None)
        one = result(cell, came)  # type: ignore[arg-type]  # an outcome, chosen by chance
        self._found[cell] = one
        self.tally.feed(one)
        self._finished += 1


def opened(planned: Experiment) -> float:
    """Seconds from the store to a board, once."""
    began = time.perf_counter()
    Board(Shelved(Experiments().read(planned.id)))
    return time.perf_counter() - began


async def watched(planned: Experiment) -> tuple[list[float], list[float], float]:
    """Seconds of CPU that the loop was held up by, and that a look took; and the CPU's share."""
    made = kept(planned, by_chance(planned, share=0.9))
    coming = Coming(made)
    left = [cell for cell in cells(planned) if coming.result(cell) is None]
    chances = by_chance(planned)
    late: list[float] = []
    took: list[float] = []
    app = console()
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        screen = ExperimentScreen(coming)
        await app.push_screen(screen)
        await pilot.pause()
        look = screen.board.look

        def timed() -> bool:
            began = time.process_time()
            found = look()
            took.append(time.process_time() - began)
            return found

        screen.board.look = timed  # type: ignore[method-assign]  # to be measured
        began, used = time.perf_counter(), time.process_time()
        number = 0
        while (passed := time.perf_counter() - began) < SECONDS:
            while number < passed * FINISHED_A_SECOND:
                cell = left[number]
                coming.end(cell, chances(cell) or "drift")
                for ahead in left[number + 1 : number + 60]:
                    coming.under_way[ahead] = UnderWay(ahead, "s", 1 + number % 7)
                number += 1
            before = time.process_time()
            await asyncio.sleep(0.005)
            late.append(time.process_time() - before)
        share = (time.process_time() - used) / (time.perf_counter() - began)
    return late, took, share


def main() -> None:
    """Print both."""
    planned = experiment(FIVE, tasks=TASKS, n=N)
    stored(planned, by_chance(planned))
    times = sorted(opened(planned) for _ in range(3))
    print(f"opening 10,000 runs: {times[1]:.2f} s (median of 3; read, tallied, ready to draw)")
    late, took, share = asyncio.run(watched(replace(planned, id="6ahw8y91mmkx")))
    late.sort()
    print(
        f"at {FINISHED_A_SECOND} finished runs/s over 9,000 at {SIZE[0]}×{SIZE[1]}: a look takes "
        f"{1000 * statistics.median(took):.0f} ms (median), {1000 * max(took):.0f} ms (worst) of 250"
    )
    print(
        f"a frame holds a key up for {1000 * late[len(late) // 2]:.1f} ms of CPU (median), "
        f"{1000 * late[int(len(late) * 0.99)]:.0f} ms (99 %), {1000 * late[-1]:.0f} ms (worst); "
        f"all of it takes {share:.0%} of one core"
    )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as own:
        os.environ["DRIFTTY_CONFIG_DIR"] = os.environ["DRIFTTY_DATA_DIR"] = own
        main()
