"""`driftty sessions search`."""

import json

from click.testing import CliRunner, Result

from console.cli import driftty
from engine.events import CommandSubmitted
from tests.console.cli.test_sessions import record
from tests.sessions.made import begin, make_session


def run(*words: str) -> Result:
    return CliRunner().invoke(driftty, ["sessions", "search", *words], catch_exceptions=False)


def test_places_are_told_by_session_and_turn() -> None:
    (session,) = record(make_session("a"))
    lines = run("hostname").stdout.splitlines()
    assert lines[0].startswith(session)
    assert "▲ drift" in lines[0]
    assert any("turn 1   command" in line and "hostname -s" in line for line in lines)
    assert any("start    task" in line for line in lines)


def test_places_as_json_say_what_was_found() -> None:
    (session,) = record(make_session("a"))
    places = json.loads(run("hostname", "--json").stdout)
    assert {place["session"] for place in places} == {session}
    (command,) = [place for place in places if place["kind"] == "command"]
    assert [command["excerpt"][start:end] for start, end in command["found"]] == ["hostname"]


def test_an_argument_with_spaces_is_a_phrase() -> None:
    record(make_session("a"))
    assert json.loads(run("ask for", "--json").stdout)
    assert not json.loads(run("for ask", "--json").stdout)
    assert json.loads(run("for", "ask", "--json").stdout)


def test_nothing_found_is_said() -> None:
    record(make_session("a"))
    nothing = run("unheard-of")
    assert nothing.exit_code == 0
    assert nothing.stdout == ""
    assert "Nothing like that" in nothing.stderr


def test_excerpts_are_safe_to_show() -> None:
    hostile = CommandSubmitted(at=1, turn=1, command="echo \x1b]0;x\x07 [red]y[/]", by="operator")
    record([begin("a"), hostile])
    shown = run("echo").stdout
    assert "[red]y[/]" in shown
    assert not set(shown) & set("\x1b\x07\x02\x03")
