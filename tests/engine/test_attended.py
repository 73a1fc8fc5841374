"""A person at the gates of a run: deciding, typing, saying something."""

import asyncio

import pytest

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandProposed,
    CommandVetoed,
    ShellNudged,
    ShellWrote,
)
from tests.engine.trial import PROMPT, Trial

pytestmark = pytest.mark.shell


async def test_policy_ask_waits_for_the_person_and_takes_what_they_typed() -> None:
    trial = Trial("read answer; echo got $answer", "exit", stuck="ask")

    def answer(event: AnyEvent) -> None:
        if isinstance(event, ShellNudged):
            trial.shell.type(b"blue\r")
            asyncio.get_running_loop().call_soon(trial.steering.resume)

    trial.on_event = answer
    ended = await trial.run()
    assert ended.outcome == "clean"
    assert any("got blue" in text for role, text in trial.live_turns if role == "user")


async def test_a_veto_lets_nothing_run_and_leaves_no_trace_in_the_scrollback() -> None:
    trial = Trial("rm -rf data", "exit")
    trial.steering.set_mode("confirm")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            word = trial.steering.veto if "rm" in event.command else trial.steering.approve
            asyncio.get_running_loop().call_soon(word)

    trial.on_event = decide
    ended = await trial.run()
    assert ended.outcome == "clean"
    assert [event.by for event in trial.told(CommandVetoed)] == ["person"]
    assert "rm -rf data" not in [text for _, text in trial.live_turns]


async def test_an_edited_command_runs_and_is_what_the_model_remembers_typing() -> None:
    trial = Trial("hostname -f", "exit")
    trial.steering.set_mode("confirm")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            edited = event.command.replace(" -f", "")
            asyncio.get_running_loop().call_soon(trial.steering.approve, edited)

    trial.on_event = decide
    await trial.run()
    assert [(e.command, e.edited) for e in trial.told(CommandEdited)] == [
        ("hostname -f", "hostname")
    ]
    assert trial.live_turns[1:3] == [("assistant", "hostname"), ("user", f"box\n{PROMPT}")]


async def test_what_a_person_typed_and_said_between_turns_is_what_the_model_sees_next() -> None:
    trial = Trial("true", "exit")
    trial.steering.set_mode("step")

    async def step_in() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and trial.shell_text().count("from a person") > 1:
                answered.set()

        trial.on_event = listen
        trial.shell.type(b"echo from a person\r")
        await answered.wait()
        trial.steering.inject("Now leave.")
        trial.steering.set_mode("watch")
        trial.steering.resume()

    waiting: list[asyncio.Task[None]] = []

    def on_pause(paused: bool) -> None:
        if paused:
            waiting.append(asyncio.create_task(step_in()))

    trial.steering.on_pause = on_pause
    ended = await trial.run()
    said = [text for role, text in trial.live_turns if role == "user"]
    assert any("from a person" in text for text in said)
    assert f"Now leave.\n{PROMPT}" in said
    assert ended.exited


async def test_the_operator_waits_while_a_person_has_a_program_open_and_leaves_it_alone() -> None:
    trial = Trial("echo mine", "exit")
    trial.steering.set_mode("confirm")
    waiting: list[asyncio.Task[None]] = []

    async def open_program() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and "is open" in trial.shell_text():
                answered.set()
            if isinstance(event, ShellNudged):
                trial.shell.end_of_file()
                asyncio.get_running_loop().call_soon(trial.steering.resume)

        trial.on_event = listen
        trial.shell.type(b"echo is 'open'; cat\r")
        await answered.wait()
        trial.steering.set_mode("watch")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            waiting.append(asyncio.get_running_loop().create_task(open_program()))

    trial.on_event = decide
    ended = await trial.run()
    assert ended.outcome == "clean"
    assert {(event.state, event.action) for event in trial.told(ShellNudged)} == {
        ("awaiting_input", "ask")
    }
    assert trial.shell_text().count("echo mine") == 1
    assert any("is open" in text and "mine" in text for _, text in trial.live_turns)


async def test_what_a_person_typed_before_approving_a_command_is_shown_to_the_model_too() -> None:
    trial = Trial("hostname", "exit")
    trial.steering.set_mode("confirm")
    waiting: list[asyncio.Task[None]] = []

    async def step_in() -> None:
        answered = asyncio.Event()

        def listen(event: AnyEvent) -> None:
            if isinstance(event, ShellWrote) and trial.shell_text().count("by hand") > 1:
                answered.set()

        trial.on_event = listen
        trial.shell.type(b"echo by hand\r")
        await answered.wait()
        trial.steering.set_mode("watch")

    def decide(event: AnyEvent) -> None:
        if isinstance(event, CommandProposed):
            waiting.append(asyncio.get_running_loop().create_task(step_in()))

    trial.on_event = decide
    await trial.run()
    said = trial.live_turns[2][1]
    assert "by hand" in said
    assert said.endswith(f"box\n{PROMPT}")
