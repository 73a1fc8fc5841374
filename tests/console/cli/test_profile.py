"""`driftty sessions profile`: where the time of recorded sessions went."""

import json

import msgspec
from click.testing import CliRunner, Result

from console.cli import driftty
from sessions.experiments import Experiments
from sessions.kept import Placement
from tests.console.cli.test_sessions import record
from tests.console.story import drifting
from tests.sessions.made import make_spec
from tests.sessions.madeexperiments import make_experiment


def run(*arguments: str) -> Result:
    return CliRunner().invoke(driftty, ["sessions", "profile", *arguments], catch_exceptions=False)


def recorded() -> str:
    (session,) = record(drifting(make_spec()))
    return session


def test_a_session_is_a_bar_a_turn_and_what_dominates_in_words() -> None:
    recorded()
    out = run("last").stdout
    assert "56% of the time to the first command is loading the model." in out
    assert out.count("█") > 3
    assert "decode      3" in out


def test_json_has_slices_marks_and_figures() -> None:
    session = recorded()
    told = json.loads(run(session, "--json").stdout)
    (one,) = told["sessions"]
    assert one["session"] == session
    assert {each["name"] for each in one["slices"]} >= {"prefill", "decode", "exec"}
    assert [mark["kind"] for mark in one["marks"]][-1] == "end"
    assert {each["name"]: each["count"] for each in told["stages"]}["decode"] == 3


def test_several_are_summed_and_one_is_compared_with_another() -> None:
    first, second = recorded(), recorded()
    assert "2 sessions" in run(first, second).stdout
    against = run(first, "--against", second).stdout
    assert "against" in against
    assert "1.00×" in against


def test_the_runs_of_an_experiment_are_profiled_together() -> None:
    assert run().exit_code == 2
    events = drifting(make_spec())
    started = msgspec.structs.replace(events[0], experiment="6aaaaaaaaaaa")
    Experiments().begin(make_experiment("6aaaaaaaaaaa"), Placement())
    record([started, *events[1:]], [started, *events[1:]], drifting(make_spec()))
    told = json.loads(run("--experiment", "6aaa", "--json").stdout)
    assert len(told["sessions"]) == 2
    assert {each["name"]: each["count"] for each in told["stages"]}["decode"] == 6
