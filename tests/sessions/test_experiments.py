"""What was planned and what came of it is there again, whoever is killed."""

import msgspec
import pytest

from engine.errors import StoreError
from engine.experiment import cells
from sessions import database
from sessions.experiments import Experiments, KeptRun, Placement
from sessions.process import ProcessIdentity
from tests.sessions.madeexperiments import make_experiment, make_kept, make_result


def test_an_experiment_is_there_again_with_all_that_was_planned_and_found() -> None:
    experiments, planned = Experiments(), make_experiment()
    experiments.begin(planned, Placement(dtype="float32"))
    found = [make_kept(cell, "drift" if cell.config else "clean") for cell in cells(planned)][:5]
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
    experiments, planned = Experiments(), make_experiment()
    experiments.begin(planned, Placement())
    first, second, third = list(cells(planned))[:3]
    experiments.add(
        planned.id, [make_kept(first, "drift"), make_kept(second, "fault", 2), make_kept(third)]
    )
    assert next(experiments.read("last").missing()) == second
    experiments.add(planned.id, [make_kept(first, "clean"), make_kept(second, "clean")])
    runs = {run.result.config: run for run in experiments.read("last").runs[:2]}
    assert runs[first.config].result.outcome == "drift"
    assert runs[second.config] == KeptRun(make_result(second), 3)


def test_n_can_be_raised_and_the_first_cells_stay() -> None:
    experiments, planned = Experiments(), make_experiment(n=1)
    experiments.begin(planned, Placement())
    experiments.add(planned.id, [make_kept(cell) for cell in cells(planned)])
    assert not list(experiments.take_up("last").missing())
    raised = experiments.take_up("6AHX", n=3)
    assert raised.experiment == msgspec.structs.replace(planned, n=3)
    assert [cell.replicate for cell in raised.missing()] == [1] * 4 + [2] * 4
    with pytest.raises(StoreError, match="raised, and not lowered to 2"):
        experiments.take_up("last", n=2)


def test_an_experiment_that_another_process_runs_is_refused_until_that_is_gone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    experiments, planned = Experiments(), make_experiment()
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
        experiments.begin(make_experiment(id_), Placement())
    assert experiments.read("6ahy").experiment.id == "6ahy"
    with pytest.raises(StoreError, match="More than one experiment's id"):
        experiments.read("6ah")
    with pytest.raises(StoreError, match="begins with “7”"):
        experiments.read("7")
