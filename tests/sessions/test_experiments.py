"""What was planned and what came of it is there again, whoever is killed."""

import msgspec
import pytest

from engine.drift.result import RunResult
from engine.errors import StoreError
from engine.experiment import Cell, Experiment, cells
from engine.run import RunSpec, Task
from sessions import database
from sessions.experiments import Experiments, KeptRun, Placement
from sessions.process import ProcessIdentity
from tests.sessions.made import make_spec


def plan(id_: str = "6ahx", n: int = 2) -> Experiment:
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


def result(cell: Cell, outcome: str = "clean", session: str = "s") -> RunResult:
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


def kept(cell: Cell, outcome: str = "clean", tries: int = 1) -> KeptRun:
    return KeptRun(result(cell, outcome), tries)


def test_an_experiment_is_there_again_with_all_that_was_planned_and_found() -> None:
    experiments, planned = Experiments(), plan()
    experiments.begin(planned, Placement(dtype="float32"))
    found = [kept(cell, "drift" if cell.config else "clean") for cell in cells(planned)][:5]
    experiments.add(planned.id, found[2:])
    experiments.add(planned.id, found[:2])
    again = experiments.read("last")
    assert again.experiment == planned
    assert again.placement == Placement(dtype="float32")
    assert list(again.runs) == found
    assert list(again.missing()) == list(cells(planned))[5:]
    (outline,) = experiments.outlines()
    assert (outline.id, outline.configs, outline.tasks, outline.n, outline.runs) == (
        planned.id,
        ("operator+history", "bare+none"),
        2,
        2,
        5,
    )


def test_a_result_that_stands_is_never_replaced_and_a_fault_gives_way() -> None:
    experiments, planned = Experiments(), plan()
    experiments.begin(planned, Placement())
    first, second, third = list(cells(planned))[:3]
    experiments.add(planned.id, [kept(first, "drift"), kept(second, "fault", 2), kept(third)])
    assert next(experiments.read("last").missing()) == second
    experiments.add(planned.id, [kept(first, "clean"), kept(second, "clean")])
    runs = {run.result.config: run for run in experiments.read("last").runs[:2]}
    assert runs[first.config].result.outcome == "drift"
    assert runs[second.config] == KeptRun(result(second), 3)


def test_n_can_be_raised_and_the_first_cells_stay() -> None:
    experiments, planned = Experiments(), plan(n=1)
    experiments.begin(planned, Placement())
    experiments.add(planned.id, [kept(cell) for cell in cells(planned)])
    assert not list(experiments.take_up("last").missing())
    raised = experiments.take_up("6AHX", n=3)
    assert raised.experiment == msgspec.structs.replace(planned, n=3)
    assert [cell.replicate for cell in raised.missing()] == [1] * 4 + [2] * 4
    with pytest.raises(StoreError, match="raised, and not lowered to 2"):
        experiments.take_up("last", n=2)


def test_an_experiment_that_another_process_runs_is_refused_until_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    experiments, planned = Experiments(), plan()
    other = ProcessIdentity(4711, "1", "boot")
    with monkeypatch.context() as patched:
        patched.setattr("sessions.experiments.this_process", lambda: other)
        experiments.begin(planned, Placement())
    with monkeypatch.context() as patched:
        patched.setattr(ProcessIdentity, "alive", True)
        with pytest.raises(StoreError, match="process 4711"):
            experiments.take_up("last")
    assert experiments.take_up("last").experiment == planned


def test_ids_that_name_no_experiment_or_two_are_sentences() -> None:
    experiments = Experiments()
    with pytest.raises(StoreError, match="No experiment is kept yet"):
        experiments.read("last")
    database.prepare(database.default_path())
    with pytest.raises(StoreError, match="No experiment is kept yet"):
        experiments.read("last")
    for id_ in ("6ahx", "6ahy"):
        experiments.begin(plan(id_), Placement())
    assert experiments.read("6ahy").experiment.id == "6ahy"
    with pytest.raises(StoreError, match="More than one experiment's id"):
        experiments.read("6ah")
    with pytest.raises(StoreError, match="begins with “7”"):
        experiments.read("7")
