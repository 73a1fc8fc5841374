"""What the library says of what was recorded."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import DriftSeen, StageTimed, TurnStarted
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.summary import Query
from tests.sessions.made import PROVENANCE, begin, end, make_session, make_spec, token


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "driftty.db"


@pytest.fixture
async def library(path: Path) -> AsyncIterator[Library]:
    """Three whole sessions: two configs of one seed, and another seed."""
    async with Recorder.open(path) as recorder:
        for config, task in (
            ("operator+history", "hostname"),
            ("operator+exit", "Count the FILES"),
            ("bare", "hostname"),
        ):
            session = new_id()
            events = make_session(session)
            recorder.record(session, begin(session, make_spec(config, task)))
            for event in events[1:]:
                recorder.record(session, event)
    async with Library.open(path) as opened:
        yield opened


async def test_a_summary_says_what_the_events_say(library: Library) -> None:
    summary = (await library.sessions())[-1]
    assert summary.outcome == "drift"
    assert (summary.config, summary.seed) == ("operator+history", "operator")
    assert summary.config_hash == make_spec().config.hash
    assert (summary.model, summary.task) == ("smollm2-135m", "hostname")
    assert (summary.turns, summary.tokens, summary.took) == (2, 22, 10**9)
    assert (summary.drift_turn, summary.drift_kind) == (2, "narration")
    assert (summary.operated, summary.exited, summary.done) == (False, False, False)
    assert summary.why == "it narrated"
    assert summary.began == "2026-01-02T03:04:05.678+00:00"
    assert summary.events == len(make_session(summary.id))
    assert summary.bytes > 0
    assert summary.tags == ()


async def test_the_last_recorded_comes_first_and_pages_follow(library: Library) -> None:
    everything = [summary.config for summary in await library.sessions()]
    assert everything == ["bare", "operator+exit", "operator+history"]
    pages = [(await library.sessions(limit=1, offset=at))[0].config for at in range(3)]
    assert pages == everything
    assert await library.sessions(limit=10, offset=3) == []


@pytest.mark.parametrize(
    ("query", "configs"),
    [
        (Query(config="bare"), ["bare"]),
        (Query(config="operator"), ["operator+exit", "operator+history"]),
        (Query(config="operator+exit"), ["operator+exit"]),
        (Query(task="files"), ["operator+exit"]),
        (Query(outcome="drift", config="bare"), ["bare"]),
        (Query(outcome="clean"), []),
        (Query(model="smollm2-135m"), ["bare", "operator+exit", "operator+history"]),
        (Query(model="another"), []),
        (Query(tag="baseline"), []),
    ],
)
async def test_a_query_narrows(library: Library, query: Query, configs: list[str]) -> None:
    assert [summary.config for summary in await library.sessions(query)] == configs
    assert await library.count(query) == len(configs)


async def test_tags_are_told_and_found(library: Library, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("INSERT INTO tags SELECT number, 'baseline' FROM sessions LIMIT 1")
        connection.commit()
    (tagged,) = await library.sessions(Query(tag="baseline"))
    assert tagged.tags == ("baseline",)


async def test_an_id_is_found_by_its_beginning_as_people_type_it(library: Library) -> None:
    newest, _, oldest = await library.sessions()
    assert await library.find("last") == newest
    assert await library.find(oldest.id) == oldest
    assert await library.find(f" {oldest.id.upper()} ") == oldest
    with pytest.raises(StoreError, match="More than one"):
        await library.find(oldest.id[:2])
    for unknown in ("zzzz", "", "%"):
        with pytest.raises(StoreError, match="No session's id begins with"):
            await library.find(unknown)


async def test_reading_can_begin_anywhere_and_be_narrowed(library: Library) -> None:
    session = (await library.find("last")).id
    whole = make_session(session)
    assert [event async for event in library.events(session, start=10)] == whole[10:]
    assert [event async for event in library.events(session, start=1000)] == []
    assert [event async for event in library.events(session, only=("StageTimed", "DriftSeen"))] == [
        event for event in whole if isinstance(event, StageTimed | DriftSeen)
    ]


async def test_what_was_asked_and_who_answered_are_kept_in_full(library: Library) -> None:
    session = (await library.find("last")).id
    assert await library.spec(session) == make_spec("bare")
    assert await library.provenance(session) == PROVENANCE


async def test_a_seed_s_text_is_kept_once_and_in_full(library: Library, path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        seeds = connection.execute("SELECT text FROM seeds").fetchall()
        configs = connection.execute("SELECT count(*) FROM configs").fetchone()[0]
    assert seeds == [('name = "operator"\n',)]
    assert configs == 3


async def test_a_session_under_way_is_recording_and_says_how_far_it_is(path: Path) -> None:
    session = new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        recorder.record(session, TurnStarted(at=5, turn=3))
        recorder.record(
            session, DriftSeen(at=6, turn=3, kind="chat", line="Sure!", why="a greeting")
        )
        await recorder.flush()
        async with Library.open(path) as library:
            summary = await library.find("last")
            assert (summary.outcome, summary.turns) == ("recording", 3)
            assert (summary.drift_turn, summary.drift_kind) == (3, "chat")
            assert summary.operated is None
            assert await library.provenance(session) is None
            recorder.record(session, end(session))
            await recorder.flush()
            assert (await library.find("last")).outcome == "drift"


async def test_a_session_is_followed_while_it_is_recorded(path: Path) -> None:
    session = new_id()
    async with Recorder.open(path) as recorder, Library.open(path) as early:
        assert await early.sessions() == []
        recorder.record(session, begin(session))
        await recorder.flush()
        async with Library.open(path) as library:
            seen = [event async for event in library.events(session)]
            recorder.record(session, token(7))
            await recorder.flush()
            seen += [event async for event in library.events(session, start=len(seen))]
            assert seen == [begin(session), token(7)]


async def test_lost_events_are_an_error_not_a_gap(library: Library, path: Path) -> None:
    session = (await library.find("last")).id
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("DELETE FROM events WHERE seq = 7")
        connection.commit()
    with pytest.raises(StoreError, match="number 7 is missing"):
        [event async for event in library.events(session)]


async def test_an_event_this_version_does_not_know_is_an_error(
    library: Library, path: Path
) -> None:
    session = (await library.find("last")).id
    with closing(sqlite3.connect(path)) as connection:
        body = b"\x82\xa4type\xa9NotYetSee\xa2at\x01"
        connection.execute("UPDATE events SET packing = 0, body = ? WHERE seq = 3", (body,))
        connection.commit()
    with pytest.raises(StoreError, match="Update driftty"):
        [event async for event in library.events(session)]


async def test_the_newest_of_ten_thousand_sessions_cost_what_those_of_a_thousand_do(
    path: Path,
) -> None:
    steps = 0

    def step() -> None:
        nonlocal steps
        steps += 1

    async def record(count: int) -> None:
        async with Recorder.open(path) as recorder:
            for number in range(count):
                session = new_id()
                recorder.record(session, begin(session, make_spec(f"operator+{number % 7}")))
                recorder.record(session, end(session))
                await recorder.room()

    async def cost() -> int:
        """Steps of SQLite's virtual machine."""
        nonlocal steps
        async with Library.open(path) as library:
            assert library._connection is not None
            await library._connection.set_progress_handler(step, 1)
            steps = 0
            assert len(await library.sessions(limit=100)) == 100
        return steps

    await record(1_000)
    few = await cost()
    assert few > 100
    await record(9_000)
    assert await cost() < 1.2 * few
    async with Library.open(path) as library:
        assert await library.count() == 10_000
        assert await library.count(Query(config="operator+3", outcome="drift")) == 1429
        assert len(await library.sessions(limit=20_000)) == 10_000
