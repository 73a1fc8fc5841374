"""Finished runs to tally, without running anything."""

import heapq
from collections.abc import Iterator, Sequence

import numpy as np

from engine.drift.tally import RunResult
from engine.events import DriftKind, Outcome


def run(
    config: int = 0,
    replicate: int = 0,
    outcome: Outcome = "clean",
    *,
    task: int = 0,
    turn: int = 3,
    kind: DriftKind = "narration",
    done: bool | None = None,
    tokens: int = 0,
    took: int = 0,
) -> RunResult:
    """A run that drifted, exited or came to its limit in a turn."""
    return RunResult(
        config=config,
        task=task,
        replicate=replicate,
        outcome=outcome,
        operated=outcome in ("clean", "no-exit"),
        exited=outcome == "clean",
        done=done,
        drift_turn=turn if outcome == "drift" else None,
        drift_kind=kind if outcome == "drift" else None,
        turns=turn,
        tokens=tokens,
        took=took,
        session=f"{config}-{task}-{replicate}",
        fault="it broke" if outcome == "fault" else "",
    )


def drawn(
    dice: np.random.Generator, rates: Sequence[Sequence[float]], n: int, *, at_once: int = 1
) -> Iterator[RunResult]:
    """Runs of every config and task, n of each, in the order in which they finish.

    `rates`: [configs][tasks], of clean runs. A run that drifts takes an eighth of the time, and so
    many are under way at once: finished first is not planned first.
    """
    now = 0.0
    under_way: list[tuple[float, int, RunResult]] = []
    planned = 0
    for replicate in range(n):
        for task in range(len(rates[0])):
            for config, of in enumerate(rates):
                clean = bool(dice.random() < of[task])
                took = float(dice.random()) * (8 if clean else 1)
                result = run(config, replicate, "clean" if clean else "drift", task=task)
                planned += 1
                heapq.heappush(under_way, (now + took, planned, result))
                if len(under_way) == at_once:
                    now, _, over = heapq.heappop(under_way)
                    yield over
    while under_way:
        yield heapq.heappop(under_way)[2]
