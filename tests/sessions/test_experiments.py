"""What was planned and what came of it is there again, whoever is killed."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from engine.errors import StoreError
from engine.experiment import cells
from sessions import database
from sessions.costs import costs_of
from sessions.experiments import Experiments, KeptRun, Placement
from sessions.process import ProcessIdentity
from sessions.recorder import Recorder
from tests.sessions.freeze import FROZEN, SESSIONS
from tests.sessions.made import begin
from tests.sessions.madeexperiments import make_experiment, make_kept, make_result, make_stretch


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


def test_margins_and_dropped_arms_are_kept() -> None:
    experiments, planned = Experiments(), make_experiment()
    experiments.begin(planned, Placement())
    run = make_kept(next(cells(planned)))
    margins = (0.97, 0.5, 1 / 3)
    with_margins = KeptRun(msgspec.structs.replace(run.result, margins=margins), 1)
    experiments.add(planned.id, [with_margins])
    experiments.drop(planned.id, {1})
    kept = experiments.take_up("last")
    assert kept.runs == (with_margins,)
    assert kept.dropped == {1}
    experiments.drop(planned.id, set())
    assert experiments.read("last").dropped == frozenset()


def test_on_what_it_was_run_is_kept_with_the_work_done_there() -> None:
    experiments, planned = Experiments(), make_experiment()
    experiments.begin(planned, Placement())
    place = experiments.set_out(planned.id, make_stretch())
    first, second, third = list(cells(planned))[:3]
    experiments.add(planned.id, [make_kept(first), make_kept(second)], place, 4.5)
    experiments.add(planned.id, [make_kept(third)], place, 6.0)
    assert experiments.read("last").stretches == (make_stretch(runs=3, tokens=120, seconds=6.0),)
    other = experiments.set_out(planned.id, make_stretch(dtype="bfloat16", model="another"))
    assert other == place + 1
    kept = experiments.read("last")
    assert kept.pinned("smollm2-135m") == kept.stretches[0]
    assert kept.pinned("unheard-of") is None
    assert costs_of("smollm2-135m").stretches == (kept.stretches[0],)
    assert costs_of("another").stretches == ()


def test_runs_made_on_different_things_are_called_a_mixture() -> None:
    experiments, planned = Experiments(), make_experiment()
    experiments.begin(planned, Placement())
    first, second = list(cells(planned))[:2]
    place = experiments.set_out(planned.id, make_stretch())
    experiments.add(planned.id, [make_kept(first)], place, 1.0)
    place = experiments.set_out(planned.id, make_stretch(dtype="bfloat16", weights=""))
    assert experiments.read("last").mixture == ()
    experiments.add(planned.id, [make_kept(second)], place, 1.0)
    assert experiments.read("last").mixture == ("dtype float32, now bfloat16",)


def test_whose_run_a_session_is_can_be_asked() -> None:
    experiments = Experiments()
    assert experiments.of_session("6ahy") is None

    async def record() -> None:
        async with Recorder.open() as recorder:
            started = begin("6ahy")
            recorder.record("6ahy", msgspec.structs.replace(started, experiment="6ahx"))
            recorder.record("6ahz", begin("6ahz"))

    asyncio.run(record())
    assert experiments.of_session("6ahy") == "6ahx"
    assert experiments.of_session("6ahz") is None
    assert experiments.of_session("unheard-of") is None


def test_an_experiment_of_version_3_is_read_and_its_sessions_know_it(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    path.write_bytes((FROZEN / "v3.db").read_bytes())
    experiments = Experiments(path)
    kept = experiments.read("last")
    assert [(run.result.outcome, run.tries) for run in kept.runs] == [("clean", 1), ("fault", 2)]
    assert kept.runs[0].result.margins == ()
    assert (kept.dropped, kept.stretches, kept.process) == (frozenset(), (), 0)
    assert [experiments.of_session(session) for session in SESSIONS] == [kept.experiment.id] * 2
    assert len(list(kept.missing())) == 7
