"""A run on a terminal that is no console: said once, and in words."""

import io

from console.transcript import Transcript
from engine.events import AnyEvent, FaultSeen, RunEnded


def said(*events: AnyEvent) -> str:
    aside = io.StringIO()
    transcript = Transcript(io.StringIO(), aside)
    for event in events:
        transcript.show(event)
    return aside.getvalue()


def ended(outcome: str, why: str) -> RunEnded:
    return RunEnded(
        at=2,
        session="s",
        outcome=outcome,  # type: ignore[arg-type]  # Outcomes that the tests name.
        operated=True,
        exited=False,
        done=None,
        drift_turn=None,
        drift_kind=None,
        turns=0,
        why=why,
    )


def test_what_broke_is_said_once() -> None:
    why = "No sandbox works on this machine."
    text = said(FaultSeen(at=1, where="shell", why=why), ended("fault", why))
    assert text.count(why) == 1
    assert "fault: the run does not count" in text


def test_what_ended_a_run_that_counts_is_said_with_what_may_be_concluded() -> None:
    text = said(ended("no-exit", "the turn limit of 8 was reached"))
    assert "no-exit: operated, did not exit · the turn limit of 8 was reached" in text
    assert text.endswith("one run: nothing can be concluded from it\n")
