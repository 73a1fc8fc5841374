"""`driftty sessions check` and `recover`."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import driftty
from engine.errors import StoreError
from sessions.database import default_path
from tests.console.cli.test_sessions import record
from tests.sessions.made import make_session


def run(*arguments: str) -> Result:
    return CliRunner().invoke(driftty, ["sessions", *arguments], catch_exceptions=False)


def change(statement: str) -> None:
    with closing(sqlite3.connect(default_path())) as connection:
        connection.execute(statement)
        connection.commit()


def test_whole_recordings_pass() -> None:
    record(make_session("a"), make_session("b"))
    checked = run("check")
    assert checked.exit_code == 0
    assert checked.stdout == ""
    assert "2 sessions checked, none damaged" in checked.stderr


def test_a_planted_change_is_found_and_named() -> None:
    first, second = record(make_session("a"), make_session("b"))
    change("UPDATE events SET body = x'00' WHERE seq = 5 AND session = 1")
    checked = run("check")
    assert checked.exit_code == 1
    assert checked.stdout == f"{first}  event 5 is not what was recorded there\n"
    assert run("check", second).exit_code == 0
    found = json.loads(run("check", "--json").stdout)
    assert {one["session"]: bool(one["damage"]) for one in found} == {first: True, second: False}


def test_what_was_lost_with_the_log_is_told_though_nothing_of_it_is_left() -> None:
    record(make_session("a"))
    change("INSERT INTO losses VALUES ('6ahrnqk1qc3c', 12, x'00')")
    checked = run("check")
    assert checked.exit_code == 1
    assert "6ahrnqk1qc3c  all of its 12 events are missing" in checked.stdout


def test_what_can_be_read_of_a_damaged_store_is_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session,) = record(make_session("a"))
    content = bytearray(default_path().read_bytes())
    content[:4096] = bytes(4096)
    default_path().write_bytes(content)
    with pytest.raises(StoreError, match="`driftty sessions recover` saves"):
        run("list")
    told = run("recover", "--json")
    events = len(make_session("a"))
    assert json.loads(told.stdout) == [{"session": session, "events": events, "lost": 0}]
    with pytest.raises(StoreError, match="is there already"):
        run("recover")
    said = run("recover", str(default_path()), "-o", str(tmp_path / "new" / "driftty.db"))
    assert f"{session}  {events} events" in said.stdout
    assert "into its place" in said.stderr
    monkeypatch.setenv("DRIFTTY_DATA_DIR", str(tmp_path / "new"))
    assert run("check").exit_code == 0
    assert json.loads(run("list", "--json").stdout)[0]["id"] == session
