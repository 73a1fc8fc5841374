"""How many whole runs a minute: the replicate job, by plain transformers and by the engine.

    python -m tests.bench.job [--quick] [--rounds N] [--rows 1 8 32 64] [--turns N] [--no-lockstep]
                              [--json] [--vllm PYTHON]

96 runs of 4 turns over a seed of about 600 tokens on four tasks, each in its own sandboxed shell: the
same `Replicator`, prompts, dice and shells for every way, and in float32 the same commands. Ways:

- obvious: a fresh `generate` for every completion, one run after another (on a sample of the runs);
- lockstep 32: 32 runs at once that wait for each other, padded on the left and prefilled anew; on two
  cores without matrix units that takes minutes, and longer with every turn, as the longest prompt
  of all decides: with `--turns 2` it is still the same job for all, only shorter;
- engine, at 1, 8, 32 and 64 rows: the worker, asked by half as many runs again, as an experiment does.

The ways take turns within a round, the order turns round from one round to the next, and medians over
rounds are told. Runs a minute counts from the first run's start to the last run's end.
"""

import argparse
import asyncio
import hashlib
import itertools
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import msgspec
import torch

from console.shells import shell_for
from engine.events import AnyEvent, PromptSent, TokensSampled
from engine.experiment import Cell, Experiment, cells
from engine.model.client import WorkerModel
from engine.model.device import choose_threads
from engine.model.protocol import Model
from engine.model.supervisor import WorkerOptions
from engine.replicate import Replicator, Result
from engine.run import Config, RunSpec, Sampling
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from tests.bench.generating import Generating
from tests.bench.machine import forget_peak, named, peak_bytes
from tests.bench.tables import figure, markdown, tell
from tests.bench.vllm import Asked, told

CONFIG = "operator+history+recovery+prompt"
"""Without its demonstrated exit, so that a run goes on to its turn limit."""
TASKS = ("count-lines", "disk-space", "find-word", "make-folder")
SEED_TOKENS = 600
TURNS = 4
MOST_TOKENS = 30
"""Of a turn."""
RUNS = {"obvious": 3, "lockstep 32": 32, 1: 4, 8: 16, 32: 64, 64: 96}
"""How many runs a way gets in a round: enough to fill its rows, and time for all ways."""


class Way(msgspec.Struct, frozen=True):
    """How completions are computed."""

    name: str
    at_once: int
    """Runs under way together."""
    runs: int
    rows: int = 0
    """Of the engine; 0 for plain transformers."""


class Went(msgspec.Struct, frozen=True):
    """What one go of a way came to."""

    seconds: float
    runs: int
    tokens: int
    turns: int
    faults: int
    typed: str
    """SHA-256 over every token of the runs that all ways have in common."""
    peak: int
    """Bytes, of the process that holds the model."""
    asked: list[Asked]
    """Every completion, for whoever else is to make them."""


class Unrecorded:
    """A journal that keeps nothing."""

    def record(self, session: str, event: AnyEvent) -> None:
        """Forget it."""

    async def room(self) -> None:
        """There is always room."""


async def experiment_of(model: Model, turns: int = TURNS) -> Experiment:
    """The job: its seed is the operator's, demonstrated turns repeated until it is long enough."""
    config = parse_config(CONFIG, SeedLibrary())
    tasks = tuple(TaskLibrary().task(name) for name in TASKS)
    config = await lengthened(config, model)
    template = RunSpec(
        config=config,
        task=tasks[0],
        turns=turns,
        drift="flag",
        sampling=Sampling(temperature=0.7, max_tokens=MOST_TOKENS),
    )
    return Experiment(id="job", seed=11, configs=(config,), tasks=tasks, n=24, template=template)


async def lengthened(config: Config, model: Model) -> Config:
    """The config with its demonstrated turns repeated until the seed has `SEED_TOKENS`."""
    turns = config.turns
    pairs = [turn for turn in turns if turn.role != "system"][-4:]
    while len((await model.render(turns)).ids) < SEED_TOKENS:
        turns = (*turns, *pairs)
    digest = hashlib.sha256(msgspec.json.encode(turns)).hexdigest()
    return msgspec.structs.replace(config, turns=turns, hash=digest)


async def go(way: Way, experiment: Experiment, model: Model, pid: int) -> Went:
    """All runs of a way, once."""
    results: list[Result] = []
    typed: dict[Cell, list[int]] = {}
    asked: list[Asked] = []
    prompted: dict[Cell, int] = {}
    numbers = itertools.count()
    plain = model if isinstance(model, Generating) else None

    def begun(cell: Cell, session: str) -> None:
        typed[cell] = []
        if plain is not None:
            plain.under_way += 1

    def ended(result: Result) -> None:
        results.append(result)
        if plain is not None:
            plain.under_way -= 1
            asyncio.get_running_loop().create_task(plain.generate_if_complete())

    def heard(cell: Cell, event: AnyEvent) -> None:
        if isinstance(event, PromptSent):
            before = asked[prompted[cell]].ids if cell in prompted else ()
            asked.append(Asked(event.turn, (*before[: event.kept], *event.ids), 0))
            prompted[cell] = len(asked) - 1
        elif isinstance(event, TokensSampled):
            typed[cell] += event.ids
            last = asked[prompted[cell]]
            asked[prompted[cell]] = Asked(last.turn, last.ids, last.tokens + len(event.ids))

    plan: Iterator[Cell] = itertools.islice(cells(experiment), way.runs)
    forget_peak(pid)
    began = time.perf_counter()
    await Replicator(
        experiment,
        model,
        Unrecorded(),
        make_shell=shell_for,
        make_session=lambda: f"{way.name} {began} {next(numbers)}",
        on_begun=begun,
        on_event=heard,
        on_result=ended,
        at_once=way.at_once,
    ).run(plan)
    seconds = time.perf_counter() - began
    print(f"{way.name}: {len(results)} runs in {seconds:.1f} s", file=sys.stderr, flush=True)
    common = list(itertools.islice(cells(experiment), min(RUNS.values())))
    return Went(
        seconds=seconds,
        runs=len(results),
        tokens=sum(result.tokens for result in results),
        turns=sum(result.ended.turns for result in results),
        faults=sum(result.ended.outcome == "fault" for result in results),
        typed=hashlib.sha256(repr([typed.get(cell) for cell in common]).encode()).hexdigest(),
        peak=peak_bytes(pid),
        asked=asked,
    )


def ways(rows: list[int], quick: bool, lockstep: bool) -> list[Way]:
    """What is measured, in its order."""
    share = 3 if quick else 1
    found = [Way("obvious", 1, max(1, RUNS["obvious"] // share))]
    if lockstep:
        found.append(Way("lockstep 32", 32, RUNS["lockstep 32"]))
    for count in rows:
        runs = max(RUNS[count] // share, count if count < 64 else 1)
        found.append(Way(f"engine, {count} rows", count + count // 2, runs, count))
    return found


async def measure(
    planned: list[Way], rounds: int, dtype: str, threads: int, turns: int
) -> tuple[list[dict[str, Any]], str, list[Asked]]:
    """All ways in turns; what they came to, on what, and what the last of the engine was asked."""
    torch.set_num_threads(threads or os.cpu_count() or 1)
    plain = Generating(dtype)
    engine = WorkerModel(WorkerOptions(model="smollm2-135m", dtype=dtype, threads=threads))
    went: dict[Way, list[Went]] = {way: [] for way in planned}
    try:
        await engine.ready()
        pid = (await engine.report()).pid
        experiment = await experiment_of(plain, turns)
        seed = len((await plain.render(experiment.configs[0].turns)).ids)
        for number in range(rounds):
            for way in list(went)[:: -1 if number % 2 else 1]:
                if way.rows:
                    went[way].append(await go(way, experiment, engine, pid))
                else:
                    plain.cohort = way.at_once
                    went[way].append(await go(way, experiment, plain, os.getpid()))
    finally:
        await engine.aclose()
    about = (
        f"{dtype}, seed of {seed} tokens, {turns} turns; transformers on"
        f" {torch.get_num_threads()} thread(s), {rounds} round(s)"
    )
    asked = next(goes[-1].asked for way, goes in reversed(went.items()) if way.rows)
    return [_result(way, goes) for way, goes in went.items()], about, asked


def _result(way: Way, goes: list[Went]) -> dict[str, Any]:
    return {
        "way": way.name,
        "runs_per_minute": median(60 * went.runs / went.seconds for went in goes),
        "completions_per_minute": median(60 * went.turns / went.seconds for went in goes),
        "tokens_per_second": median(went.tokens / went.seconds for went in goes),
        "tokens_per_turn": median(went.tokens / max(went.turns, 1) for went in goes),
        "runs": goes[0].runs,
        "faults": sum(went.faults for went in goes),
        "typed": sorted({went.typed for went in goes}),
        "peak_bytes": max(went.peak for went in goes),
    }


def table(results: list[dict[str, Any]]) -> str:
    """For a person."""
    speed = {result["way"]: result["runs_per_minute"] for result in results}
    rows = [
        [
            result["way"],
            figure(result["runs_per_minute"]),
            figure(result["completions_per_minute"]),
            figure(result["tokens_per_second"]),
            f"{result['peak_bytes'] / 1e6:.0f}",
            *(
                f"{result['runs_per_minute'] / speed[other]:.1f}" if other in speed else "–"
                for other in ("obvious", "lockstep 32")
            ),
            str(result["faults"]),
        ]
        for result in results
    ]
    head = ("way", "runs/min", "compl./min", "tok/s", "MB", "× obvious", "× lockstep", "faults")
    same = len({digest for result in results for digest in result["typed"]}) == 1
    typed = "All ways typed the same tokens." if same else "Not all ways typed the same tokens."
    return f"{markdown(head, rows)}\n\n{typed}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.job")
    parser.add_argument(
        "--rows", type=int, nargs="+", choices=[1, 8, 32, 64], default=[1, 8, 32, 64]
    )
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--threads", type=int, default=0, help="the same for all ways")
    parser.add_argument("--turns", type=int, default=TURNS, help="of each run")
    parser.add_argument("--no-lockstep", action="store_true", help="it takes by far the longest")
    parser.add_argument("--quick", action="store_true", help="one round of a third of the runs")
    parser.add_argument(
        "--vllm", default=os.environ.get("DRIFTTY_BENCH_VLLM", ""), metavar="PYTHON"
    )
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rounds = 1 if asked.quick else asked.rounds
    machine = named(choose_threads(asked.threads))
    results, about, prompts = asyncio.run(
        measure(
            ways(asked.rows, asked.quick, not asked.no_lockstep),
            rounds,
            asked.dtype,
            asked.threads,
            asked.turns,
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        vllm = told(asked.vllm, asked.dtype, max(asked.rows), prompts, Path(folder))
    document = {"machine": machine, "about": about, "ways": results, "vllm": vllm}
    tell(document, f"{machine}\n{about}\n\n{table(results)}\n\n{vllm}", asked.json)


if __name__ == "__main__":
    main()
