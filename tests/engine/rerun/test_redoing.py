"""Doing recorded commands again in a fresh shell, most of them in a real one."""

import pytest

from engine.clock import SessionClock
from engine.errors import ShellError
from engine.events import AnyEvent, KeysTyped, ShellResized
from engine.fork import start_at
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.operator import Operator
from engine.rerun.doing import as_act
from engine.rerun.past import Past, read_past
from engine.rerun.redoing import differing, redo
from engine.rerun.volatile import only_volatile
from engine.run import RunSpec
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from engine.start import Act, WorldDifference
from engine.steering import Steering
from tests.engine.rerun.recorded import EchoingShell, record, script, spec


def shell(run: RunSpec) -> PtyShell:
    return PtyShell(
        ShellSpec(prompt=run.config.prompt, patience=run.patience, limit=60, files=run.task.files)
    )


async def recorded(*commands: str) -> Past:
    """The past of a run in a real shell."""
    run = spec(patience=20.0, drift="continue", policy="whole-turn")
    said = Script(completions=tuple(ScriptedCompletion(text=each) for each in (*commands, "exit")))
    model = ScriptedModel(said, pace=0)
    events: list[AnyEvent] = []
    operator = Operator(
        run,
        model,
        shell(run),
        Steering(run.sampling),
        session="20260102-030405-real",
        emit=events.append,
        clock=SessionClock(),
    )
    try:
        await operator.run()
    finally:
        await model.aclose()
    return read_past(events)


async def again(past: Past) -> tuple[WorldDifference, ...]:
    fresh = shell(past.spec)
    try:
        await fresh.start()
        return await redo(fresh, [as_act(deed, past.spec) for deed in past.deeds], past.spec)
    finally:
        await fresh.close()


@pytest.mark.shell
async def test_the_same_commands_come_out_the_same_in_another_home() -> None:
    past = await recorded("echo one > a; cat a", "ls -la nothing", "seq 3 | paste -sd+", "cat a b")
    assert [deed.observation.command for deed in past.deeds][:2] == [
        "echo one > a; cat a",
        "ls -la nothing",
    ]
    assert [deed.observation.status for deed in past.deeds][:4] == [0, 2, 0, 1]
    assert await again(past) == ()


@pytest.mark.shell
async def test_a_clock_and_a_process_number_are_told_apart_from_a_real_difference() -> None:
    past = await recorded("echo at $(date +%s%N) by $$", "test -e mark && echo there; touch mark")
    (volatile,) = await again(past)
    assert volatile.volatile
    assert volatile.what.startswith("echo at")
    acts = [as_act(deed, past.spec) for deed in past.deeds]
    fresh = shell(past.spec)
    try:
        await fresh.start()
        await fresh.submit("touch mark")
        differences = await redo(fresh, acts, past.spec)
    finally:
        await fresh.close()
    real = [each for each in differences if not each.volatile]
    assert [(each.turn, each.before, each.now) for each in real] == [(2, "", "there")]
    assert "exit status then" not in real[0].why


@pytest.mark.shell
async def test_a_command_that_had_to_be_helped_is_helped_again() -> None:
    past = await recorded("cat", "echo 'never closed", "echo back")
    assert past.deeds[0].nudges == ("interrupt",)
    assert await again(past) == ()


@pytest.mark.shell
async def test_the_lines_of_a_heredoc_are_typed_again_one_by_one() -> None:
    past = await recorded("cat > notes <<END\n# a title\nit's text\nEND\ncat notes\n")
    assert [deed.observation.state for deed in past.deeds][:4] == [
        *("continuation", "continuation", "continuation", "done")
    ]
    assert await again(past) == ()
    start = start_at(past, 2)
    assert [act.command for act in start.acts][-1] == "cat notes"


async def test_keys_that_a_person_typed_are_typed_again_and_hidden_ones_are_said_not_to_be() -> (
    None
):
    acts = [
        Act(turn=1, command="read x", shown="read x", status=0, keys=b"yes\r"),
        Act(turn=2, keys=b"pwd\r"),
        Act(turn=2, hidden=8),
    ]
    run = spec()
    fresh = EchoingShell(run)
    (hidden,) = await redo(fresh, acts, run)
    assert fresh.done == ["read x", b"yes\r", b"pwd\r"]
    assert "8 bytes that a person typed hidden" in hidden.why


async def test_a_person_who_typed_between_commands_is_a_deed_of_their_own() -> None:
    typed = KeysTyped(at=1, data=b"pwd\r")
    resized = ShellResized(at=1, columns=70, rows=20)
    events = await record(script("uname", "exit"))
    at = next(i for i, event in enumerate(events) if type(event).__name__ == "TurnStarted") + 1
    past = read_past([*events[:at], resized, typed, *events[at:]])
    assert [(deed.by, deed.keys, deed.columns) for deed in past.deeds] == [
        ("person", b"pwd\r", 70),
        ("operator", b"", 0),
        ("operator", b"", 0),
    ]
    assert past.attempts[0].deeds == 1


async def test_a_shell_that_ends_too_early_is_an_error_that_names_the_command() -> None:
    run = spec()
    acts = [Act(turn=1, command="exit"), Act(turn=2, command="pwd")]
    with pytest.raises(ShellError, match="ended with `exit`"):
        await redo(EchoingShell(run), acts, run)


@pytest.mark.parametrize(
    ("before", "now", "volatile"),
    [
        ("Sun Nov 22 08:57:56 UTC 2026", "Mon Nov 23 09:01:02 UTC 2026", True),
        (
            "-rw-r--r-- 1 root root 12 Nov 22 08:57 a",
            "-rw-r--r-- 1 root root 12 Nov 23 9:01 a",
            True,
        ),
        ("up 3 days, load 0.12", "up 4 days, load 1.02", True),
        ("processors: 2", "processors: 8", True),
        ("2", "8", False),
        ("commit 1f3a9b2c7", "commit 99aa88bb7", True),
        ("one\ntwo", "one", False),
        ("hello", "world", False),
    ],
)
def test_what_another_minute_changes_is_volatile_and_a_lone_number_is_not(
    before: str, now: str, volatile: bool
) -> None:
    assert only_volatile(before, now) is volatile


def test_a_difference_is_shown_without_the_lines_around_it() -> None:
    assert differing("a\nb\nc\nd", "a\nX\nc\nd") == ("b", "X")
    before, _ = differing("x" * 1000, "y")
    assert before.endswith("…")
    assert len(before) < 500
