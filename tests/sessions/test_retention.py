"""Recordings removed by age and size: only where asked, the oldest, and never what is marked."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sessions import database
from sessions.experiments import Experiments
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.retention import Due, Plan, Rules, carry_out, plan
from sessions.shelf import Shelf
from tests.sessions.made import begin, token
from tests.sessions.many import experiment_of, fill

NOW = datetime(2026, 3, 1, tzinfo=UTC)
"""The first nine hundred of `fill` are of January, thirty a day."""


def due(rules: Rules, path: Path) -> list[str]:
    return [one.id for one in plan(rules, path, NOW).due]


async def left(path: Path) -> set[str]:
    async with Library.open(path) as library:
        return {one.id for one in await library.sessions(limit=1000)}


def test_without_rules_nothing_is_due(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    fill(path, 5)
    assert not Rules()
    assert plan(Rules(), path, NOW) == Plan((), 0, 0)
    assert plan(Rules(days=1), tmp_path / "missing.db", NOW).due == ()


def test_what_is_older_goes_and_what_is_marked_stays(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 6, events=3)
    recent = fill(path, 2, events=3, first=1500)  # of February
    Shelf(path).tag(ids[1], ["baseline"])
    Shelf(path).annotate(ids[2], "the one")
    found = plan(Rules(days=40), path, NOW)
    assert [one.id for one in found.due] == [ids[0], *ids[3:]]
    assert (found.kept, found.protected) == (4, 2)
    assert {one.why for one in found.due} == {"older than 40 days"}
    assert not set(recent) & {one.id for one in found.due}


def test_the_oldest_go_until_the_rest_fits(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 300)
    with closing(database.connect(path, read_only=True)) as connection:
        sizes = dict(connection.execute("SELECT id, bytes FROM sessions").fetchall())
    assert sum(sizes.values()) > 10**6
    Shelf(path).tag(ids[0], ["baseline"])
    found = due(Rules(megabytes=1), path)
    assert found == ids[1 : len(found) + 1]
    rest = sum(sizes.values()) - sum(sizes[one] for one in found)
    assert rest <= 10**6 < rest + sizes[found[-1]]


async def test_what_is_carried_out_is_what_was_planned_less_what_was_marked_since(
    tmp_path: Path,
) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 50, events=3)
    planned = plan(Rules(days=1), path, NOW)
    Shelf(path).tag(ids[7], ["late"])
    assert carry_out(planned, path) == 49
    assert await left(path) == {ids[7]}


async def test_it_can_be_ended_between_two_batches(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    fill(path, 50, events=3)
    assert carry_out(plan(Rules(days=1), path, NOW), path, lambda gone: gone < 20) == 20
    assert len(await left(path)) == 30


async def test_what_is_being_recorded_stays(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    async with Recorder.open(path) as recorder:
        recorder.record("s", begin("s"))
        recorder.record("s", token(1))
        await recorder.flush()
        assert due(Rules(days=1), path) == []
        assert carry_out(Plan((Due("s", "", 0, ""),), 0, 0), path) == 0
        assert await left(path) == {"s"}


async def test_runs_of_an_experiment_under_way_stay_and_its_counts_always(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 4, events=3)
    experiment = experiment_of(path, ids)
    kept = Experiments(path)
    kept.take_up(experiment)
    assert due(Rules(days=1), path) == []
    kept.leave(experiment)
    assert carry_out(plan(Rules(days=1), path, NOW), path) == 4
    assert await left(path) == set()
    assert len(kept.read(experiment).runs) == 4


@pytest.mark.parametrize("began", ["2031-01-01T00:00:00+00:00", "no time at all"])
def test_a_recording_without_an_age_has_none(tmp_path: Path, began: str) -> None:
    path = tmp_path / "driftty.db"
    fill(path, 1, events=3)
    with closing(database.connect(path)) as connection:
        connection.execute("UPDATE sessions SET began = ?", (began,))
    assert due(Rules(days=1), path) == []
