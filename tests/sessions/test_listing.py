"""Lists of sessions and experiments: keys at once, rows by the page, what an excerpt is made of."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, DriftSeen, TurnStarted
from sessions.library import Library
from sessions.listing import Count, Key, Listing, Trial
from sessions.shelf import Shelf
from sessions.summary import Order, Query, Summary
from tests.sessions.many import experiment_of, fill


async def keys(path: Path, **how: object) -> list[Key]:
    async with Library.open(path) as library:
        return (await Listing(library).listed(**how)).keys  # type: ignore[arg-type]  # as `listed` takes them


async def test_sessions_come_in_order_and_rows_by_their_keys(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 7, events=3)
    found = await keys(path)
    assert [key.kind for key in found] == ["session"] * 7
    async with Library.open(path) as library:
        rows = await Listing(library).rows(found[2:4])
        assert [row.id for row in rows.values()] in ([ids[4], ids[3]], [ids[3], ids[4]])
        assert rows[found[2]].id == ids[4]
        assert await Listing(library).rows([]) == {}
        gone = Key(kind="session", number=999)
        assert await Listing(library).rows([gone]) == {}


@pytest.mark.parametrize("down", [True, False])
async def test_what_has_no_value_is_last_either_way(tmp_path: Path, down: bool) -> None:
    path = tmp_path / "driftty.db"
    fill(path, 10, events=3)
    async with Library.open(path) as library:
        found = await library.sessions(order=Order("drift", down))
    turns = [one.drift_turn for one in found]
    there = [turn for turn in turns if turn is not None]
    assert there == sorted(there, reverse=down)
    assert turns[len(there) :] == [None] * (10 - len(there))


async def test_an_experiment_stands_where_the_first_of_its_runs_would(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 8, events=3)
    experiment = experiment_of(path, ids[3:6], 5)
    found = await keys(path)
    assert [key.kind for key in found] == ["session"] * 2 + ["trial"] + ["session"] * 3
    assert found[2].runs == 3
    unfolded = await keys(path, unfolded=[found[2].number])
    assert [key.kind for key in unfolded][2:6] == ["trial", "run", "run", "run"]
    async with Library.open(path) as library:
        listing = Listing(library)
        (row,) = (await listing.rows([found[2]])).values()
        assert isinstance(row, Trial)
        assert (row.id, row.clean, row.drift, row.finished, row.planned) == (experiment, 2, 1, 3, 5)
        assert await listing.counts(found[2].number) == [Count(row.configs[0], 2, 1, 3)]
        assert set(await listing.sessions_of([found[2].number], Query())) == set(ids[3:6])


async def test_an_experiment_that_has_only_begun_is_listed_unless_something_is_asked(
    tmp_path: Path,
) -> None:
    path = tmp_path / "driftty.db"
    fill(path, 1, events=3)
    experiment_of(path, [])
    assert [key.kind for key in await keys(path)] == ["trial", "session"]
    assert [key.kind for key in await keys(path, query=Query(task="hostname"))] == ["session"]


async def test_the_list_says_how_much_there_is_and_what_of_it_is_trash(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    ids = fill(path, 4, events=3)
    Shelf(path).delete(ids[:1])
    async with Library.open(path) as library:
        listed = await Listing(library).listed()
        (trashed,) = await library.sessions(Query(trash=True))
        everything = sum(one.bytes for one in await library.sessions()) + trashed.bytes
    assert (listed.sessions, listed.disk, listed.tagged) == (3, (everything, trashed.bytes), False)
    Shelf(path).annotate(ids[2], "the one")
    async with Library.open(path) as library:
        assert (await Listing(library).listed()).tagged


async def test_nothing_is_listed_where_nothing_was_recorded(tmp_path: Path) -> None:
    async with Library.open(tmp_path / "driftty.db") as library:
        listing = Listing(library)
        assert (await listing.listed()).keys == []
        assert await listing.last_events("x", ("TurnStarted",), 5) == []


async def test_an_excerpt_ends_with_the_turn_that_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    (session,) = fill(path, 1)

    async def excerpt(most: int, turn: int | None) -> list[AnyEvent]:
        async with Library.open(path) as library:
            return await Listing(library).last_events(
                session, ("TurnStarted", "DriftSeen"), most, turn
            )

    whole = await excerpt(100, None)
    assert [type(one) for one in whole] == [TurnStarted, TurnStarted, DriftSeen]
    assert await excerpt(100, 2) == whole
    assert await excerpt(100, 1) == whole[:1]
    assert await excerpt(2, None) == whole[1:]


async def test_a_row_of_the_list_is_the_session_s_summary(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    (session,) = fill(path, 1)
    async with Library.open(path) as library:
        (row,) = (await Listing(library).rows(await keys(path))).values()
        assert isinstance(row, Summary)
        assert row == await library.find(session)


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        ("UPDATE sessions SET turns = 'many'", "session"),
        (
            "UPDATE experiments SET document = json_set(document, '$.configs[0].name', 7)",
            "experiment",
        ),
        ("UPDATE experiments SET document = 'nothing'", "malformed"),
    ],
)
async def test_a_row_that_no_longer_makes_sense_is_a_sentence(
    tmp_path: Path, harm: str, said: str
) -> None:
    path = tmp_path / "driftty.db"
    experiment_of(path, fill(path, 3, events=3))
    fill(path, 1, events=3)
    found = await keys(path)
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(harm)
    assert [key.kind for key in found] == ["session", "trial"]
    with pytest.raises(StoreError, match=said):
        async with Library.open(path) as library:
            await Listing(library).rows(found)
