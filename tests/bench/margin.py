"""How well the weight of the first token tells turns that become commands from those that drift.

    python -m tests.bench.margin [--runs 6] [--turns 6] [--dtype float32]

Runs a few configs on a few tasks with the embedded model in real shells, and takes of every turn the
probability that a command begins (the one a margin uses: after reasoning, where there is any) and what
the turn's last line was judged. Prints the area under the ROC curve over turns, with an interval by
resampling whole runs, since turns of a run are alike, for each config and over all; and what weighing
costs beside a draw.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence

import msgspec
import numpy as np
import torch

from console.shells import shell_for
from engine.drift.margin import RunMargins
from engine.events import AnyEvent, LineJudged
from engine.experiment import Cell, Experiment, cells
from engine.model.client import WorkerModel
from engine.model.heads import CommandHeads
from engine.model.sampling import Ask, draw
from engine.model.supervisor import WorkerOptions
from engine.replicate import Replicator, Result
from engine.run import RunSpec, Sampling
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary

CONFIGS = ("bare", "imperative", "literal", "false-memories", "operator", "operator-thinks")
TASKS = ("count-lines", "disk-space", "find-word", "make-folder", "stale-lock")
RESAMPLES = 2000


class Turned(msgspec.Struct, frozen=True):
    """A turn: how likely a command was, and whether there came one."""

    run: Cell
    command: float
    became: bool


class Unrecorded:
    """A journal that keeps nothing."""

    def record(self, session: str, event: AnyEvent) -> None:
        """Forget it."""

    async def room(self) -> None:
        """There is always room."""


def auc(turns: Sequence[Turned]) -> float | None:
    """How often a turn that became a command had the higher probability of the two; none without
    both. Mann and Whitney 1947."""
    yes = np.array([each.command for each in turns if each.became])
    no = np.array([each.command for each in turns if not each.became])
    if not len(yes) or not len(no):
        return None
    above = (yes[:, None] > no).mean() + (yes[:, None] == no).mean() / 2
    return float(above)


def bounds(turns: Sequence[Turned]) -> tuple[float, float]:
    """An interval of 95 % for the area, by resampling runs."""
    dice = np.random.default_rng(1)
    by_run: dict[Cell, list[Turned]] = {}
    for each in turns:
        by_run.setdefault(each.run, []).append(each)
    runs = list(by_run.values())
    areas = []
    for _ in range(RESAMPLES):
        some = [turn for at in dice.integers(len(runs), size=len(runs)) for turn in runs[at]]
        area = auc(some)
        if area is not None:
            areas.append(area)
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)


async def collect(runs: int, turns: int, dtype: str) -> tuple[Experiment, list[Turned]]:
    """The turns of an experiment that is run now."""
    seeds, tasks = SeedLibrary(), TaskLibrary()
    configs = tuple(parse_config(name, seeds) for name in CONFIGS)
    chosen = tuple(tasks.task(name) for name in TASKS)
    template = RunSpec(config=configs[0], task=chosen[0], turns=turns)
    experiment = Experiment(
        id="margin", seed=7, configs=configs, tasks=chosen, n=runs, template=template
    )
    margins: dict[Cell, RunMargins] = {}
    judged: dict[tuple[Cell, int], bool] = {}

    def hear(cell: Cell, event: AnyEvent) -> None:
        margins.setdefault(cell, RunMargins()).feed(event)
        if isinstance(event, LineJudged) and event.label not in ("comment", "reasoning"):
            judged[cell, event.turn] = event.label == "command"

    def told(result: Result) -> None:
        print(".", end="", flush=True)

    model = WorkerModel(WorkerOptions(model="smollm2-135m", dtype=dtype))
    numbers = iter(range(10**9))
    try:
        await model.ready()
        await Replicator(
            experiment,
            model,
            Unrecorded(),
            make_shell=shell_for,
            make_session=lambda: f"margin{next(numbers)}",
            on_begun=lambda cell, session: None,
            on_event=hear,
            on_result=told,
            at_once=12,
        ).run(cells(experiment))
    finally:
        await model.aclose()
    print()
    return experiment, [
        Turned(cell, margin, judged[cell, turn])
        for cell in sorted(margins)
        for turn, margin in enumerate(margins[cell].values, start=1)
        if (cell, turn) in judged
    ]


def cost(vocabulary: int = 49_152, rows: int = 32, counting: int = 2200) -> None:
    """What a draw takes with and without weighing every row; in a run one row in ten is weighed."""
    torch.set_num_threads(1)
    dice = torch.Generator().manual_seed(1)
    logits = torch.randn(rows, vocabulary, generator=dice) * 4
    weights = [1.0] * counting + [0.0] * (vocabulary - counting)
    heads = CommandHeads(weights)
    for name, given in (("without", None), ("with", heads)):
        took = []
        for turn in range(30):
            asks = [Ask(Sampling(), row, turn, 0, heads=given) for row in range(rows)]
            began = time.perf_counter()
            draw(logits, asks)
            took.append(time.perf_counter() - began)
        print(f"draw of {rows} rows {name} weighing: {np.median(took) * 1e3:.2f} ms")


def main() -> None:
    """Run, and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=6)
    parser.add_argument("--turns", type=int, default=6)
    parser.add_argument("--dtype", default="float32")
    asked = parser.parse_args()
    cost()
    experiment, turns = asyncio.run(collect(asked.runs, asked.turns, asked.dtype))
    print(f"{'config':50} turns  commands  mean p if command  if drift   AUC [95 %]")
    for place, name in [*enumerate(experiment.names), (None, "all")]:
        some = [each for each in turns if place in (None, each.run.config)]
        yes = [each.command for each in some if each.became]
        no = [each.command for each in some if not each.became]
        area = auc(some)
        told = "–" if area is None else "{:.3f} [{:.2f}–{:.2f}]".format(area, *bounds(some))
        means = [f"{np.mean(each):.3f}" if each else "–" for each in (yes, no)]
        print(f"{name:50} {len(some):5} {len(yes):9} {means[0]:>18} {means[1]:>9}   {told}")


if __name__ == "__main__":
    main()
