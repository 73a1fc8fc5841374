"""Runs in a list say which arm of their experiment they are of."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from engine.errors import StoreError
from engine.experiment import Cell, Condition, Experiment
from engine.start import Start
from sessions.experiments import Experiments
from sessions.kept import Placement
from sessions.library import Library
from sessions.listing import Count, Key, Listing
from sessions.summary import Query, Summary
from tests.sessions.madeexperiments import make_experiment, make_kept
from tests.sessions.many import fill


def forks(path: Path, conditions: tuple[Condition, ...]) -> tuple[str, list[str]]:
    """An experiment of one config under several conditions, a run of each; its id and theirs."""
    made = make_experiment()
    experiment: Experiment = msgspec.structs.replace(
        made,
        configs=(made.configs[0],) * len(conditions),
        tasks=made.tasks[:1],
        n=1,
        conditions=conditions,
    )
    ids = fill(path, len(conditions) + 1, events=3)
    kept = Experiments(path)
    kept.begin(experiment, Placement())
    kept.add(
        experiment.id,
        [make_kept(Cell(arm, 0, 0), "drift", session=ids[arm]) for arm in range(len(conditions))],
    )
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE sessions SET experiment = ? WHERE id <> ?", (experiment.id, ids[-1]))
        store.commit()
    return experiment.id, ids


def start(change: str) -> Start:
    return Start(session="parent", turn=3, turns=(), numbers=(), change=change)


async def test_each_run_of_forks_says_what_was_done_in_it(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    changes = ("rewind at 3", "mask at 3")
    id_, ids = forks(path, tuple(Condition(start=start(change)) for change in changes))
    async with Library.open(path) as library:
        found = {one.id: one.arm for one in await library.sessions()}
        assert found == {ids[0]: "rewind at 3", ids[1]: "mask at 3", ids[2]: ""}
        assert (await library.find(ids[1])).arm == "mask at 3"
        listing = Listing(library)
        keys = (await listing.listed(Query(experiment=id_), unfolded=[1])).keys
        rows = await listing.rows([key for key in keys if key.kind == "run"])
        told = {row.id: row.arm for row in rows.values() if isinstance(row, Summary)}
        assert told == {ids[0]: "rewind at 3", ids[1]: "mask at 3"}


async def test_the_counts_of_an_experiment_tell_arms_of_one_config_apart(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    forks(path, (Condition(temperature=0.2), Condition(temperature=1.1)))
    async with Library.open(path) as library:
        counts = await Listing(library).counts(1)
        config = make_experiment().configs[0].name
        assert counts == [
            Count(f"{config} · T 0.2", 0, 1, 1), Count(f"{config} · T 1.1", 0, 1, 1)
        ]  # fmt: skip
        assert await Listing(library).rows([Key(kind="trial", number=1)])


async def test_a_run_that_counts_for_no_arm_says_what_was_done_otherwise_in_it(
    tmp_path: Path,
) -> None:
    path = tmp_path / "driftty.db"
    id_, ids = forks(path, (Condition(start=start("rewind at 3")),))
    with closing(sqlite3.connect(path)) as store:
        store.execute(
            "UPDATE sessions SET experiment = ?, spec = json_set(spec, '$.start',"
            ' json(\'{"session": "parent", "turn": 3, "change": "anchor at 2"}\'))'
            " WHERE id = ?",
            (id_, ids[1]),
        )
        store.commit()
    async with Library.open(path) as library:
        row = await library.find(ids[1])
    assert (row.arm, row.change, row.parent_turn) == ("anchor at 2", "anchor at 2", 3)


async def test_a_damaged_experiment_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    _, ids = forks(path, (Condition(start=start("rewind at 3")),))
    with closing(sqlite3.connect(path)) as store:
        store.execute("UPDATE experiments SET document = json_remove(document, '$.seed')")
        store.commit()
    async with Library.open(path) as library:
        with pytest.raises(StoreError, match=r"damaged.*driftty sessions recover"):
            await library.find(ids[0])
