"""Reports as files: whole, by their ending, and never over what is there."""

import asyncio
import os
from pathlib import Path

import pytest

from console.report import Report, save, write
from console.report.findings import findings
from console.report.material import Material, gather
from console.report.writing import form_of
from engine.errors import DrifttyError, StoreError
from sessions.experiments import Experiments
from sessions.ids import new_id
from sessions.recorder import Recorder
from tests.console.report.results import experiment, kept, origins
from tests.sessions.made import make_session


def stored() -> str:
    """An experiment with all its results in the store of this test; returns its id."""
    planned, placement = experiment()
    experiments = Experiments()
    experiments.begin(planned, placement)
    experiments.add(planned.id, kept(planned, placement).runs)
    return planned.id


def mine(path: Path) -> Path:
    path.write_text("mine")
    return path


def made() -> Report:
    results = kept(*experiment())
    return Report(findings(results), Material(kept=results, origins=origins(24), examples=()))


async def test_a_report_is_written_from_the_store(tmp_path: Path) -> None:
    steps: list[str] = []
    path = tmp_path / "report.html"
    written = await write(stored()[:6], path, title="A title", on_step=steps.append)
    assert written == path
    assert "<h1>A title</h1>" in path.read_text()
    assert len(steps) == 3


async def test_nothing_is_written_over_unless_asked(tmp_path: Path) -> None:
    path = await asyncio.to_thread(mine, tmp_path / "report.csv")
    with pytest.raises(DrifttyError, match="there already"):
        await write(stored(), path)
    assert path.read_text() == "mine"
    await write("last", path, force=True)
    assert path.read_text().startswith("experiment,arm,config")


def test_a_figure_that_is_there_stops_everything(tmp_path: Path) -> None:
    (tmp_path / "r-rates.svg").write_text("mine")
    with pytest.raises(DrifttyError, match=r"r-rates\.svg: there already; --force"):
        save(made(), [tmp_path / "r.json", tmp_path / "r.md"])
    assert [path.name for path in tmp_path.iterdir() if path.suffix != ".db"].count("r.json") == 0


def test_markdown_has_its_figures_beside_it(tmp_path: Path) -> None:
    written = save(made(), [tmp_path / "a result.md"])
    text = written[0].read_text()
    assert len(written) > 3
    for figure in written[1:]:
        assert f"]({figure.name.replace(' ', '%20')})" in text
        assert figure.read_text().startswith("<svg")


def test_the_ending_says_the_form() -> None:
    assert form_of(Path("a.HTML")) == "html"
    assert form_of(Path("a.markdown")) == "md"
    with pytest.raises(DrifttyError, match=r"\.html, \.md, \.csv or \.json"):
        form_of(Path("a.pdf"))


def test_what_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DrifttyError, match="cannot be written"):
        save(made(), [tmp_path / "nowhere" / "r.csv"])


async def test_an_experiment_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        await write("zzz", tmp_path / "r.md")
    assert not (tmp_path / "r.md").exists()


def test_files_have_the_rights_that_the_person_gives_new_ones(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        (path,) = save(made(), [tmp_path / "r.csv"])
    finally:
        os.umask(before)
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


async def test_examples_and_origins_come_from_the_recordings() -> None:
    planned, placement = experiment()
    results = kept(planned, placement)
    experiments = Experiments()
    experiments.begin(planned, placement)
    experiments.add(planned.id, results.runs)
    drifted = next(run.result for run in results.runs if run.result.outcome == "drift")
    async with Recorder.open() as recorder:
        for event in make_session(drifted.session):
            recorder.record(drifted.session, event)
    material = await gather(planned.id)
    assert material.origins.runs == 1
    ((provenance, runs),) = material.origins.models
    assert provenance is not None
    assert (provenance.dtype, runs) == ("float32", 1)
    assert material.origins.programs[0].version == "0.1.0"
    told = {example.kind: example for example in material.examples}
    assert any(passage.kind == "drift" for passage in told["narration"].passages)
    assert told["narration"].sandbox == "bwrap: no network"
    assert told["clean"].passages == ()


async def test_of_an_unknown_experiment_there_is_no_origin() -> None:
    from sessions.origins import origins as read

    stored()
    assert read(new_id()).runs == 0
