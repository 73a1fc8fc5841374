"""Experiments made up for tests, and what their cells came to."""

import msgspec

from engine.drift.result import RunResult
from engine.experiment import Cell, Experiment
from engine.run import RunSpec, Task
from sessions.experiments import KeptRun, Stretch
from tests.sessions.made import make_spec


def make_experiment(id_: str = "6ahx", n: int = 2) -> Experiment:
    """Two configs on two tasks."""
    template: RunSpec = make_spec()
    other = msgspec.structs.replace(template.config, name="bare+none", hash="22" * 32)
    return Experiment(
        id=id_,
        seed=7,
        configs=(template.config, other),
        tasks=(Task(text="hostname"), Task(text="count", check="true")),
        n=n,
        template=template,
    )


def make_result(cell: Cell, outcome: str = "clean", session: str = "s") -> RunResult:
    """What a cell came to; of a drift, one in its second turn."""
    return msgspec.convert(
        {
            "config": cell.config,
            "task": cell.task,
            "replicate": cell.replicate,
            "outcome": outcome,
            "operated": outcome in ("clean", "no-exit"),
            "exited": outcome == "clean",
            "done": True if cell.task else None,
            "drift_turn": 2 if outcome == "drift" else None,
            "drift_kind": "chat" if outcome == "drift" else None,
            "turns": 3,
            "tokens": 40,
            "took": 5_000_000_000,
            "session": session,
            "fault": "it broke" if outcome == "fault" else "",
        },
        type=RunResult,
    )


def make_kept(cell: Cell, outcome: str = "clean", tries: int = 1, session: str = "s") -> KeptRun:
    """The same, as it is kept."""
    return KeptRun(make_result(cell, outcome, session), tries)


def make_stretch(**changes: object) -> Stretch:
    """A time in which cells were run."""
    plain = Stretch(
        model="smollm2-135m",
        weights="ab" * 32,
        device="cpu (a processor)",
        dtype="float32",
        version="0.1.0",
        began="2026-01-02T03:04:05+00:00",
        at_once=8,
    )
    return msgspec.structs.replace(plain, **changes)
