"""The store's file: told apart from anything else, made, brought up to date, and opened.

What is at the path is looked at through a read-only connection first, and nothing is written unless
it is ours and not newer than this program. A new file is made beside its place and linked into it,
so that no other process ever sees half of one.
"""

import errno
import os
import sqlite3
import stat
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from engine import folders
from engine.errors import StoreError
from sessions.schema import APPLICATION_ID, MIGRATIONS

BUSY_SECONDS = 10.0
"""How long to wait for another process that is writing."""
_AGAIN_SECONDS = 0.01


def default_path() -> Path:
    """Where the person's own sessions are recorded."""
    return folders.data() / "driftty.db"


def prepare(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """Make the store at `path` where there is none, and bring an older one up to date.

    An older one is copied to `NAME.vN.backup` first. Raises `StoreError`, with the file untouched,
    where it is not a store of ours, is damaged, is newer than this program, or cannot be written.
    """
    try:
        if not is_there(path):
            _create(path, migrations)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise _unwritable(error, path) from error
    bring_up_to_date(path, migrations)


def bring_up_to_date(path: Path, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
    """See that what is at `path` is a store this program can read; copy and migrate an older one.

    Raises `StoreError`, with the file untouched, as `prepare` does.
    """
    try:
        version = read_version(path)
        if version > len(migrations):
            raise _newer(path, version, len(migrations))
        if version < len(migrations):
            _back_up(path, version)
            _migrate(path, migrations)
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise _unwritable(error, path) from error


def is_there(path: Path) -> bool:
    """Whether anything lies at the path. Raises `StoreError` where one may not even look."""
    try:
        return path.exists()
    except OSError as error:
        raise _unreadable(error, path) from error


def read_version(path: Path) -> int:
    """The schema version of the store at `path`, read without writing anything.

    Raises `StoreError` where there is no store of ours, `sqlite3.Error` where it cannot be read.
    """
    # Never opened but by SQLite: closing any other handle on the file drops the locks that this
    # process's connections hold on it, and another process would then take the log from under them.
    # Source: https://www.sqlite.org/howtocorrupt.html, section 2.2.
    try:
        size = _readable_bytes(path)
    except OSError as error:
        raise _unreadable(error, path) from error
    if not size:
        raise StoreError(
            f"The session store {path} is an empty file: something emptied it. Restore it from a "
            "backup, or move it away to begin a new one."
        )
    try:
        application, version = _identity(path)
    except sqlite3.DatabaseError as error:
        if _code(error) != sqlite3.SQLITE_NOTADB:
            raise
        raise StoreError(
            f"{path} is not a session store, or its beginning is destroyed. `driftty sessions recover` "
            "saves what can be read of it; or move it away to begin a new one."
        ) from error
    if application != APPLICATION_ID:
        raise StoreError(
            f"{path} is a database of another program. Move it away, or choose another folder with "
            "DRIFTTY_DATA_DIR."
        )
    return version


def _identity(path: Path) -> tuple[int, int]:
    """What program a file belongs to, and which version of it."""
    with closing(connect(path, read_only=True)) as connection:
        application: int = connection.execute("PRAGMA application_id").fetchone()[0]
        version: int = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return application, version


def _readable_bytes(path: Path) -> int:
    """The size of a file that may be read, without opening it. Raises `OSError` where it may not."""
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(path, os.R_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return found.st_size


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open a connection in which transactions begin and end only where the code says so."""
    connection = sqlite3.connect(
        location(path, read_only=read_only),
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def write_ahead(connection: sqlite3.Connection) -> None:
    """Have a database written through a write-ahead log from now on, if it was not before.

    Where two begin with that at the same moment, SQLite waits for neither and says at once to one
    that the file is locked. So the waiting is done here. Raises `sqlite3.Error`.
    """
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def location(path: Path, *, read_only: bool) -> str:
    """The URI that opens an existing store and never makes one.

    In a folder that cannot be written, SQLite cannot keep the index of its write-ahead log; where
    there is no such log the file is complete and can be read as it stands.
    """
    uri = path.absolute().as_uri()
    if not read_only:
        return f"{uri}?mode=rw"
    try:
        complete = not path.with_name(f"{path.name}-wal").stat().st_size
    except FileNotFoundError:  # Whoever closes the store last folds the log in and removes it.
        complete = True
    if complete and not os.access(path.parent, os.W_OK):
        return f"{uri}?mode=ro&immutable=1"
    return f"{uri}?mode=ro"


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """What SQLite said, as a sentence that names the store and what to do."""
    match _code(error):
        case sqlite3.SQLITE_FULL:
            what = f"The disk is full: the session store {path} cannot grow. Free some space."
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM:
            what = (
                f"The session store {path} cannot be written. Give yourself the right to write it "
                "and its folder, or choose another folder with DRIFTTY_DATA_DIR."
            )
        case sqlite3.SQLITE_CANTOPEN:
            what = (
                f"The session store {path} cannot be opened. See that its folder exists and that "
                "you may read and write it, or choose another with DRIFTTY_DATA_DIR."
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            what = (
                f"The session store {path} is damaged ({error}). Nothing was changed. "
                "`driftty sessions recover` saves what can be read of it."
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            what = (
                f"The session store {path} is held by another process for more than "
                f"{BUSY_SECONDS:.0f} seconds. End it, or try again."
            )
        case sqlite3.SQLITE_IOERR:
            what = (
                f"The disk under the session store {path} failed or is full ({error}). Free some "
                "space and check the disk."
            )
        case _:
            what = f"The session store {path} failed: {error}."
    return StoreError(what)


def _code(error: sqlite3.Error) -> int:
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    return code & 0xFF


def _create(path: Path, migrations: Sequence[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _beside(path) as making:
        with closing(connect(making)) as connection:
            connection.execute("PRAGMA synchronous = FULL")
            _run(connection, 0, migrations)
        try:
            os.link(making, path)
        except FileExistsError:
            return  # Another process was first; its store is as good.
        except OSError:
            # A file system without hard links. Another process could be at this point too, and then
            # the later of two empty stores stays, before either has recorded anything.
            making.rename(path)
        _sync_folder(path.parent)


def _back_up(path: Path, version: int) -> None:
    with _beside(path) as making:
        with closing(connect(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(making),))
        with making.open("rb") as file:
            os.fsync(file.fileno())
        # Another process may have migrated it since we looked; it has made the backup, too.
        if read_version(making) == version:
            making.replace(path.with_name(f"{path.name}.v{version}.backup"))
            _sync_folder(path.parent)


@contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """An empty file in the same folder that only its owner can read, removed if it still is there."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".new")
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _migrate(path: Path, migrations: Sequence[Sequence[str]]) -> None:
    with closing(connect(path)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        # Tables are rebuilt in some migrations, which foreign keys would take for a deletion.
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("BEGIN EXCLUSIVE")
        try:
            # Another process may have done it between our look and our lock.
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version > len(migrations):
                raise _newer(path, version, len(migrations))
            _run(connection, version, migrations)
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def _run(connection: sqlite3.Connection, version: int, migrations: Sequence[Sequence[str]]) -> None:
    """Run what comes after `version` and commit; begins a transaction where none is open."""
    if not connection.in_transaction:
        connection.execute("BEGIN EXCLUSIVE")
    for migration in migrations[version:]:
        for statement in migration:
            connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {len(migrations)}")
    connection.execute("COMMIT")


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _newer(path: Path, version: int, ours: int) -> StoreError:
    return StoreError(
        f"The session store {path} was written by a newer driftty (its format is {version}, this one "
        f"knows {ours}). It was left untouched: update driftty, or choose another folder with "
        "DRIFTTY_DATA_DIR."
    )


def _unreadable(error: OSError, path: Path) -> StoreError:
    return StoreError(
        f"The session store {path} cannot be read: {error.strerror or error}. See that it is a file "
        "and that you may read it and its folder, or choose another with DRIFTTY_DATA_DIR."
    )


def _unwritable(error: OSError, path: Path) -> StoreError:
    return StoreError(
        f"The session store {path} cannot be made: {error.strerror or error}. See that its folder "
        "can be written, or choose another with DRIFTTY_DATA_DIR."
    )
