"""The operator's loop, with a scripted model and a real shell."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

import pytest

from engine.clock import SessionClock
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandFinished,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    DriftSeen,
    FaultSeen,
    LineJudged,
    PartClosed,
    PromptSent,
    RunEnded,
    ScrollbackGrew,
    SessionStarted,
    ShellNudged,
    ShellWrote,
    StageTimed,
    TaskChecked,
    WorkerLost,
)
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.operator import Operator
from engine.run import RunSpec, Sampling, Task, TaskFile
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from engine.steering import Steering

pytestmark = pytest.mark.shell

PROMPT = "root@box:~# "
Told = TypeVar("Told", bound=AnyEvent)


class Stage:
    """A run to be watched: what it told, and the hands on its gates."""

    def __init__(self, *says: str | ScriptedCompletion, **spec: Any) -> None:
        completions = tuple(
            said if isinstance(said, ScriptedCompletion) else ScriptedCompletion(text=said)
            for said in says
        )
        self.spec = RunSpec(
            config=parse_config("false-memories", SeedLibrary()),
            task=spec.pop("task", Task(text="show the hostname, then exit.")),
            **{"turns": 4, "patience": 1.0, **spec},
        )
        self.steering = Steering(Sampling(), attended=True)
        self.events: list[AnyEvent] = []
        self.on_event: Callable[[AnyEvent], None] = lambda event: None
        self.shell = PtyShell(
            ShellSpec(files=self.spec.task.files, patience=self.spec.patience, limit=3.0)
        )
        script = Script(completions=completions, otherwise=ScriptedCompletion(text="exit"))
        self.model = ScriptedModel(script)

    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.on_event(event)

    async def run(self) -> RunEnded:
        operator = Operator(
            self.spec,
            self.model,
            self.shell,
            self.steering,
            session="run-under-test",
            emit=self.emit,
            clock=SessionClock(),
        )
        try:
            return await operator.run()
        finally:
            await self.model.aclose()

    def told(self, kind: type[Told]) -> list[Told]:
        return [event for event in self.events if isinstance(event, kind)]

    def shell_text(self) -> str:
        return b"".join(event.data for event in self.told(ShellWrote)).decode(errors="replace")

    @property
    def live_turns(self) -> list[tuple[str, str]]:
        return [(grew.added.role, grew.added.text) for grew in self.told(ScrollbackGrew)]


async def test_a_run_that_types_commands_and_exits_is_clean_and_its_scrollback_tells_it() -> None:
    stage = Stage("hostname", "exit")
    ended = await stage.run()
    assert (ended.outcome, ended.operated, ended.exited, ended.turns) == ("clean", True, True, 2)
    assert stage.live_turns[:3] == [
        ("user", f"Task: show the hostname, then exit.\n{PROMPT}"),
        ("assistant", "hostname"),
        ("user", f"box\n{PROMPT}"),
    ]
    assert isinstance(stage.events[0], SessionStarted)
    assert stage.events[-1] == ended


async def test_events_come_in_the_order_of_the_session_clock() -> None:
    stage = Stage("echo one", "exit")
    await stage.run()
    moments = [event.at for event in stage.events]
    assert moments == sorted(moments)


async def test_every_stage_of_a_turn_is_timed() -> None:
    stage = Stage("hostname", "exit")
    await stage.run()
    timed = {event.stage for event in stage.told(StageTimed)}
    assert timed == {
        "load", "bring_up", "seed", "first_token", "completion", "route", "exec", "observe"
    }  # fmt: skip


async def test_the_prompts_told_as_differences_add_up_and_grow_only_at_the_end() -> None:
    stage = Stage("hostname", "exit")
    await stage.run()
    prompt: tuple[int, ...] = ()
    for sent in stage.told(PromptSent):
        assert sent.turn == 1 or sent.kept > sent.seam
        prompt = prompt[: sent.kept] + sent.ids
        assert sent.spans[-1].stop == len(prompt)
    assert len(stage.told(PromptSent)) == 2


async def test_a_drift_stops_the_run_before_it_is_executed() -> None:
    stage = Stage("hostname", "It looks like the hostname of this machine is box.")
    ended = await stage.run()
    assert (ended.outcome, ended.drift_turn, ended.drift_kind) == ("drift", 2, "narration")
    assert [event.command for event in stage.told(CommandSubmitted)] == ["hostname"]
    assert stage.told(DriftSeen)[0].turn == 2


async def test_drift_policy_continue_executes_the_prose_and_goes_on() -> None:
    stage = Stage("It looks like the hostname is box", "exit", drift="continue")
    ended = await stage.run()
    assert (ended.outcome, ended.operated, ended.exited) == ("drift", False, True)
    assert ("user", f"bash: It: command not found\n{PROMPT}") in stage.live_turns


async def test_drift_policy_flag_withholds_the_prose_and_goes_on() -> None:
    stage = Stage("It looks like the hostname is box", "exit", drift="flag")
    ended = await stage.run()
    assert (ended.outcome, ended.exited) == ("drift", True)
    assert [event.by for event in stage.told(CommandVetoed)] == ["policy"]
    assert stage.live_turns[2] == ("user", PROMPT)


async def test_reasoning_and_comments_are_parts_and_never_reach_the_shell() -> None:
    stage = Stage("<think>Who am I?</think>\n# look\nid -u", "exit")
    await stage.run()
    closed = [(part.kind, part.text.strip()) for part in stage.told(PartClosed)][:3]
    assert closed == [("reasoning", "Who am I?"), ("comment", "# look"), ("command", "id -u")]
    assert [event.command for event in stage.told(CommandSubmitted)] == ["id -u", "exit"]


async def test_whole_turn_sends_every_line_and_answers_with_one_user_turn() -> None:
    stage = Stage("echo one\necho two\n", "exit", policy="whole-turn")
    await stage.run()
    assert [event.command for event in stage.told(CommandSubmitted)] == [
        "echo one", "echo two", "exit"
    ]  # fmt: skip
    assert stage.live_turns[2] == ("user", f"one\ntwo\n{PROMPT}")


async def test_whole_turn_writes_heredocs_whole_with_what_looks_like_comments() -> None:
    stage = Stage(
        "cat > notes <<END\n# a title\nit's a line of text\nEND\ncat notes\n",
        "exit",
        policy="whole-turn",
    )
    ended = await stage.run()
    assert ended.outcome == "clean"
    assert stage.live_turns[2] == ("user", f"# a title\nit's a line of text\n{PROMPT}")


async def test_a_first_line_turn_goes_back_without_the_newline_that_ended_it() -> None:
    stage = Stage("hostname\nand then some", "exit")
    await stage.run()
    assert stage.live_turns[1] == ("assistant", "hostname")


async def test_the_turn_limit_ends_a_run_that_operates() -> None:
    stage = Stage("true", "true", turns=2)
    ended = await stage.run()
    assert (ended.outcome, ended.operated, ended.exited, ended.turns) == ("no-exit", True, False, 2)


async def test_a_control_token_that_ends_no_turn_is_drift() -> None:
    stage = Stage(ScriptedCompletion(text="hostname", ends="control"))
    ended = await stage.run()
    assert (ended.outcome, ended.drift_kind) == ("drift", "control")


async def test_what_the_shell_says_can_tell_drift_that_the_text_did_not() -> None:
    stage = Stage("zzyzx and it's a lovely place", "exit")
    ended = await stage.run()
    by = {event.by for event in stage.told(LineJudged) if event.label != "command"}
    assert ended.outcome == "drift"
    assert by <= {"text", "execution"}
    assert by


async def test_a_command_that_waits_for_more_is_interrupted_and_the_run_goes_on() -> None:
    stage = Stage("cat", "exit")
    ended = await stage.run()
    assert stage.told(ShellNudged)[0].action == "interrupt"
    assert ended.outcome == "clean"


async def test_policy_eof_ends_what_reads_the_terminal() -> None:
    stage = Stage("cat", "exit", stuck="eof")
    ended = await stage.run()
    assert [event.action for event in stage.told(ShellNudged)] == ["eof"]
    assert ended.outcome == "clean"


async def test_policy_eof_still_interrupts_an_open_quote_which_it_would_not_survive() -> None:
    stage = Stage("echo 'never closed", "exit", stuck="eof", drift="continue")
    ended = await stage.run()
    assert stage.told(ShellNudged)[0].action == "interrupt"
    assert ended.exited


async def test_policy_ask_waits_for_the_person_and_takes_what_they_typed() -> None:
    stage = Stage("read answer; echo got $answer", "exit", stuck="ask")

    def answer(event: AnyEvent) -> None:
        if isinstance(event, ShellNudged):
            stage.shell.type(b"blue\r")
            asyncio.get_running_loop().call_soon(stage.steering.resume)

    stage.on_event = answer
    ended = await stage.run()
    assert ended.outcome == "clean"
    assert any("got blue" in text for role, text in stage.live_turns if role == "user")


async def test_a_shell_that_nothing_brings_back_ends_the_run_without_a_fault() -> None:
    stage = Stage("trap '' INT; while :; do read -t 100 x; done", "exit")
    ended = await stage.run()
    assert ended.outcome == "no-exit"
    assert "did not come back" in ended.why


async def test_a_veto_lets_nothing_run_and_leaves_no_trace_in_the_scrollback() -> None:
    stage = Stage("rm -rf data", "exit")
    stage.steering.set_mode("confirm")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            word = stage.steering.veto if "rm" in event.command else stage.steering.approve
            asyncio.get_running_loop().call_soon(word)

    stage.on_event = decide
    ended = await stage.run()
    assert ended.outcome == "clean"
    assert [event.by for event in stage.told(CommandVetoed)] == ["person"]
    assert "rm -rf data" not in [text for _, text in stage.live_turns]


async def test_an_edited_command_runs_and_is_what_the_model_remembers_typing() -> None:
    stage = Stage("hostname -f", "exit")
    stage.steering.set_mode("confirm")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            edited = event.command.replace(" -f", "")
            asyncio.get_running_loop().call_soon(stage.steering.approve, edited)

    stage.on_event = decide
    await stage.run()
    assert [(e.command, e.edited) for e in stage.told(CommandEdited)] == [
        ("hostname -f", "hostname")
    ]
    assert stage.live_turns[1:3] == [("assistant", "hostname"), ("user", f"box\n{PROMPT}")]


async def test_what_a_person_typed_and_said_between_turns_is_what_the_model_sees_next() -> None:
    stage = Stage("true", "exit")
    stage.steering.set_mode("step")

    async def step_in() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and stage.shell_text().count("from a person") > 1:
                answered.set()

        stage.on_event = listen
        stage.shell.type(b"echo from a person\r")
        await answered.wait()
        stage.steering.inject("Now leave.")
        stage.steering.set_mode("watch")
        stage.steering.resume()

    waiting: list[asyncio.Task[None]] = []

    def on_pause(paused: bool) -> None:
        if paused:
            waiting.append(asyncio.create_task(step_in()))

    stage.steering.on_pause = on_pause
    ended = await stage.run()
    said = [text for role, text in stage.live_turns if role == "user"]
    assert any("from a person" in text for text in said)
    assert f"Now leave.\n{PROMPT}" in said
    assert ended.exited


async def test_the_operator_waits_while_a_person_has_a_program_open_and_leaves_it_alone() -> None:
    stage = Stage("echo mine", "exit")
    stage.steering.set_mode("confirm")
    waiting: list[asyncio.Task[None]] = []

    async def open_program() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and "is open" in stage.shell_text():
                answered.set()
            if isinstance(event, ShellNudged):
                stage.shell.end_of_file()
                asyncio.get_running_loop().call_soon(stage.steering.resume)

        stage.on_event = listen
        stage.shell.type(b"echo is 'open'; cat\r")
        await answered.wait()
        stage.steering.set_mode("watch")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            waiting.append(asyncio.get_running_loop().create_task(open_program()))

    stage.on_event = decide
    ended = await stage.run()
    assert ended.outcome == "clean"
    assert {(event.state, event.action) for event in stage.told(ShellNudged)} == {
        ("awaiting_input", "ask")
    }
    assert stage.shell_text().count("echo mine") == 1
    assert any("is open" in text and "mine" in text for _, text in stage.live_turns)


async def test_what_a_person_typed_before_approving_a_command_is_shown_to_the_model_too() -> None:
    stage = Stage("hostname", "exit")
    stage.steering.set_mode("confirm")
    waiting: list[asyncio.Task[None]] = []

    async def step_in() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and stage.shell_text().count("by hand") > 1:
                answered.set()

        stage.on_event = listen
        stage.shell.type(b"echo by hand\r")
        await answered.wait()
        stage.steering.set_mode("watch")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            waiting.append(asyncio.get_running_loop().create_task(step_in()))

    stage.on_event = decide
    await stage.run()
    said = stage.live_turns[2][1]
    assert "by hand" in said
    assert said.endswith(f"box\n{PROMPT}")


async def test_a_lost_worker_is_told_and_the_completion_asked_again() -> None:
    stage = Stage(ScriptedCompletion(text="hostname", gone_at=1), "exit")
    ended = await stage.run()
    assert len(stage.told(WorkerLost)) == 1
    assert ended.outcome == "clean"
    assert stage.live_turns[1] == ("assistant", "hostname")


async def test_a_model_that_cannot_answer_is_a_fault_with_a_sentence() -> None:
    stage = Stage(ScriptedCompletion(text="x", fails="The prompt does not fit.", fails_as="window"))
    ended = await stage.run()
    assert ended.outcome == "fault"
    assert stage.told(FaultSeen)[0].where == "model"
    assert "does not fit" in ended.why


async def test_cancelling_ends_the_run_as_stopped_and_leaves_no_shell() -> None:
    stage = Stage(ScriptedCompletion(text="hostname", hangs_at=1))
    started = asyncio.Event()
    stage.on_event = lambda event: started.set() if isinstance(event, PromptSent) else None
    task = asyncio.create_task(stage.run())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    ended = stage.events[-1]
    assert isinstance(ended, RunEnded)
    assert ended.outcome == "stopped"


async def test_the_check_says_done_and_the_operator_is_not_asked() -> None:
    task = Task(
        text="copy a to b, then exit.",
        files=(TaskFile(path="a", text="hello\n"),),
        check="cmp a b",
    )
    stage = Stage("cp a b", "exit", task=task)
    ended = await stage.run()
    assert ended.done is True
    assert stage.told(TaskChecked)[0].status == 0

    stage = Stage("echo done", "exit", task=task)
    ended = await stage.run()
    assert (ended.outcome, ended.done) == ("clean", False)


async def test_a_shell_that_dies_of_something_else_was_not_left() -> None:
    stage = Stage("kill -9 $$")
    ended = await stage.run()
    assert not ended.exited
    assert stage.told(CommandFinished)[-1].state == "died"
