"""`driftty sessions verify|fork|tree|recipe|baseline|rejudge`, with the demonstration's operator."""

import asyncio
import shlex
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from console.baselines import BASELINE, tag_baseline, verifications
from console.cli.fork import fork
from console.cli.keeping import tag
from console.cli.recipe import baseline, recipe
from console.cli.rejudge import rejudge
from console.cli.run import command as run
from console.cli.tree import tree
from console.cli.verify import verify
from engine.errors import StoreError
from engine.events import LineJudged
from sessions import database, shipped
from sessions.experiments import Experiments
from sessions.findings import Findings
from sessions.intake import take_in
from sessions.library import Library
from sessions.lineage import lineage
from sessions.summary import Query
from tests.console.recorded import DRIFT_TURN, SESSION, demo_events, demo_spec, keep
from tests.engine.rerun.recorded import planted
from tests.sessions.test_lineage import keep as keep_branch


@pytest.fixture
def session() -> str:
    """A recorded session in this test's store."""
    return keep(asyncio.run(demo_events()))


def called(command: Any, *arguments: str, status: int = 0) -> Result:
    ran = CliRunner().invoke(command, arguments)
    assert ran.exit_code == status, ran.output + ran.stderr
    return ran


def test_a_session_that_comes_out_the_same_says_so_and_keeps_that(session: str) -> None:
    ran = called(verify, session)
    assert ran.stdout.startswith(f"✓ identical  {session}")
    assert f"{DRIFT_TURN} turns" in ran.stdout
    ((_, kept),) = verifications(session)
    assert (kept.verdict, kept.divergences, kept.provenance.model) == ("identical", 0, "scripted")


def test_a_planted_token_is_found_with_both_continuations_and_status_1() -> None:
    events = asyncio.run(demo_events())
    old = planted(events, 2, 0, 344)
    keep(old)
    ran = called(verify, SESSION, status=1)
    assert "first divergence:" in ran.stdout
    assert "turn 2, token 0: ✗ different  recorded" in ran.stdout
    assert "(id 344)" in ran.stdout
    (document,) = msgspec.json.decode(called(verify, SESSION, "--json", status=1).stdout)
    assert (document["verdict"], document["session"]) == ("different", SESSION)
    found = document["turns"][1]["divergences"][0]
    assert (found["turn"], found["position"], found["recorded"]["id"]) == (2, 0, 344)
    assert document["turns"][1]["continuation"]["recorded_reason"] == "line"


def test_what_cannot_be_run_again_has_a_status_of_its_own() -> None:
    assert "No session" in called(verify, "6azz", status=3).stderr
    assert "No session is tagged" in called(verify, "--baseline", status=3).stderr
    assert "Name a session" in called(verify, status=2).stderr


def test_a_model_that_cannot_be_loaded_is_a_sentence_and_no_difference(session: str) -> None:
    events = asyncio.run(demo_events("6a0000000003", demo_spec(model="/nowhere/at/all")))
    keep(events, "6a0000000003")
    ran = called(verify, "6a0000000003", session, status=3)
    assert "/nowhere/at/all" in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.shell
def test_live_does_the_commands_again_and_says_where_the_shell_answers_otherwise(
    session: str,
) -> None:
    # The recorded shell said back what was typed; a real one does not.
    ran = called(verify, session, "--live", "--json", status=1)
    (document,) = msgspec.json.decode(ran.stdout)
    assert document["verdict"] == "identical"
    assert document["world_same"] is False
    assert document["commands"] == DRIFT_TURN - 1
    assert any(each["now"].startswith("root") for each in document["world"])


def test_a_baseline_is_verified_first_and_one_that_differs_is_none(session: str) -> None:
    wrong = keep(planted(asyncio.run(demo_events("6a0000000002")), 2, 0, 344), "6a0000000002")
    assert "1 of 2 are baselines now" in called(baseline, session, wrong, status=1).stderr

    async def tagged() -> list[str]:
        async with Library.open() as library:
            return [one.id for one in await library.sessions(Query(tag=BASELINE))]

    assert asyncio.run(tagged()) == [session]
    assert session in called(verify, "--baseline").stdout
    for word in (BASELINE, BASELINE.title()):
        assert "when they were run again" in called(tag, wrong, word, status=2).stderr
    called(baseline, session, "--remove")
    assert asyncio.run(tagged()) == []


def test_a_recipe_names_all_that_is_needed_and_its_command_makes_the_same_run(
    session: str,
) -> None:
    text = called(recipe, session).stdout
    document = msgspec.json.decode(called(recipe, session, "--json").stdout)
    for needed in (document["config_hash"], document["command"], document["provenance"]["weights"]):
        assert needed in text
    assert document["seed_text"].strip() in text
    assert document["seed_here"] is document["task_here"] is True
    assert shlex.split(document["command"])[:2] == ["driftty", "run"]


@pytest.mark.shell
def test_the_command_of_a_recipe_asks_for_the_same_spec(
    session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = msgspec.json.decode(called(recipe, session, "--json").stdout)
    asked: list[Any] = []

    async def remember(spec: Any, choice: Any, **_: Any) -> int:
        asked.append(spec)
        return 0

    monkeypatch.setattr("console.cli.run.run_session", remember)
    called(run, *shlex.split(document["command"])[2:])

    async def recorded() -> Any:
        async with Library.open() as library:
            return await library.spec(session)

    assert asked == [asyncio.run(recorded())]


@pytest.mark.shell
def test_a_fork_is_a_session_of_its_own_in_the_tree_of_its_parent(session: str) -> None:
    ran = called(fork, session, "--turn", str(DRIFT_TURN), "--rng", "7")
    assert "drift" in ran.stderr
    root = lineage(session)
    assert root is not None
    (child,) = root.forks
    assert (child.turn, child.rng, child.outcome) == (DRIFT_TURN, 7, "drift")
    shown = called(tree, child.session).stdout
    assert f"└─ {child.session}  from turn {DRIFT_TURN}" in shown
    (document,) = msgspec.json.decode(called(tree, "--json").stdout)
    assert document["forks"][0]["session"] == child.session
    assert msgspec.json.decode(called(recipe, child.session, "--json").stdout)["parent"] == session


@pytest.mark.shell
def test_twenty_forks_at_a_drift_are_tallied_beside_the_original(session: str) -> None:
    ran = called(fork, session, "-n", "20", "-i", "rewind", "-i", "anchor", "--json")
    document = msgspec.json.decode(ran.stdout)
    assert document["original"] == {
        "session": session,
        "outcome": "drift",
        "drift_turn": DRIFT_TURN,
        "drift_kind": "chat",
        "turns": DRIFT_TURN,
    }
    arms = {each["config"].rpartition(" · ")[2]: each for each in document["configs"]}
    assert set(arms) == {f"rewind at {DRIFT_TURN}", f"anchor at {DRIFT_TURN}"}
    assert [each["n"] + each["fault"] for each in arms.values()] == [20, 20]
    assert arms[f"rewind at {DRIFT_TURN}"]["drift"] == 20
    assert f"the original {session}: drift in turn {DRIFT_TURN}" in ran.stderr
    kept = Experiments().read(document["experiment"])
    root = lineage(session)
    assert root is not None
    assert {fork.session for fork in root.forks} == {run.result.session for run in kept.runs}
    assert f"20 runs  rewind at {DRIFT_TURN}, experiment" in called(tree).stdout


def test_a_fork_that_makes_no_sense_is_a_sentence(session: str) -> None:
    ran = CliRunner().invoke(fork, [session, "--turn", "99"])
    assert "cannot be forked at turn 99" in str(ran.exception)
    ran = CliRunner().invoke(fork, [session, "--edit", "-", "-i", "mask"], input="ls")
    assert "not both" in str(ran.exception)


def test_rejudging_keeps_both_verdicts_and_changes_no_event() -> None:
    events = asyncio.run(demo_events())
    older = [
        msgspec.structs.replace(event, label="narration", why="an older judge thought so")
        if isinstance(event, LineJudged) and event.turn == 1
        else event
        for event in events
    ]
    keep(older)
    ran = called(rejudge, SESSION, "--dry-run")
    assert "turn 1  narration → command" in ran.stdout
    assert "none kept" in ran.stderr
    assert Findings().of(SESSION) == []
    (document,) = msgspec.json.decode(called(rejudge, "--all", "--json").stdout)
    assert document["changed"][0]["now"] == "command"
    (kept,) = Findings().of(SESSION, "judged")
    assert kept.by == document["judge"]

    async def stored() -> list[Any]:
        async with Library.open() as library:
            return [event async for event in library.events(SESSION)]

    assert asyncio.run(stored()) == older
    assert "Name a session" in called(rejudge, status=2).stderr


def test_what_ships_is_judged_again_beside_one_s_own_and_only_what_is_one_s_own_is_kept(
    session: str,
) -> None:
    ran = called(rejudge, "shipped:error", session, "--json")
    found = msgspec.json.decode(ran.stdout)
    assert [each["session"] for each in found] == [shipped.id_of("shipped:error"), session]
    assert [one.session for one in Findings().of(session, "judged")] == [session]
    assert "; no outcome changed" in called(rejudge, "shipped:error").stderr


def test_a_fork_of_a_recording_that_ships_has_it_as_its_root() -> None:
    of = shipped.id_of("shipped:error")
    assert of is not None
    (alone,) = msgspec.json.decode(called(tree, "shipped:error", "--json").stdout)
    assert (alone["session"], alone["forks"]) == (of, [])
    keep_branch(database.default_path(), "forked", of, 2)
    (found,) = msgspec.json.decode(called(tree, "shipped:error", "--json").stdout)
    assert [fork["session"] for fork in found["forks"]] == ["forked"]
    assert [found] == msgspec.json.decode(called(tree, "--json").stdout)


def test_a_copy_of_what_ships_in_one_s_own_store_is_one_s_own() -> None:
    clean = shipped.read("clean")
    with pytest.raises(StoreError, match="shipped:clean came with driftty"):
        tag_baseline(clean.recording.session)
    take_in(clean.recording, clean.events, database.default_path())
    called(rejudge, clean.recording.session)
    assert len(Findings().of(clean.recording.session, "judged")) == 1
    tag_baseline(clean.recording.session)


def test_a_fork_in_a_model_that_there_is_not_is_refused_before_anything_is_recorded(
    session: str,
) -> None:
    ran = called(fork, session, "-m", "nosuch", status=2)
    assert "There is no model called 'nosuch'" in ran.output + ran.stderr
    root = lineage(session)
    assert root is not None
    assert root.forks == ()
