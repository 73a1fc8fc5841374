"""What is measured of an experiment in lower precision, and kept with its recordings."""

from pathlib import Path

import msgspec
import pytest

from console.diverging import Diverging, sample
from engine.divergence import DivergenceRate
from engine.drift.result import RunResult
from engine.errors import WorkerGone
from engine.events import AnyEvent, Provenance
from engine.experiment import Cell
from engine.model.protocol import Scored
from engine.model.scripted import ScriptedModel
from sessions.findings import Findings
from sessions.ids import new_id
from sessions.recorder import Recorder
from tests.engine.rerun.recorded import record, script
from tests.sessions.madeexperiments import make_result

SAYS = script("hostname", "exit")


class Coarse(ScriptedModel):
    """A script whose numbers are of a lower precision; counts what it is asked to score."""

    dtype = "bfloat16"
    scored = 0
    goes_at = 10**6

    @property
    def provenance(self) -> Provenance:
        return msgspec.structs.replace(super().provenance, dtype=self.dtype)

    async def score(self, *args: object, **options: object) -> Scored:
        self.scored += 1
        if self.scored >= self.goes_at:
            raise WorkerGone("The model's process went away.")
        return await super().score(*args, **options)  # type: ignore[arg-type]  # Handed on as they are.


async def recorded(path: Path, runs: int) -> list[RunResult]:
    """The results of runs that are in the store at a path."""
    results = []
    async with Recorder.open(path) as recorder:
        for replicate in range(runs):
            session = new_id()
            events: list[AnyEvent] = await record(SAYS, session=session)
            for event in events:
                recorder.record(session, event)
            results.append(make_result(Cell(0, 0, replicate), "clean", session))
    return results


async def test_a_sample_is_scored_once_and_kept_with_its_recordings(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    results = await recorded(path, 3)
    model, diverging = Coarse(SAYS, pace=0), Diverging(path)
    await model.ready()
    assert diverging.kept(results) is None
    await diverging.measure(model, results)
    rate = diverging.kept(results)
    assert rate is not None
    assert (rate.dtype, rate.runs, rate.differing) == ("bfloat16", 3, 0)
    before = model.scored
    await diverging.measure(model, results)
    assert model.scored == before, "what is known is not measured again"
    (finding,) = Findings(path).of(results[0].session, "rescored")
    assert finding.read(DivergenceRate).runs == 1


async def test_no_more_is_measured_than_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    results = await recorded(path, 3)
    model = Coarse(SAYS, pace=0)
    await model.ready()
    diverging = Diverging(path, enough=1)
    await diverging.measure(model, results)
    rate = diverging.kept(results)
    assert rate is not None
    assert rate.runs == 1


async def test_nothing_is_measured_where_numbers_are_exact(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    results = await recorded(path, 1)
    model = Coarse(SAYS, pace=0)
    model.dtype = "float32"
    await model.ready()
    await Diverging(path).measure(model, results)
    assert model.scored == 0
    assert Diverging(path).kept(results) is None


async def test_a_model_that_goes_away_breaks_no_experiment(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    results = await recorded(path, 3)
    model = Coarse(SAYS, pace=0)
    await model.ready()
    model.goes_at = 4
    await Diverging(path).measure(model, results)
    rate = Diverging(path).kept(results)
    assert rate is not None
    assert rate.runs == 1


def test_the_sample_goes_through_the_plan_and_leaves_faults_out() -> None:
    results = [
        make_result(
            Cell(config, 0, replicate), "fault" if (config, replicate) == (1, 0) else "clean"
        )
        for config in (1, 0)
        for replicate in (1, 0)
    ]
    chosen = [(each.replicate, each.config) for each in sample(results)]
    assert chosen == [(0, 0), (1, 0), (1, 1)]


@pytest.mark.parametrize("outcome", ["fault", "stopped"])
def test_runs_that_do_not_count_are_not_sampled(outcome: str) -> None:
    assert sample([make_result(Cell(0, 0, 0), outcome)]) == []
