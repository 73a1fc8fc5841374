"""Who begins to write at the same moment as another waits for it, also where SQLite would not."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sessions import database
from sessions.database import write_ahead


class Refused(sqlite3.Connection):
    """Finds the database locked so many times."""

    refusals = 0

    def execute(self, *asked: Any) -> sqlite3.Cursor:
        if self.refusals:
            self.refusals -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise error
        return super().execute(*asked)


def test_who_begins_a_log_at_the_same_moment_as_another_waits_for_it(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", factory=Refused)) as connection:
        connection.refusals = 3
        write_ahead(connection)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_log_that_cannot_be_begun_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(tmp_path / "a.db", factory=Refused)) as connection:
        connection.refusals = 1_000_000
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            write_ahead(connection)
