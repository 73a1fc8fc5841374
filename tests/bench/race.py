"""What a race costs by how many runs of each config are under way: what is begun cannot be saved.

`python -m tests.bench.race`. Runs are simulated: a clean one takes four turns, a drift one to three,
and a place that is free takes the next cell. Medians over seeds; the fixed plan is all of n.
"""

import heapq
import random
from statistics import median

from engine.drift.racing import RacePlan
from engine.drift.tally import Tally
from engine.experiment import Cell
from tests.sessions.madeexperiments import make_result

N = 60
SEEDS = 15
ABREAST = (1, 2, 4, 8, 16)
RATES = ((0.0, 0.4, 1.0), (0.2, 0.5, 0.5, 0.9), (0.1, 0.1, 0.2, 0.3, 0.3, 0.6, 0.7, 0.95))


def race(rates: tuple[float, ...], abreast: int, seed: int) -> tuple[int, float]:
    """Runs begun, and turns until the last has ended."""
    chance = random.Random(seed)
    tally = Tally([str(rate) for rate in range(len(rates))])
    plan = RacePlan(tally, n=N)
    under_way: list[tuple[float, int, bool]] = []
    cells: list[Cell] = []
    now = 0.0
    while True:
        while len(under_way) < abreast * len(rates) and (cell := next(plan, None)) is not None:
            clean = chance.random() < rates[cell.config]
            turns = 4 if clean else chance.choice((1, 1, 2, 3))
            heapq.heappush(under_way, (now + turns, len(cells), clean))
            cells.append(cell)
        if not under_way:
            return len(cells), now
        now, number, clean = heapq.heappop(under_way)
        tally.feed(make_result(cells[number], "clean" if clean else "drift"))


def main() -> None:
    """Simulate and print."""
    for rates in RATES:
        print(f"clean rates {', '.join(map(str, rates))}: {N * len(rates)} runs without a race")
        for abreast in ABREAST:
            begun, turns = zip(*(race(rates, abreast, seed) for seed in range(SEEDS)), strict=True)
            print(
                f"  {abreast:>2} of each under way  {median(begun):>4.0f} runs begun, "
                f"{median(turns):>4.0f} turns long"
            )


if __name__ == "__main__":
    main()
