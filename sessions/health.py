"""Whether the store works, really tried."""

import asyncio
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from engine.errors import StoreError
from sessions import database
from sessions.library import Library
from sessions.schema import SCHEMA_VERSION

CHECKED_BYTES = 256 * 1024 * 1024
"""A larger store is not read through: that is what `driftty sessions check` is for."""


async def describe_store(path: Path | None = None) -> str:
    """How the store is, in a clause. Raises `StoreError` where it cannot be used.

    Checks that it is ours, that it can be written, and, up to 256 MB, that it is sound.
    """
    path = path or database.default_path()
    if not database.is_there(path):
        return await asyncio.to_thread(_describe_folder, path)
    async with Library.open(path) as library:
        recorded = await library.count()
    size = path.stat().st_size
    checked = await asyncio.to_thread(_check, path, size)
    plural = "" if recorded == 1 else "s"
    return (
        f"{recorded} session{plural}, {size / 1e6:.1f} MB, {checked}, format {SCHEMA_VERSION}, "
        f"SQLite {sqlite3.sqlite_version}: {path}"
    )


def _describe_folder(path: Path) -> str:
    there = next(parent for parent in path.absolute().parents if parent.exists())
    try:
        # Tried, not asked for: root is told yes where a file system has no place for files.
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise StoreError(
            f"The session store {path} cannot be made: {there} cannot be written "
            f"({error.strerror}). Give yourself the right to, or choose another folder with "
            "DRIFTTY_DATA_DIR."
        ) from error
    return f"nothing recorded yet; sessions will go to {path}"


def _check(path: Path, size: int) -> str:
    try:
        with closing(database.connect(path)) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("UPDATE sessions SET note = note WHERE number = -1")
            connection.execute("ROLLBACK")
            if size > CHECKED_BYTES:
                return "writable"
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise database.explain(error, path) from error
    if found != "ok":
        raise StoreError(
            f"The session store {path} is damaged ({found}). Move it away, or restore a backup."
        )
    return "writable, sound"
