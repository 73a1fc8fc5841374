"""Judging recordings again: the same judge says the same, another one is held beside it."""

import msgspec
import pytest

from engine.drift.verdict import Context, Verdict
from engine.events import AnyEvent, DriftSeen, LineJudged
from engine.model.script import ScriptedCompletion
from engine.rerun import rejudge as module
from engine.rerun.rejudge import EVENTS, judge_version, rejudge
from tests.engine.rerun.recorded import PROSE, record, script, spec
from tests.engine.trial import Trial


def of_types(events: list[AnyEvent]) -> list[AnyEvent]:
    return [event for event in events if type(event).__name__ in EVENTS]


@pytest.mark.parametrize("policy", ["first-line", "whole-turn"])
@pytest.mark.parametrize("drift", ["stop", "continue", "flag"])
async def test_todays_judge_says_of_todays_recording_what_it_said(policy: str, drift: str) -> None:
    says = script(
        "<think>Who?</think>\n# look\nuname -r\n",
        "cat <<END\nit is a line\nEND\n",
        "date",
        "date",
        PROSE,
        ScriptedCompletion(text="ls", ends="control"),
    )
    events = await record(says, spec(policy=policy, drift=drift))
    found = rejudge(of_types(events))
    assert found.changed == ()
    assert not found.outcome_changed
    assert found.lines == len({(e.turn, e.line) for e in events if isinstance(e, LineJudged)})
    assert found.judge == judge_version()


@pytest.mark.shell
async def test_what_a_real_shell_answered_is_weighed_again() -> None:
    trial = Trial("mkdir the folder", "hostname", "exit", drift="continue")
    await trial.run()
    by = {event.by for event in trial.told(LineJudged)}
    assert "execution" in by
    found = rejudge(of_types(trial.events))
    assert (found.changed, found.outcome_changed) == ((), False)


async def test_an_older_verdict_that_today_would_not_give_is_shown_and_changes_the_outcome() -> (
    None
):
    events = await record(script("uname -r", PROSE))
    lenient: list[AnyEvent] = [
        msgspec.structs.replace(event, label="command", why="an older judge thought so")
        if isinstance(event, LineJudged) and event.line == PROSE
        else event
        for event in events
        if not isinstance(event, DriftSeen)
    ]
    found = rejudge(of_types(lenient))
    (changed,) = found.changed
    assert (changed.turn, changed.recorded, changed.now) == (2, "command", "narration")
    assert changed.recorded_why == "an older judge thought so"
    assert (found.now.outcome, found.now.drift_turn) == ("drift", 2)


async def test_a_more_lenient_judge_cannot_tell_how_a_run_that_was_ended_would_have_gone_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    events = await record(script("uname -r", PROSE))

    def lenient(line: str, context: Context) -> Verdict:
        return Verdict(line=line, label="command", why="anything goes")

    monkeypatch.setattr(module, "judge", lenient)
    found = rejudge(of_types(events))
    assert [(each.recorded, each.now) for each in found.changed] == [("narration", "command")]
    assert found.recorded.outcome == "drift"
    assert found.now.outcome == "stopped"
    assert found.outcome_changed
