"""`driftty payload`: what was sent, and what is wrong with it."""

import json

from click.testing import CliRunner, Result

from console.cli import driftty
from engine.errors import DrifttyError
from tests.console.cli.test_sessions import record
from tests.console.story import drifting
from tests.sessions.made import make_spec


def payload(*arguments: str) -> Result:
    return CliRunner().invoke(driftty, ["payload", *arguments])


def recorded() -> str:
    (session,) = record(drifting(make_spec()))
    return session


def test_every_token_is_shown_with_its_origin_and_counted() -> None:
    recorded()
    told = json.loads(payload("last", "--turn", "2", "--json").stdout)
    assert told["turn"] == 2
    assert len(told["tokens"]) == sum(count["tokens"] for count in told["counts"])
    assert {token["origin"] for token in told["tokens"]} >= {"skeleton", "seed", "shell", "person"}
    assert [token["cached"] for token in told["tokens"]].count(True) == told["cached"] > 0


def test_the_turns_are_shown_as_text_and_the_ids_alone() -> None:
    recorded()
    out = payload("last", "--turn", "1").stdout
    assert "user · person" in out
    assert "Task: Show the hostname, then exit." in out
    ids = payload("last", "--turn", "1", "--ids").stdout.split()
    assert json.loads(payload("last", "--turn", "1", "--ids", "--json").stdout) == [
        int(token) for token in ids
    ]


def test_what_a_turn_added_is_told_against_another() -> None:
    recorded()
    changes = json.loads(payload("last", "--turn", "2", "--against", "1", "--json").stdout)
    assert any(change["ids_now"] for change in changes)
    assert "the same" in payload("last", "--turn", "2", "--against", "2").stdout


def test_two_sessions_are_compared_and_what_was_moved_is_told() -> None:
    told = payload("shipped:error", "--beside", "shipped:recovery", "--turn", "1")
    assert "in common" in told.stdout
    changes = json.loads(
        payload("shipped:error", "--beside", "shipped:recovery", "--turn", "1", "--json").stdout
    )
    assert {change["kind"] for change in changes} <= {"gone", "new", "moved", "repeated"}
    assert changes


def test_lint_finds_what_a_recording_shows_and_exits_1_on_errors() -> None:
    found = payload("shipped:fragmented", "--lint", "--json")
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert told[0]["rule"] == "fragmented-turns"
    assert {"rule", "severity", "message", "span"} <= told[0].keys()
    clean = payload("shipped:clean", "--lint")
    assert clean.exit_code == 0
    assert "Nothing is wrong" in clean.stderr


def test_every_rule_is_explained() -> None:
    out = payload("--rules").stdout
    assert "fragmented-turns (error)" in out
    assert len(json.loads(payload("--rules", "--json").stdout)) > 20


def test_a_turn_that_was_never_asked_is_a_sentence() -> None:
    recorded()
    result = payload("last", "--turn", "9")
    assert isinstance(result.exception, DrifttyError)
    assert "it has the turns 1 to 3" in str(result.exception)
    assert payload("last", "--ids", "--lint").exit_code == 2
