"""Of a damaged store, experiments are saved with what their cells came to."""

from pathlib import Path

import msgspec
import pytest

from engine.errors import StoreError
from engine.experiment import cells
from sessions.experiments import Experiments, Kept, Placement, Stretch
from sessions.salvage import salvage
from sessions.salvageexperiments import salvage_experiments
from tests.sessions.freeze import FROZEN
from tests.sessions.madeexperiments import make_experiment, make_kept

PAGE = 4096
STRETCH = Stretch(
    model="m",
    weights="ab",
    device="cpu",
    dtype="float32",
    version="0.1.0",
    began="2026-01-02T03:04:05+00:00",
    at_once=8,
)


def filled(path: Path) -> dict[str, Kept]:
    """Two experiments: one with many runs and a long document, and one without any."""
    experiments = Experiments(path)
    large = make_experiment("6ahx", n=200)
    config = msgspec.structs.replace(large.configs[0], source="# a seed\n" * 4000)
    large = msgspec.structs.replace(large, configs=(config, large.configs[1]))
    experiments.begin(large, Placement(factorial="operator"))
    place = experiments.set_out(large.id, STRETCH)
    runs = [
        make_kept(cell, "drift" if cell.config else "clean", session=f"s{at}")
        for at, cell in enumerate(cells(large))
    ]
    experiments.add(large.id, [make_kept(next(cells(large)), "fault")], place, 1.0)
    for start in range(0, 600, 50):
        experiments.add(large.id, runs[start : start + 50], place, float(start))
    experiments.drop(large.id, {1})
    experiments.leave(large.id)
    experiments.begin(make_experiment("6ahy"), Placement())
    experiments.leave("6ahy")
    return {id_: experiments.read(id_) for id_ in ("6ahx", "6ahy")}


def test_of_a_sound_store_experiments_are_saved_whole(tmp_path: Path) -> None:
    path, saved = tmp_path / "driftty.db", tmp_path / "saved.db"
    before = filled(path)
    told = salvage_experiments(path, saved)
    assert [(one.experiment, one.runs) for one in told] == [("6ahx", 600), ("6ahy", 0)]
    after = Experiments(saved)
    assert {id_: after.read(id_) for id_ in before} == before
    assert next(after.take_up("6ahx").missing()) == list(cells(before["6ahx"].experiment))[600]


def test_where_the_tree_is_destroyed_what_is_in_the_other_pages_is_saved(tmp_path: Path) -> None:
    path, saved = tmp_path / "driftty.db", tmp_path / "saved.db"
    before = filled(path)
    content = bytearray(path.read_bytes())
    content[:PAGE] = b"\xa5" * PAGE
    gone = content.index(b"s300") // PAGE * PAGE
    content[gone : gone + PAGE] = b"\xa5" * PAGE
    path.write_bytes(content)
    told = {one.experiment: one.runs for one in salvage_experiments(path, saved)}
    assert 0 < told["6ahx"] < 600
    kept = Experiments(saved).read("6ahx")
    assert set(kept.runs) <= set(before["6ahx"].runs)
    assert kept.experiment == before["6ahx"].experiment


def test_an_older_store_gives_its_experiments_too(tmp_path: Path) -> None:
    saved = tmp_path / "saved.db"
    salvage(FROZEN / "v3.db", saved)
    (told,) = salvage_experiments(FROZEN / "v3.db", saved)
    assert told.runs == 2
    experiments = Experiments(saved)
    kept = experiments.read("last")
    assert [run.tries for run in kept.runs] == [1, 2]
    assert experiments.of_session(kept.runs[0].result.session) == kept.experiment.id


def test_an_experiment_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    before = filled(path)
    experiments = Experiments(path)
    assert not experiments.bring_in(msgspec.structs.replace(before["6ahx"], runs=()))
    assert experiments.read("6ahx") == before["6ahx"]


def test_what_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read"):
        salvage_experiments(tmp_path / "nothing.db", tmp_path / "saved.db")
