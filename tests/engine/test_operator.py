"""The operator's loop, with a scripted model and a real shell."""

import asyncio

import pytest

from engine.events import (
    CommandFinished,
    CommandSubmitted,
    CommandVetoed,
    DriftSeen,
    FaultSeen,
    LineJudged,
    PartClosed,
    PromptSent,
    RunEnded,
    SessionStarted,
    ShellNudged,
    StageTimed,
    TaskChecked,
    WorkerLost,
)
from engine.model.script import ScriptedCompletion
from engine.run import Task, TaskFile
from tests.engine.trial import PROMPT, Trial

pytestmark = pytest.mark.shell


async def test_a_run_that_types_commands_and_exits_is_clean_and_its_scrollback_tells_it() -> None:
    trial = Trial("hostname", "exit")
    ended = await trial.run()
    assert (ended.outcome, ended.operated, ended.exited, ended.turns) == ("clean", True, True, 2)
    assert trial.live_turns[:3] == [
        ("user", f"Task: show the hostname, then exit.\n{PROMPT}"),
        ("assistant", "hostname"),
        ("user", f"box\n{PROMPT}"),
    ]
    assert isinstance(trial.events[0], SessionStarted)
    assert trial.events[-1] == ended


async def test_events_come_in_the_order_of_the_session_clock() -> None:
    trial = Trial("echo one", "exit")
    await trial.run()
    moments = [event.at for event in trial.events]
    assert moments == sorted(moments)


async def test_every_stage_of_a_turn_is_timed() -> None:
    trial = Trial("hostname", "exit")
    await trial.run()
    timed = {event.stage for event in trial.told(StageTimed)}
    assert timed == {
        "load", "bring_up", "seed", "first_token", "completion", "route", "exec", "observe"
    }  # fmt: skip


async def test_the_prompts_told_as_differences_add_up_and_grow_only_at_the_end() -> None:
    trial = Trial("hostname", "exit")
    await trial.run()
    prompt: tuple[int, ...] = ()
    for sent in trial.told(PromptSent):
        assert sent.turn == 1 or sent.kept > sent.seam
        prompt = prompt[: sent.kept] + sent.ids
        assert sent.spans[-1].stop == len(prompt)
    assert len(trial.told(PromptSent)) == 2


async def test_a_drift_stops_the_run_before_it_is_executed() -> None:
    trial = Trial("hostname", "It looks like the hostname of this machine is box.")
    ended = await trial.run()
    assert (ended.outcome, ended.drift_turn, ended.drift_kind) == ("drift", 2, "narration")
    assert [event.command for event in trial.told(CommandSubmitted)] == ["hostname"]
    assert trial.told(DriftSeen)[0].turn == 2


async def test_drift_policy_continue_executes_the_prose_and_goes_on() -> None:
    trial = Trial("It looks like the hostname is box", "exit", drift="continue")
    ended = await trial.run()
    assert (ended.outcome, ended.operated, ended.exited) == ("drift", False, True)
    assert ("user", f"bash: It: command not found\n{PROMPT}") in trial.live_turns


async def test_drift_policy_flag_withholds_the_prose_and_goes_on() -> None:
    trial = Trial("It looks like the hostname is box", "exit", drift="flag")
    ended = await trial.run()
    assert (ended.outcome, ended.exited) == ("drift", True)
    assert [event.by for event in trial.told(CommandVetoed)] == ["policy"]
    assert trial.live_turns[2] == ("user", PROMPT)


async def test_reasoning_and_comments_are_parts_and_never_reach_the_shell() -> None:
    trial = Trial("<think>Who am I?</think>\n# look\nid -u", "exit")
    await trial.run()
    closed = [(part.kind, part.text.strip()) for part in trial.told(PartClosed)][:3]
    assert closed == [("reasoning", "Who am I?"), ("comment", "# look"), ("command", "id -u")]
    assert [event.command for event in trial.told(CommandSubmitted)] == ["id -u", "exit"]


async def test_whole_turn_sends_every_line_and_answers_with_one_user_turn() -> None:
    trial = Trial("echo one\necho two\n", "exit", policy="whole-turn")
    await trial.run()
    assert [event.command for event in trial.told(CommandSubmitted)] == [
        "echo one", "echo two", "exit"
    ]  # fmt: skip
    assert trial.live_turns[2] == ("user", f"one\ntwo\n{PROMPT}")


async def test_whole_turn_writes_heredocs_whole_with_what_looks_like_comments() -> None:
    trial = Trial(
        "cat > notes <<END\n# a title\nit's a line of text\nEND\ncat notes\n",
        "exit",
        policy="whole-turn",
    )
    ended = await trial.run()
    assert ended.outcome == "clean"
    assert trial.live_turns[2] == ("user", f"# a title\nit's a line of text\n{PROMPT}")


async def test_a_first_line_turn_goes_back_without_the_newline_that_ended_it() -> None:
    trial = Trial("hostname\nand then some", "exit")
    await trial.run()
    assert trial.live_turns[1] == ("assistant", "hostname")


async def test_the_turn_limit_ends_a_run_that_operates() -> None:
    trial = Trial("true", "true", turns=2)
    ended = await trial.run()
    assert (ended.outcome, ended.operated, ended.exited, ended.turns) == ("no-exit", True, False, 2)


async def test_a_control_token_that_ends_no_turn_is_drift() -> None:
    trial = Trial(ScriptedCompletion(text="hostname", ends="control"))
    ended = await trial.run()
    assert (ended.outcome, ended.drift_kind) == ("drift", "control")


async def test_what_the_shell_says_can_tell_drift_that_the_text_did_not() -> None:
    trial = Trial("zzyzx and it's a lovely place", "exit")
    ended = await trial.run()
    by = {event.by for event in trial.told(LineJudged) if event.label != "command"}
    assert ended.outcome == "drift"
    assert by <= {"text", "execution"}
    assert by


async def test_a_command_that_waits_for_more_is_interrupted_and_the_run_goes_on() -> None:
    trial = Trial("cat", "exit")
    ended = await trial.run()
    assert trial.told(ShellNudged)[0].action == "interrupt"
    assert ended.outcome == "clean"


async def test_policy_eof_ends_what_reads_the_terminal() -> None:
    trial = Trial("cat", "exit", stuck="eof")
    ended = await trial.run()
    assert [event.action for event in trial.told(ShellNudged)] == ["eof"]
    assert ended.outcome == "clean"


async def test_policy_eof_still_interrupts_an_open_quote_which_it_would_not_survive() -> None:
    trial = Trial("echo 'never closed", "exit", stuck="eof", drift="continue")
    ended = await trial.run()
    assert trial.told(ShellNudged)[0].action == "interrupt"
    assert ended.exited


async def test_a_shell_that_nothing_brings_back_ends_the_run_without_a_fault() -> None:
    trial = Trial("trap '' INT; while :; do read -t 100 x; done", "exit", patience=1.0)
    ended = await trial.run()
    assert ended.outcome == "no-exit"
    assert "did not come back" in ended.why


async def test_a_lost_worker_is_told_and_the_completion_asked_again() -> None:
    trial = Trial(ScriptedCompletion(text="hostname", gone_at=1), "exit")
    ended = await trial.run()
    assert len(trial.told(WorkerLost)) == 1
    assert ended.outcome == "clean"
    assert trial.live_turns[1] == ("assistant", "hostname")


async def test_a_model_that_cannot_answer_is_a_fault_with_a_sentence() -> None:
    trial = Trial(ScriptedCompletion(text="x", fails="The prompt does not fit.", fails_as="window"))
    ended = await trial.run()
    assert ended.outcome == "fault"
    assert trial.told(FaultSeen)[0].where == "model"
    assert "does not fit" in ended.why


async def test_cancelling_ends_the_run_as_stopped_and_leaves_no_shell() -> None:
    trial = Trial(ScriptedCompletion(text="hostname", hangs_at=1))
    started = asyncio.Event()
    trial.on_event = lambda event: started.set() if isinstance(event, PromptSent) else None
    task = asyncio.create_task(trial.run())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ended = trial.events[-1]
    assert isinstance(ended, RunEnded)
    assert ended.outcome == "stopped"


async def test_the_check_says_done_and_the_operator_is_not_asked() -> None:
    task = Task(
        text="copy a to b, then exit.",
        files=(TaskFile(path="a", text="hello\n"),),
        check="cmp a b",
    )
    trial = Trial("cp a b", "exit", task=task)
    ended = await trial.run()
    assert ended.done is True
    assert trial.told(TaskChecked)[0].status == 0

    trial = Trial("echo done", "exit", task=task)
    ended = await trial.run()
    assert (ended.outcome, ended.done) == ("clean", False)


async def test_a_shell_that_dies_of_something_else_was_not_left() -> None:
    trial = Trial("kill -9 $$")
    ended = await trial.run()
    assert not ended.exited
    assert trial.told(CommandFinished)[-1].state == "died"
