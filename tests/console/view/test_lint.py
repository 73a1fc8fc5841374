"""What is wrong with payloads is said of what was sent, or else of what would be."""

import pytest

from console.view.state import ViewState
from engine.events import PromptSent
from engine.model.script import ScriptedCompletion
from engine.scrollback import Turn
from tests.console.open import spec
from tests.console.story import drifting
from tests.engine.trial import Trial

FIRST = Turn(role="user", text="Task: look", origin="person")


def rules(view: ViewState) -> list[str]:
    return [each.rule for each in view.lint.findings]


@pytest.mark.shell
async def test_the_payload_of_every_turn_of_a_run_is_clean() -> None:
    trial, view = Trial("uname", "date", "exit"), ViewState()
    await trial.run()
    seen = []
    for event in trial.events:
        view.apply(event)
        if isinstance(event, PromptSent):
            seen.append(rules(view))
    assert seen == [[], [], []]


@pytest.mark.shell
async def test_the_fragmented_channel_is_named_before_the_model_is_asked_at_all() -> None:
    trial = Trial(ScriptedCompletion(text="uname"), "exit", channel="fragmented")
    view = ViewState()
    await trial.run()
    seen = []
    for event in trial.events:
        view.apply(event)
        if isinstance(event, PromptSent):
            seen.append([each for each in view.lint.findings if each.rule == "fragmented-turns"])
    assert "switched on" in seen[0][0].message
    assert "user turns in a row" in seen[1][0].message


def test_a_plan_is_looked_at_before_it_is_run() -> None:
    view, planned = ViewState(), spec()
    view.priming.preview(planned.config, (), FIRST)
    assert rules(view) == []
    view.priming.preview(planned.config, (), FIRST, "fragmented")
    assert rules(view) == ["fragmented-turns"]


def test_a_plan_made_after_a_run_is_looked_at_and_not_the_run() -> None:
    view = ViewState()
    for event in drifting(spec()):
        view.apply(event)
    view.priming.preview(spec().config, (), Turn(role="user", text="", origin="person"))
    assert rules(view) == ["empty-turn"]
    for event in drifting(spec()):
        view.apply(event)
    assert "empty-turn" not in rules(view)
