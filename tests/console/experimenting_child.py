"""Goes on with the experiment begun last: `python -m tests.console.experimenting_child KEPT`.

It prints `began RNG` before each run and `kept RNG` for each result, after it was acknowledged. After
so many results it waits to be killed; with -1 it runs to the end.
"""

import asyncio
import os
import sys
import threading
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
        self._left = int(sys.argv[1])

    def add(
        self, experiment: str, runs: Sequence[KeptRun], stretch: int = -1, seconds: float = 0.0
    ) -> None:
        # One by one, however many have gathered: what is to be killed is in the middle of it.
        for kept in runs:
            super().add(experiment, [kept], stretch, seconds)
            cell = Cell(kept.result.config, kept.result.task, kept.result.replicate)
            tell(f"kept {run_seed(self._experiment, cell)}")
            self._left -= 1
            if self._left == 0:
                threading.Event().wait()


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
