"""One short transaction on the store, for what changes it beside the recorder."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from engine.errors import StoreError
from sessions import database


@contextmanager
def changing(path: Path, missing: str) -> Iterator[sqlite3.Connection]:
    """A transaction that waits for others to end theirs, and is durable when this is left.

    Raises `StoreError`: with `missing` where there is no store, and where it cannot be written.
    """
    with opened(path, missing, read_only=False) as connection:
        database.write_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


@contextmanager
def reading(path: Path, missing: str) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, and sees one state of the store throughout; raises likewise."""
    with opened(path, missing, read_only=True) as connection:
        connection.execute("BEGIN")
        yield connection


@contextmanager
def opened(path: Path, missing: str, *, read_only: bool) -> Iterator[sqlite3.Connection]:
    """A connection to the store, brought up to date first; raises as `changing` does."""
    if not database.is_there(path):
        raise StoreError(missing)
    database.bring_up_to_date(path)
    try:
        with closing(database.connect(path, read_only=read_only)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise database.explain(error, path) from error
