"""Search finds what was typed, shown and thought, and its index looks after itself."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import AnyEvent, CommandSubmitted, PartClosed, ScrollbackGrew, TurnStarted
from engine.scrollback import Turn
from sessions.ids import new_id
from sessions.recorder import Recorder
from sessions.search import CLOSED, OPENED, Search
from sessions.shelf import Shelf
from tests.sessions.made import begin, end, make_session


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "driftty.db"


def record(path: Path, *sessions: Sequence[AnyEvent]) -> list[str]:
    async def run() -> list[str]:
        ids = [new_id() for _ in sessions]
        async with Recorder.open(path) as recorder:
            for session, events in zip(ids, sessions, strict=True):
                recorder.record(session, begin(session))
                for event in events:
                    recorder.record(session, event)
        return ids

    return asyncio.run(run())


def typed(command: str, output: str = "", thought: str = "") -> list[AnyEvent]:
    return [
        TurnStarted(at=1, turn=1),
        TurnStarted(at=1, turn=2),
        PartClosed(at=2, turn=2, part=0, kind="reasoning", text=thought, complete=True),
        CommandSubmitted(at=3, turn=2, command=command, by="operator"),
        ScrollbackGrew(at=4, turn=2, added=Turn(role="user", text=output, origin="shell")),
    ]


def places(path: Path, words: str) -> list[tuple[str, int, str]]:
    return [(hit.session, hit.turn, hit.kind) for hit in Search(path).find(words)]


def test_every_kind_of_text_is_found_where_it_stands(path: Path) -> None:
    (session,) = record(
        path, typed("uname -r", "6.1.0-18-amd64\nroot@box:~# ", "I ask the kernel itself.")
    )
    assert places(path, "uname") == [(session, 2, "command")]
    assert places(path, "amd64") == [(session, 2, "output")]
    assert places(path, "kernel ask") == [(session, 2, "reasoning")]
    assert places(path, "hostname then") == [(session, 0, "task")]
    assert places(path, "uname amd64") == []


def test_the_newest_session_comes_first(path: Path) -> None:
    first, second = record(path, typed("df -h"), typed("df -h /"))
    assert [place[0] for place in places(path, "df")] == [second, first]
    assert len(Search(path).find("df", limit=1)) == 1


def test_words_are_found_at_their_beginning_and_quoted_ones_as_they_are(path: Path) -> None:
    record(path, typed("x", "bash: lscpus: command not found"))
    assert places(path, "comm lscp")
    assert places(path, '"command not found"')
    assert not places(path, '"found not"')
    assert not places(path, '"comm"')


def test_the_excerpt_marks_what_was_found(path: Path) -> None:
    record(path, typed("grep -c processor /proc/cpuinfo"))
    (hit,) = Search(path).find("proc*")[:1]
    assert f"{OPENED}processor{CLOSED}" in hit.excerpt


@pytest.mark.parametrize(
    "words",
    [
        "",
        "  ",
        '"',
        '""',
        '"--"',
        "*",
        "(",
        "'",
        "NOT",
        "AND OR",
        "text:x",
        "^x",
        "a NEAR b",
        "\x00",
        "-",
    ],
)
def test_no_words_are_an_error_or_an_operator(path: Path, words: str) -> None:
    record(path, typed("ls"))
    assert places(path, words) == []


def test_what_is_recorded_later_is_found_later(path: Path) -> None:
    record(path, typed("ls"))
    assert len(places(path, "ls")) == 1
    told: list[tuple[int, int]] = []
    record(path, typed("ls -l"), typed("ls -a"))
    assert len(Search(path).find("ls", progress=lambda done, of: told.append((done, of)))) == 3
    assert told == [(0, 2)]


async def test_a_session_under_way_is_found_as_far_as_it_is(path: Path) -> None:
    session = new_id()

    async def found(words: str) -> int:
        return len(await asyncio.to_thread(Search(path).find, words))

    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))
        for event in typed("whoami"):
            recorder.record(session, event)
        await recorder.flush()
        assert await found("whoami") == 1
        recorder.record(session, CommandSubmitted(at=9, turn=3, command="id -un", by="operator"))
        recorder.record(session, end(session))
        await recorder.flush()
        assert await found("whoami") == 1
        assert await found("id") == 1


def test_what_is_in_the_trash_is_not_found_and_comes_back(path: Path) -> None:
    (session,) = record(path, typed("ls"))
    assert places(path, "ls")
    Shelf(path).delete([session])
    assert not places(path, "ls")
    Shelf(path).restore([session])
    assert places(path, "ls")
    Shelf(path).delete([session])
    Shelf(path).empty_trash()
    assert not places(path, "ls")
    with closing(sqlite3.connect(path.with_name("driftty-search.db"))) as connection:
        assert connection.execute("SELECT count(*) FROM passages").fetchone()[0] == 0


def spoil(index: Path) -> None:
    index.write_bytes(b"\xa5" * 10_000)


def truncate(index: Path) -> None:
    index.write_bytes(index.read_bytes()[:5000])


def outdate(index: Path) -> None:
    with closing(sqlite3.connect(index)) as connection:
        connection.execute("PRAGMA user_version = 99")


@pytest.mark.parametrize("harm", [Path.unlink, spoil, truncate, outdate])
def test_an_index_that_is_no_use_is_made_anew(path: Path, harm: Callable[[Path], None]) -> None:
    record(path, typed("ls"))
    assert places(path, "ls")
    index = path.with_name("driftty-search.db")
    assert index.stat().st_mode & 0o777 == 0o600
    for suffix in ("-wal", "-shm"):
        index.with_name(index.name + suffix).unlink(missing_ok=True)
    harm(index)
    assert places(path, "ls")


def test_a_damaged_event_does_not_hide_the_others(path: Path) -> None:
    record(path, typed("whoami", "root"))
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE events SET body = x'00' WHERE type = 'CommandSubmitted'")
        connection.commit()
    assert places(path, "root")


def test_many_that_search_at_once_all_find(path: Path) -> None:
    record(path, *[typed(f"ls {number}") for number in range(150)])
    found: list[int] = []
    start = threading.Barrier(4)

    def search() -> None:
        start.wait()
        found.append(len(Search(path).find("ls", limit=1000)))

    threads = [threading.Thread(target=search) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [150] * 4


def test_without_a_store_nothing_is_found_and_nothing_made(path: Path) -> None:
    assert places(path, "ls") == []
    assert list(path.parent.iterdir()) == []


def test_a_store_that_is_none_is_an_error(path: Path) -> None:
    path.write_text("dear diary")
    with pytest.raises(StoreError, match="not a session store"):
        places(path, "ls")


def test_made_sessions_can_be_found(path: Path) -> None:
    record(path, make_session("x")[1:])
    assert {place[2] for place in places(path, "hostname")} >= {"command", "note", "task"}


def test_an_index_that_cannot_be_made_is_a_sentence(path: Path) -> None:
    record(path, make_session("a"))
    index = path.with_name("driftty-search.db")
    index.symlink_to(path.parent / "nowhere" / "at-all.db")
    with pytest.raises(StoreError, match=r"index for searching sessions, .* cannot be written"):
        Search(path).find("a")
