"""How often a token is another in lower precision: runs that shared a batch, scored again alone.

    python -m tests.bench.divergence [--runs 2] [--tokens 4000] [--dtype bfloat16]

Runs three configs on five tasks with the embedded model in real shells, a dozen at once, and scores
what they wrote again. In float32 nothing may differ.
"""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator

from console.shells import shell_for
from engine.divergence import divergence
from engine.events import AnyEvent
from engine.experiment import Cell, Experiment, cells
from engine.model.client import WorkerModel
from engine.model.supervisor import WorkerOptions
from engine.replicate import Replicator
from engine.run import RunSpec
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from tests.bench.margin import TASKS, Unrecorded

CONFIGS = ("bare", "literal", "operator")


async def measure(runs: int, tokens: int, dtype: str) -> None:
    """Run, score and print."""
    seeds, tasks = SeedLibrary(), TaskLibrary()
    configs = tuple(parse_config(name, seeds) for name in CONFIGS)
    chosen = tuple(tasks.task(name) for name in TASKS)
    template = RunSpec(config=configs[0], task=chosen[0], turns=5)
    experiment = Experiment(
        id="divergence", seed=7, configs=configs, tasks=chosen, n=runs, template=template
    )
    recorded: dict[Cell, list[AnyEvent]] = {}
    numbers = iter(range(10**9))
    model = WorkerModel(WorkerOptions(model="smollm2-135m", dtype=dtype))

    async def recordings() -> AsyncIterator[list[AnyEvent]]:
        for cell in cells(experiment):
            yield recorded[cell]

    try:
        await model.ready()
        await Replicator(
            experiment,
            model,
            Unrecorded(),
            make_shell=shell_for,
            make_session=lambda: f"divergence{next(numbers)}",
            on_begun=lambda cell, session: recorded.__setitem__(cell, []),
            on_event=lambda cell, event: recorded[cell].append(event),
            on_result=lambda result: None,
            at_once=12,
        ).run(cells(experiment))
        began = time.perf_counter()
        found = await divergence(model, recordings(), enough=tokens)
        took = time.perf_counter() - began
    finally:
        await model.aclose()
    print(found.sentence)
    print(
        f"{found.runs} runs, {found.turns} turns, {found.skipped} skipped; log-probabilities "
        f"{found.deviation:.5f} apart (root mean square); scored in {took:.1f} s"
    )


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--tokens", type=int, default=4000)
    parser.add_argument("--dtype", default="bfloat16")
    asked = parser.parse_args()
    asyncio.run(measure(asked.runs, asked.tokens, asked.dtype))


if __name__ == "__main__":
    main()
