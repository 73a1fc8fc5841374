"""A fork's fresh shell, brought to where the recording's was, in real shells."""

from typing import Any

import msgspec
import pytest

from engine.clock import SessionClock
from engine.events import (
    AnyEvent,
    CommandSubmitted,
    HomeKept,
    ShellResized,
    ShellWrote,
    WorldRestored,
)
from engine.fork import INTERVENTIONS, fork_spec, intervene, start_at
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.operator import Operator
from engine.rerun.past import Past, read_past
from engine.rerun.restoring import in_words
from engine.run import RunSpec, Task, TaskFile
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from engine.start import HomeLaid, WorldDifference
from engine.steering import Steering
from tests.engine.rerun.recorded import record, script, spec

LIMIT = 100_000


async def recorded(*says: str, run: RunSpec | None = None, keep: int = LIMIT) -> list[AnyEvent]:
    """What a run told in a real shell, in which the home that a fork brings is laid."""
    run = run or spec(patience=5.0, turns=20)
    said = Script(
        completions=tuple(ScriptedCompletion(text=each) for each in says),
        otherwise=ScriptedCompletion(text="exit"),
    )
    model = ScriptedModel(said, pace=0)
    events: list[AnyEvent] = []
    shell = PtyShell(
        ShellSpec(
            prompt=run.config.prompt,
            patience=run.patience,
            limit=60.0,
            files=run.task.files,
            home_limit=keep,
            home=run.start.home if run.start is not None else None,
        )
    )
    operator = Operator(
        run, model, shell, Steering(run.sampling), session="20260102-030405-real",
        emit=events.append, clock=SessionClock(),
    )  # fmt: skip
    try:
        await operator.run()
    finally:
        await model.aclose()
    return events


def restored(events: list[AnyEvent]) -> WorldRestored:
    (event,) = (event for event in events if isinstance(event, WorldRestored))
    return event


def kept(past: Past, turn: int) -> dict[str, Any]:
    return {
        entry.path: entry.data or entry.target or entry.kind for entry in past.homes[turn].entries
    }


async def fork(past: Past, turn: int, *says: str, home: bool = True) -> list[AnyEvent]:
    run = fork_spec(past.spec, start_at(past, turn, home=home), turns=20)
    # A script goes by the number of the turn.
    return await recorded(*["never said"] * (turn - 1), *says, run=run)


@pytest.mark.shell
async def test_the_home_is_kept_as_it_stood_when_each_turn_was_asked_for() -> None:
    task = Task(text="look around.", files=(TaskFile("notes", "first\n"),))
    run = msgspec.structs.replace(spec(patience=5.0, turns=20), task=task)
    events = await recorded("echo more >> notes", "mkdir a; ln -s ../notes a/up", run=run)
    past = read_past(events)
    assert kept(past, 1) == {".": "folder", "notes": b"first\n"}
    assert kept(past, 2) == {".": "folder", "notes": b"first\nmore\n"}
    assert kept(past, 3) == kept(past, 2) | {"a": "folder", "a/up": "../notes"}
    assert kept(past, 4) == kept(past, 3)
    told = [event for event in events if isinstance(event, HomeKept)]
    assert [(event.turn, event.whole) for event in told] == [
        (1, True), (2, False), (3, False), (4, False)
    ]  # fmt: skip


@pytest.mark.shell
async def test_a_fork_finds_the_home_exactly_as_it_was_without_doing_anything_again() -> None:
    # Done again, `date` would say another moment, and the counter would count on from what is there.
    past = read_past(
        await recorded(
            "date +%N > when; chmod 640 when; mkdir -p x/y; ln -s when link",
            "echo late > late; rm when",
        )
    )
    events = await fork(past, 2, "stat -c '%a %Y' when; readlink link; cat when; ls; test -d x/y")
    then = {entry.path: entry for entry in past.homes[2].entries}
    shell = b"".join(event.data for event in events if isinstance(event, ShellWrote))
    seconds = then["when"].modified // 10**9
    assert f"640 {seconds}\r\nwhen\r\n".encode() + then["when"].data[:-1] in shell
    assert b"late" not in shell
    told = restored(events)
    assert (told.acts, told.differed) == (0, ())
    assert told.home == HomeLaid(files=2, size=10, cwd="~")
    # The fork's own recording holds all that a fork of it needs.
    assert read_past(events).homes[2].entries == past.homes[2].entries


@pytest.mark.shell
async def test_the_working_folder_is_restored_inside_the_home_and_outside() -> None:
    past = read_past(await recorded("mkdir -p 'a b/c'; cd 'a b/c'", "cd /etc", "cd ~"))
    assert [past.homes[turn].cwd for turn in (1, 2, 3, 4)] == ["~", "~/a b/c", "/etc", "~"]
    for turn, folder in ((2, "/a b/c"), (3, "/etc"), (4, "~")):
        events = await fork(past, turn, "dirs +0")
        laid = restored(events).home
        assert laid is not None
        assert laid.cwd == past.homes[turn].cwd
        wrote = b"".join(event.data for event in events if isinstance(event, ShellWrote))
        assert f"{folder}\r\n".encode() in wrote
        # The way there is not a command of the run's.
        submitted = [event.command for event in events if isinstance(event, CommandSubmitted)]
        assert submitted[0] == "dirs +0"


@pytest.mark.shell
async def test_what_a_copy_cannot_bring_back_is_named() -> None:
    past = read_past(
        await recorded("mkfifo pipe; mkdir /tmp/away; cd /tmp/away; sleep 600 & true", "true")
    )
    assert past.homes[2].left_out == ("pipe",)
    assert past.homes[2].processes == 1
    told = restored(await fork(past, 2))
    assert told.home is not None
    assert told.home.lost_cwd
    sentence = in_words(told)
    assert "1 background process" in sentence
    assert "`pipe`" in sentence
    assert f"the working folder {told.home.lost_cwd}" in sentence


@pytest.mark.shell
async def test_commands_are_done_again_where_that_is_wanted_or_nothing_was_kept() -> None:
    says = ("x=5; echo a > a", "echo $x > b")
    for keep, home in ((LIMIT, False), (0, True)):
        past = read_past(await recorded(*says, keep=keep))
        events = await fork(past, 3, "cat a b", home=home)
        told = restored(events)
        assert (told.acts, told.home, told.differed) == (2, None, ())
        assert read_past(events).homes[4].files == 2


@pytest.mark.shell
async def test_a_home_too_large_is_told_and_its_commands_are_done_again() -> None:
    past = read_past(await recorded("head -c 200000 /dev/zero > big", "true"))
    assert sorted(past.homes) == [1]
    assert past.unkept == dict.fromkeys((2, 3, 4), "the home holds more than 100 kB")
    told = restored(await fork(past, 2))
    assert (told.acts, told.home) == (1, None)
    assert in_words(told) == (
        "1 command of the recording done again: the shell stands as it did; "
        "no copy of its home was kept: the home holds more than 100 kB"
    )


@pytest.mark.shell
async def test_a_fork_of_a_fork_that_kept_nothing_lays_the_first_home_and_goes_on() -> None:
    past = read_past(await recorded("echo $RANDOM > a", "true"))
    run = fork_spec(past.spec, start_at(past, 2), turns=20)
    middle = read_past(await recorded("never said", "echo b > b", "true", run=run, keep=0))
    start = start_at(middle, 3)
    assert start.home == past.homes[2]
    assert [act.command for act in start.acts] == ["echo b > b"]
    events = await fork(middle, 3)
    told = restored(events)
    assert (told.acts, told.differed) == (1, ())
    assert told.home is not None
    assert {entry.path for entry in read_past(events).homes[3].entries} == {".", "a", "b"}


@pytest.mark.shell
async def test_every_intervention_begins_in_the_home_of_its_turn() -> None:
    past = read_past(await recorded("echo 1 > a", "echo 2 > a"))
    for intervention in INTERVENTIONS:
        start = intervene(past, 2, intervention)
        assert start.home == past.homes[2]
        assert start.acts == ()


@pytest.mark.shell
async def test_the_terminal_has_the_size_that_it_had() -> None:
    events = await recorded("echo one", "echo two")
    at = next(i for i, event in enumerate(events) if isinstance(event, CommandSubmitted))
    resized = [*events[:at], ShellResized(at=events[at].at, columns=91, rows=33), *events[at:]]
    told = await fork(read_past(resized), 2, "stty size")
    assert b"33 91\r\n" in b"".join(event.data for event in told if isinstance(event, ShellWrote))
    assert restored(told).acts == 0


async def test_a_shell_without_a_home_of_its_own_keeps_none() -> None:
    past = read_past(await record(script("uname -r")))
    assert (past.homes, past.unkept) == ({}, {})


def test_sentences_say_what_was_done_and_what_was_not() -> None:
    home = HomeLaid(files=3, size=1200, cwd="~/src", left_out=("a", "b", "c", "d", "e"))
    different = WorldDifference(turn=2, what="date", before="1", now="2")
    assert in_words(WorldRestored(at=0, acts=1, differed=(different,), home=home)) == (
        "the home is restored as it stood: 3 files, 1.2 kB, the shell in ~/src (not restored: "
        "shell variables, files outside the home, `a`, `b`, `c`, 2 more); "
        "1 command of the recording done again; 1 answer came out otherwise: turn 2 `date`"
    )
    assert in_words(WorldRestored(at=0, acts=0, home=HomeLaid(files=1, size=0, cwd="~"))) == (
        "the home is restored as it stood: 1 file, 0 B (not restored: shell variables, files "
        "outside the home)"
    )


async def test_a_change_to_a_copy_that_is_missing_is_no_copy() -> None:
    past = read_past([*await record(script("true")), HomeKept(at=10**12, turn=2)])
    assert past.homes == {}
    assert past.unkept == {2: "the copy that it changes is missing"}
