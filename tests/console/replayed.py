"""The Replay screen for tests: a recording in the store, opened and at rest."""

from textual.pilot import Pilot

from console.app import DrifttyApp
from console.replay import Replay
from console.screens.replay import ReplayScreen
from engine.events import AnyEvent, SessionStarted
from sessions.recorder import Recorder
from tests.console.open import settled
from tests.console.played import until


async def recorded(events: list[AnyEvent]) -> str:
    """Record a session into this test's store."""
    started = events[0]
    assert isinstance(started, SessionStarted)
    async with Recorder.open() as recorder:
        for event in events:
            recorder.record(started.session, event)
    return started.session


def notices(app: DrifttyApp) -> str:
    """Everything that was said to the person."""
    return " ".join(notification.message for notification in app._notifications)


def replay_of(app: DrifttyApp) -> Replay:
    assert isinstance(app.screen, ReplayScreen)
    return app.screen.replay


async def at_rest(pilot: Pilot[int], app: DrifttyApp) -> Replay:
    """Wait until the recording is read, and nothing moves any more."""
    await until(lambda: isinstance(app.screen, ReplayScreen) and bool(app.screen.is_mounted))
    replay = replay_of(app)
    await until(lambda: replay.surveyed and replay.resting)
    await pilot.pause()
    return replay


async def opened(pilot: Pilot[int], app: DrifttyApp, session: str, turn: int) -> Replay:
    await settled(pilot)
    app.open_recording(session, turn=turn)
    await pilot.pause()
    return await at_rest(pilot, app)
