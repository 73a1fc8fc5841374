"""How fast tokens come, one row and many, by plain transformers, in lockstep and by the engine.

    python -m tests.bench.decode [--quick] [--json] [--dtype float32 …] [--threads N] [--rows N …]

The embedded model goes on from a seed of about 300 and of about 1000 tokens and a task of 16. All ways
run in turns, so that what else the machine does hits them alike; medians are told.

- plain: `generate` for one completion after another, each prefilling its whole prompt.
- lockstep: all rows together through the model's own forward, sampled as `generate` does; each row's
  prompt is prefilled, its own copy of the seed's keys and values kept. The prefill is that of one row
  times the rows: arithmetic is what it waits for, and 64 rows of 1000 tokens would take minutes.
- engine: the worker's batch with scheduling, draw, text, parts and replies; the seed is cached.

A completion is 18 tokens. Threads are what each would have by itself, torch's default or the worker's
choice, unless `--threads` says the same for both. The share of the limit is the time a step takes at
least (weights over memory bandwidth, or arithmetic over matrix peak) over the time it takes.
"""

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from statistics import median
from typing import Any

import msgspec
import torch

from engine.model.batch import Batch
from engine.model.catalogue import EMBEDDED, resolve
from engine.model.device import DTYPES, choose_threads
from engine.model.endings import Endings
from engine.model.probe import runner_for
from engine.model.protocol import Complete
from engine.model.row import Row
from engine.run import Sampling
from engine.scrollback import Payload
from tests.bench.machine import Limits, forget_peak, limits, named, peak_bytes
from tests.bench.tables import figure, markdown, tell

SEEDS = (300, 1000)
ROWS = (1, 8, 32, 64)
OWN = 16
"""Tokens of a row's own prompt after the seed."""
WRITTEN = 18
"""Tokens of a completion."""
STEPS = 6
"""Decode steps measured in one go."""


class Cell(msgspec.Struct, frozen=True):
    """One way, with so many rows on a seed of so many tokens."""

    dtype: str
    way: str
    seed: int
    rows: int


class Measured(msgspec.Struct, frozen=True):
    """What one go came to."""

    step: float
    """Seconds a decode step of all rows."""
    before: float
    """Seconds until all rows can decode."""
    peak: int
    """Bytes."""


class Side:
    """A process that measures one side of the comparison whenever it is told to."""

    def __init__(self, side: str, dtype: str, threads: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, side, dtype, threads))
        self._process.start()
        theirs.close()
        self.threads, self.limits, self.parameters = self._pipe.recv()

    def measure(self, cell: Cell) -> Measured:
        """One go."""
        self._pipe.send(cell)
        measured: Measured = self._pipe.recv()
        return measured

    def close(self) -> None:
        """End the process."""
        self._pipe.send(None)
        self._process.join()


def _serve(pipe: Connection, side: str, dtype: str, threads: int) -> None:
    torch.set_num_threads(threads or (choose_threads(0) if side == "engine" else _cores()))
    bounds = limits(DTYPES[dtype])
    held = _Engine(dtype) if side == "engine" else _Plain(dtype)
    pipe.send((torch.get_num_threads(), bounds, held.parameters))
    while (cell := pipe.recv()) is not None:
        forget_peak(os.getpid())
        with torch.inference_mode():
            before, step = held.measure(cell)
        pipe.send(Measured(step, before, peak_bytes(os.getpid())))


class _Plain:
    def __init__(self, dtype: str) -> None:
        self._model = _read(dtype)
        self._model.generation_config.eos_token_id = None
        self.parameters = sum(each.numel() for each in self._model.parameters())

    def measure(self, cell: Cell) -> tuple[float, float]:
        prompt = torch.tensor([_prompt(cell.seed, 0)])
        if cell.way == "plain":
            first = _timed(lambda: self._generate(prompt, 1))
            return first, max(_timed(lambda: self._generate(prompt, 1 + STEPS)) - first, 0) / STEPS
        began = time.perf_counter()
        cache = self._model(input_ids=prompt, use_cache=True, logits_to_keep=1).past_key_values
        before = (time.perf_counter() - began) * cell.rows
        cache.batch_repeat_interleave(cell.rows)
        ids = torch.arange(1000, 1000 + cell.rows)[:, None]
        steps = []
        for _ in range(STEPS):
            began = time.perf_counter()
            out = self._model(
                input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=1
            )
            weights = torch.softmax(out.logits[:, -1].float() / 0.7, -1)
            ids = torch.multinomial(weights, 1)
            steps.append(time.perf_counter() - began)
        return before, median(steps)

    def _generate(self, prompt: torch.Tensor, tokens: int) -> object:
        return self._model.generate(
            prompt,
            attention_mask=torch.ones_like(prompt),
            do_sample=True,
            temperature=0.7,
            top_k=0,
            max_new_tokens=tokens,
            pad_token_id=0,
        )


class _Engine:
    def __init__(self, dtype: str) -> None:
        from transformers import AutoTokenizer

        folder = resolve(EMBEDDED).folder
        self._runner = runner_for(lambda: _read(dtype), 4 << 30)
        self._tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._turn = 0
        self.parameters = 0

    def measure(self, cell: Cell) -> tuple[float, float]:
        self._turn += 1
        batch = Batch(self._runner, Endings(frozenset(), frozenset()), 256, lambda _: None)
        prompts = [_prompt(cell.seed, row) for row in range(cell.rows)]
        batch.submit(self._row(0, [*prompts[0][: cell.seed], 5], cell.seed))
        batch.step()
        while batch.busy:
            batch.cancel(0)
        began = time.perf_counter()
        for row, prompt in enumerate(prompts, start=1):
            batch.submit(self._row(row, prompt, cell.seed))
        while batch.waiting or any(not row.sampled for row in batch.rows):
            batch.step()
        before = time.perf_counter() - began
        steps = [_timed(batch.step) for _ in range(STEPS)]
        for row in range(1, cell.rows + 1):
            batch.release(self._name(row))
        return before, median(steps)

    def _row(self, number: int, ids: list[int], seam: int) -> Row:
        request = Complete(
            id=number,
            sequence=self._name(number),
            turns=(),
            seed_turns=0,
            sampling=Sampling(temperature=0.7, max_tokens=160),
            rng=number,
            turn=self._turn,
            policy="whole-turn",
        )
        return Row(request, Payload(tuple(ids), (), seam), "", self._tokenizer)

    def _name(self, number: int) -> str:
        return f"{self._turn}/{number}"


def _read(dtype: str) -> Any:
    from transformers import AutoModelForCausalLM

    from engine.model.loading import quieten

    quieten()
    model = AutoModelForCausalLM.from_pretrained(
        resolve(EMBEDDED).folder, dtype=DTYPES[dtype], local_files_only=True
    )
    return model.eval().requires_grad_(False)


def _prompt(seed: int, row: int) -> list[int]:
    """A seed that all rows have, and what each has of its own; lengths differ a little."""
    shared = torch.randint(20, 40_000, (seed,), generator=torch.Generator().manual_seed(seed))
    own = torch.randint(20, 40_000, (OWN + row % 7,), generator=torch.Generator().manual_seed(row))
    return [int(token) for token in (*shared, *own)]


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def measure(
    dtype: str, threads: int, rounds: int, numbers: list[int]
) -> tuple[list[dict[str, Any]], str]:
    """All ways in turns; what they came to, and on what."""
    sides = {name: Side(name, dtype, threads) for name in ("plain", "engine")}
    bounds, parameters = sides["engine"].limits, sides["plain"].parameters
    cells = [
        Cell(dtype, way, seed, rows)
        for seed in SEEDS
        for rows in numbers
        for way in (("plain",) if rows == 1 else ("lockstep",)) + ("engine",)
    ]
    goes: dict[Cell, list[Measured]] = {cell: [] for cell in cells}
    try:
        for _ in range(rounds):
            for cell in cells:
                goes[cell].append(
                    sides["engine" if cell.way == "engine" else "plain"].measure(cell)
                )
    finally:
        for side in sides.values():
            side.close()
    about = (
        f"{dtype}: engine on {sides['engine'].threads} thread(s), transformers on"
        f" {sides['plain'].threads}; memory {bounds.bandwidth / 1e9:.1f} GB/s,"
        f" matrices {bounds.arithmetic / 1e9:.0f} Gop/s on the engine's threads"
    )
    return [_result(cell, goes[cell], bounds, parameters) for cell in cells], about


def _result(cell: Cell, goes: list[Measured], bounds: Limits, parameters: int) -> dict[str, Any]:
    step, before = (median(getattr(go, name) for go in goes) for name in ("step", "before"))
    floor = bounds.step(parameters * DTYPES[cell.dtype].itemsize, parameters, cell.rows)
    return {
        **msgspec.structs.asdict(cell),
        "tokens_per_second": cell.rows / step,
        "completions_per_minute": 60 * cell.rows / (before + WRITTEN * step),
        "peak_bytes": max(go.peak for go in goes),
        "share_of_limit": floor / step,
    }


def table(results: list[dict[str, Any]]) -> str:
    """For a person: each way of the engine beside what it is compared with."""
    rows = []
    for theirs, mine in zip(results[::2], results[1::2], strict=True):
        rows.append(
            [
                f"{mine['seed']}, {mine['rows']}",
                *(
                    figure(one[name])
                    for name in ("tokens_per_second", "completions_per_minute")
                    for one in (theirs, mine)
                ),
                f"{mine['tokens_per_second'] / theirs['tokens_per_second']:.2f}",
                *(f"{one['peak_bytes'] / 1e6:.0f}" for one in (theirs, mine)),
                f"{100 * mine['share_of_limit']:.0f} %",
            ]
        )
    head = ("seed, rows", "plain tok/s", "engine tok/s", "plain compl./min", "engine compl./min")
    return markdown((*head, "ratio", "plain MB", "engine MB", "of limit"), rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.decode")
    parser.add_argument("--dtype", nargs="+", choices=list(DTYPES), default=["float32", "bfloat16"])
    parser.add_argument("--threads", type=int, default=0, help="the same for both sides")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS), help="how many at once")
    parser.add_argument("--quick", action="store_true", help="float32 only, one round")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    dtypes, rounds = (["float32"], 1) if asked.quick else (asked.dtype, asked.rounds)
    machine = named(choose_threads(asked.threads))
    document: dict[str, Any] = {"machine": machine, "cells": []}
    texts = [machine]
    for dtype in dtypes:
        results, about = measure(dtype, asked.threads, rounds, asked.rows)
        document["cells"] += results
        texts += ["", about, "", table(results)]
    tell(document, "\n".join(texts), asked.json)


if __name__ == "__main__":
    main()
