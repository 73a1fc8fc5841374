"""A process that goes on with the experiment begun last: `python -m tests.console.experimenting_child`.

It prints `began RNG` before each run and `kept RNG` for each result, after it was acknowledged.
"""

import asyncio
import os
from collections.abc import Sequence

from engine.experiment import Cell, Experiment, run_seed
from engine.run import RunSpec
from sessions.experiments import Experiments, KeptRun
from sessions.recorder import Recorder
from tests.console.replicated import AnsweringShell, experimenting


class Telling(Experiments):
    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment

    def add(self, experiment: str, runs: Sequence[KeptRun]) -> None:
        super().add(experiment, runs)
        for kept in runs:
            cell = Cell(kept.result.config, kept.result.task, kept.result.replicate)
            tell(f"kept {run_seed(self._experiment, cell)}")


def tell(line: str) -> None:
    os.write(1, f"{line}\n".encode())


def shell(spec: RunSpec) -> AnsweringShell:
    tell(f"began {spec.rng}")
    return AnsweringShell(spec)


async def main() -> None:
    kept = Experiments().take_up("last")
    async with Recorder.open() as recorder:
        running = experimenting(kept, recorder, results=Telling(kept.experiment), shell=shell)
        await running.run()


if __name__ == "__main__":
    asyncio.run(main())
