"""What lies at the store's path decides what happens, and nothing of another's is ever written."""

import asyncio
import hashlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from engine.errors import StoreError
from engine.events import SessionStarted
from sessions import database
from sessions.database import bring_up_to_date, prepare, read_version
from sessions.ids import new_id
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.schema import MIGRATIONS, SCHEMA_VERSION
from sessions.soundness import find_damage
from tests.sessions.made import begin, make_session

NOBODY = 65534


def fingerprint(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def set_version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")


def make_text(path: Path) -> None:
    path.write_text("dear diary\n" * 50)


def make_foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE theirs (a)")
        connection.commit()


def make_corrupt(path: Path) -> None:
    prepare(path)
    content = bytearray(path.read_bytes())
    content[100:4096] = b"\xa5" * 3996
    path.write_bytes(content)


def make_truncated(path: Path) -> None:
    prepare(path)
    path.write_bytes(path.read_bytes()[:5000])


def make_newer(path: Path) -> None:
    prepare(path)
    set_version(path, SCHEMA_VERSION + 1)


UNUSABLE: dict[str, tuple[Callable[[Path], None], str]] = {
    "empty": (lambda path: path.touch(), "empty file"),
    "text": (make_text, "not a session store"),
    "foreign": (make_foreign, "another program"),
    "corrupt": (make_corrupt, "damaged"),
    "truncated": (make_truncated, "damaged"),
    "newer": (make_newer, "newer driftty"),
    "folder": (lambda path: path.mkdir(), "cannot be read"),
}


@pytest.mark.parametrize("kind", UNUSABLE)
async def test_what_is_no_store_of_ours_is_named_and_left_as_it_was(
    tmp_path: Path, kind: str
) -> None:
    make, says = UNUSABLE[kind]
    path = tmp_path / "driftty.db"
    make(path)
    before = fingerprint(path) if path.is_file() else ""
    with pytest.raises(StoreError, match=says) as raised:
        async with Recorder.open(path):
            pass
    assert str(path) in str(raised.value)
    with pytest.raises(StoreError, match=says):
        async with Library.open(path):
            pass
    if before:
        assert fingerprint(path) == before
    assert names(tmp_path) == {"driftty.db"}


async def test_a_newer_store_with_an_unfinished_log_stays_byte_identical(tmp_path: Path) -> None:
    """The last to close a store folds its log into it, which here would be to change it."""
    original, path = tmp_path / "original.db", tmp_path / "driftty.db"
    prepare(original)
    with closing(sqlite3.connect(original)) as writing:
        writing.execute("PRAGMA journal_mode = WAL")
        writing.execute("CREATE TABLE later (a)")
        writing.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 7}")
        for suffix in ("", "-wal"):
            path.with_name(path.name + suffix).write_bytes(
                original.with_name(original.name + suffix).read_bytes()
            )
    log = path.with_name(path.name + "-wal")
    before = fingerprint(path), fingerprint(log)
    with pytest.raises(StoreError, match="newer"):
        async with Recorder.open(path):
            pass
    assert (fingerprint(path), fingerprint(log)) == before


def test_a_new_store_is_whole_private_and_of_the_current_version(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "driftty.db"
    prepare(path)
    assert read_version(path) == SCHEMA_VERSION
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


def test_preparing_twice_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    prepare(path)
    before = fingerprint(path)
    prepare(path)
    assert fingerprint(path) == before


def test_many_that_make_it_at_once_make_one(tmp_path: Path) -> None:
    path, failures = tmp_path / "driftty.db", list[BaseException]()
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        try:
            prepare(path)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read_version(path) == SCHEMA_VERSION
    assert list(tmp_path.iterdir()) == [path]


LATER = (
    *MIGRATIONS,
    (
        "ALTER TABLE sessions ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm'",
        "CREATE TABLE later (a)",
    ),
)
BROKEN = (*MIGRATIONS, ("CREATE TABLE later (a)", "CREATE TABLE later (a)"))


async def test_an_older_store_is_backed_up_and_migrated_with_its_sessions(tmp_path: Path) -> None:
    path, session = tmp_path / "driftty.db", new_id()
    async with Recorder.open(path) as recorder:
        for event in make_session(session):
            recorder.record(session, event)
    bring_up_to_date(path, LATER)
    assert read_version(path) == SCHEMA_VERSION + 1
    backup = tmp_path / f"driftty.db.v{SCHEMA_VERSION}.backup"
    assert read_version(backup) == SCHEMA_VERSION
    assert backup.stat().st_mode & 0o777 == 0o600
    for file in (path, backup):
        with closing(sqlite3.connect(file)) as connection:
            assert connection.execute("SELECT count(*) FROM events").fetchone()[0] == len(
                make_session(session)
            )
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"


@pytest.mark.parametrize("version", range(1, SCHEMA_VERSION))
async def test_a_store_of_every_older_version_opens_with_all_its_sessions(
    tmp_path: Path, version: int
) -> None:
    """`frozen/vN.db` was written by the code of that version and is never made anew."""
    path = tmp_path / "driftty.db"
    frozen = Path(__file__).parent / "frozen" / f"v{version}.db"
    path.write_bytes(await asyncio.to_thread(frozen.read_bytes))
    async with Library.open(path) as library:
        whole, broken = await library.sessions()
        assert (whole.outcome, broken.outcome) == ("drift", "interrupted")
        for summary in (whole, broken):
            assert await find_damage(library, summary.id) == ""
            events = [event async for event in library.events(summary.id)]
            assert isinstance(events[0], SessionStarted)
            assert len(events) == summary.events == (60 if summary is whole else 59)
    assert read_version(path) == SCHEMA_VERSION
    async with Recorder.open(path) as recorder:
        session = new_id()
        recorder.record(session, begin(session))


def test_a_migration_that_breaks_leaves_the_older_store(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    prepare(path)
    with pytest.raises(StoreError, match="already exists"):
        bring_up_to_date(path, BROKEN)
    assert read_version(path) == SCHEMA_VERSION
    with closing(sqlite3.connect(path)) as connection:
        tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    assert "later" not in tables


def test_many_that_migrate_at_once_migrate_once(tmp_path: Path) -> None:
    path, failures = tmp_path / "driftty.db", list[BaseException]()
    prepare(path)
    start = threading.Barrier(4)

    def migrate() -> None:
        start.wait()
        try:
            bring_up_to_date(path, LATER)
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=migrate) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert read_version(path) == SCHEMA_VERSION + 1


def test_no_room_for_the_backup_means_no_migration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "driftty.db"
    prepare(path)
    before = fingerprint(path)

    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(database, "_back_up", no_room)
    with pytest.raises(StoreError, match="No space left"):
        bring_up_to_date(path, LATER)
    assert fingerprint(path) == before


# Everything is imported first: once it is another user, it may not reach Python's own folder.
LIST_AND_RECORD = """
import asyncio, concurrent.futures.thread, os, sys, urllib.parse
from pathlib import Path
from engine.errors import StoreError
from engine.events import SessionStarted
from sessions.library import Library
from sessions.recorder import Recorder
os.setuid(int(sys.argv[2]))
async def main(path):
    try:
        async with Library.open(path) as library:
            found = await library.sessions()
            print("listed", len(found), [e.at async for e in library.events(found[0].id)])
    except StoreError as error:
        print("refused:", error)
    try:
        async with Recorder.open(path): print("recorded")
    except StoreError as error:
        print("refused:", error)
asyncio.run(main(Path(sys.argv[1])))
"""


async def record_one(path: Path) -> None:
    session = new_id()
    async with Recorder.open(path) as recorder:
        recorder.record(session, begin(session))


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can get to, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)
        Path(name).chmod(0o755)


def as_somebody(path: Path) -> str:
    """What one who is not root gets to see of a store."""
    uid = NOBODY if os.getuid() == 0 else os.getuid()
    ran = subprocess.run(
        [sys.executable, "-c", LIST_AND_RECORD, str(path), str(uid)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_a_folder_that_cannot_be_written_can_still_be_read(open_folder: Path) -> None:
    path = open_folder / "driftty.db"
    asyncio.run(record_one(path))
    path.chmod(0o444)
    open_folder.chmod(0o555)
    told = as_somebody(path)
    assert "listed 1 [0]" in told
    assert "refused: The session store" in told
    assert "cannot be written" in told or "cannot be opened" in told


def test_a_folder_that_cannot_be_entered_is_a_sentence(open_folder: Path) -> None:
    path = open_folder / "driftty.db"
    asyncio.run(record_one(path))
    open_folder.chmod(0o000)
    assert as_somebody(path).count("cannot be read: Permission denied") == 2


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="cannot be made"):
        prepare(tmp_path / "file" / "driftty.db")


async def test_a_store_that_is_missing_reads_as_empty_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "driftty.db"
    async with Library.open(path) as library:
        assert await library.sessions() == []
        assert await library.count() == 0
        with pytest.raises(StoreError, match="No session is recorded yet"):
            await library.find("last")
    assert not path.exists()


def test_looking_at_the_version_leaves_the_locks_of_this_process_in_place(tmp_path: Path) -> None:
    store = tmp_path / "driftty.db"
    database.prepare(store)
    with closing(database.connect(store)) as recording:
        recording.execute("PRAGMA journal_mode = WAL")
        recording.execute("INSERT INTO losses (session, events, head) VALUES ('a', 1, x'00')")
        database.bring_up_to_date(store)
        # The last to close a store folds its log in and deletes it: this process must not seem gone.
        other = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute('SELECT * FROM losses')"
        subprocess.run([sys.executable, "-c", other, str(store)], check=True, timeout=60)
        assert store.with_name("driftty.db-wal").exists()


def test_a_log_that_goes_while_it_is_looked_at_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last connection to close removes it, at any moment."""
    path = tmp_path / "driftty.db"
    prepare(path)
    log = tmp_path / "driftty.db-wal"
    log.write_bytes(b"something")
    real = Path.exists

    def exists(looked_at: Path) -> bool:
        there = real(looked_at)
        if looked_at == log:
            log.unlink(missing_ok=True)
        return there

    monkeypatch.setattr(Path, "exists", exists)
    assert database.location(path, read_only=True).endswith("mode=ro")
