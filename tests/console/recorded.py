"""Sessions of the demonstration's operator in the store of a test, to be run again."""

from engine.events import AnyEvent
from engine.model.script import demo_script
from engine.model.scripted import ScriptedModel
from engine.run import RunSpec
from sessions.export.jsonl import Recording
from sessions.intake import take_in
from tests.engine.rerun.recorded import EchoingShell, record_on, spec

SESSION = "6a0000000001"
DRIFT_TURN = len(demo_script().completions) - 1
"""It drifts in its last turn; the one that mends an error is for a shell that has one."""


def demo_spec(**changes: object) -> RunSpec:
    """A run of the demonstration's operator."""
    return spec(**{"model": "demo", **changes})


async def demo_events(session: str = SESSION, run: RunSpec | None = None) -> list[AnyEvent]:
    """What such a run tells, in a shell that answers with the command's own words."""
    run = run or demo_spec()
    model = ScriptedModel.demo(pace=0)
    try:
        return await record_on(model, run, shell=EchoingShell(run), session=session)
    finally:
        await model.aclose()


def keep(events: list[AnyEvent], session: str = SESSION) -> str:
    """Put them into the store; returns the session's id."""
    take_in(Recording(session=session), events)
    return session
