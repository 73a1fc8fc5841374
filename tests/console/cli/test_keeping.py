"""Tags, notes and the trash from the command line."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import driftty
from engine.errors import StoreError
from tests.console.cli.test_sessions import record
from tests.sessions.made import make_session


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(
        driftty, ["sessions", *arguments], input=answer, catch_exceptions=False
    )


def ids(*arguments: str) -> list[str]:
    return [summary["id"] for summary in json.loads(run("list", "--json", *arguments).stdout)]


def test_a_tagged_session_is_found_again() -> None:
    first, second = record(make_session("a"), make_session("b"))
    assert "baseline" in run("tag", first, "Baseline").stdout
    assert ids("--tag", "baseline") == [first]
    assert "baseline" in run("list").stdout
    assert json.loads(run("tag", first, "--json").stdout)["tags"] == ["baseline"]
    assert "no tags" in run("tag", first, "baseline", "--remove").stdout
    assert "no tags" in run("tag", second).stdout


def test_a_note_is_shown_with_the_session() -> None:
    record(make_session("a"))
    run("note", "last", "the good\x1b[2J one")
    shown = run("show", "last").stdout
    assert "the good" in shown
    assert "\x1b" not in shown


def test_delete_says_how_to_undo_it() -> None:
    first, second = record(make_session("a"), make_session("b"))
    deleted = run("delete", first, second, first)
    assert f"undo: driftty sessions restore {first} {second}" in deleted.stderr
    assert ids() == []
    assert ids("--trash") == [second, first]
    assert json.loads(run("restore", first, "--json").stdout) == [first]
    assert ids() == [first]


def test_emptying_the_trash_asks_first() -> None:
    first, second = record(make_session("a"), make_session("b"))
    run("delete", first)
    refused = run("empty-trash", answer="n\n")
    assert refused.exit_code == 1
    assert ids("--trash") == [first]
    assert json.loads(run("empty-trash", "--yes", "--json").stdout) == {"removed": 1}
    assert ids("--trash") == []
    assert ids() == [second]
    assert "0 removed" in run("empty-trash").stderr


def test_what_shipped_stays_as_it_is_and_a_copy_of_it_is_one_s_own(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="shipped:clean came with driftty and stays as it is"):
        run("tag", "shipped:clean", "mine")
    file = tmp_path / "clean.jsonl"
    run("export", "shipped:clean", "-o", str(file))
    (came,) = json.loads(run("import", str(file), "--json").stdout)
    assert came["new"]
    assert json.loads(run("tag", came["session"], "mine", "--json").stdout)["tags"] == ["mine"]
