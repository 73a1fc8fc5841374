"""A session's payloads are looked at as they were sent."""

import pytest

from engine.lint.lint import lint
from engine.lint.watch import PayloadWatch
from engine.model.script import ScriptedCompletion
from engine.shell.commands import in_sandbox
from tests.engine.trial import Trial


@pytest.mark.shell
async def test_the_payload_of_every_turn_of_a_run_is_clean() -> None:
    trial = Trial("uname", "date", "exit")
    await trial.run()
    watch = PayloadWatch(exists=in_sandbox)
    sent = [
        (watch.turn, lint(watch.subject))
        for event in trial.events
        if watch.absorb(event) and watch.subject
    ]
    assert sent == [(1, ()), (2, ()), (3, ())]
    assert watch.subject
    assert "uname" in "".join(watch.subject.texts)


@pytest.mark.shell
async def test_the_fragmented_channel_is_named_before_the_model_is_asked_again() -> None:
    trial = Trial(ScriptedCompletion(text="uname"), "exit", channel="fragmented")
    await trial.run()
    watch = PayloadWatch()
    rules = {}
    for event in trial.events:
        if watch.absorb(event) and watch.subject:
            rules[watch.turn] = [each.rule for each in lint(watch.subject)]
    assert rules[1] == []
    assert rules[2][0] in ("fragmented-turns", "escapes-leaked")
    assert "fragmented-turns" in rules[2]


def test_the_sandbox_has_what_the_machine_has_on_its_own_path() -> None:
    assert in_sandbox("ls")
    assert not in_sandbox("frobnicate-the-widgets")
