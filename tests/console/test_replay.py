"""Playing, jumping and stepping through a recording, without a screen."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.replay import FROM_START, OpenAt, RecordedView, Replay
from console.replaysnapshots import Snapshots
from engine.events import AnyEvent, DriftSeen, SessionStarted, ShellWrote, TurnStarted
from sessions.playbackreader import Recording
from sessions.playbacksource import Held
from sessions.recorder import Recorder
from tests.console.open import spec
from tests.console.played import brought, drawn, long_session, playing, until
from tests.console.story import drifting

LONG = long_session(60, random.Random(11), spec())


def from_zero(events: list[AnyEvent], position: int) -> dict[str, object]:
    """What is drawn when everything was folded from the start."""
    view = RecordedView()
    for event in events[:position]:
        view.apply(event)
    return drawn(view)


async def test_a_whole_recording_is_read_and_what_is_drawn_is_what_was_live() -> None:
    async with playing(Replay(), LONG) as replay:
        await until(lambda: replay.surveyed and replay.resting)
        await brought(replay, len(LONG))
        assert drawn(replay.view) == from_zero(LONG, len(LONG))
        assert replay.standing == "drift"


@settings(max_examples=12)
@given(st.lists(st.integers(1, len(LONG)), min_size=1, max_size=6), st.integers(0, 90))
async def test_wherever_one_jumps_everything_is_as_if_played_from_zero(
    points: list[int], on: int
) -> None:
    replay = Replay()
    replay.snapshots = Snapshots(spacing=97, most=9)
    async with playing(replay, LONG):
        await until(lambda: replay.surveyed)
        for point in points:
            await brought(replay, point)
            assert drawn(replay.view) == from_zero(LONG, point)
        further = min(len(LONG), points[-1] + on)
        await brought(replay, further)
        assert drawn(replay.view) == from_zero(LONG, further)


async def test_jumping_before_anything_was_surveyed_is_as_exact() -> None:
    async with playing(Replay(), LONG) as replay:
        await until(lambda: len(replay.index) == len(LONG))
        await brought(replay, 900)
        assert drawn(replay.view) == from_zero(LONG, 900)
        await brought(replay, 300)
        assert drawn(replay.view) == from_zero(LONG, 300)


async def test_snapshots_stay_few_however_long_a_recording_is() -> None:
    replay = Replay()
    replay.snapshots = Snapshots(spacing=10, most=7)
    async with playing(replay, LONG):
        await until(lambda: replay.surveyed)
        assert 3 <= len(replay.snapshots) <= 7
        last = replay.snapshots.last
        assert last is not None
        assert last.position > len(LONG) * 0.6


async def test_a_flood_of_output_gets_snapshots_too() -> None:
    events = drifting(spec())
    flood = [ShellWrote(at=events[-2].at, data=b"x" * 65_536 + b"\r\n")] * 300
    async with playing(Replay(), [*events[:-1], *flood, events[-1]]) as replay:
        await until(lambda: replay.surveyed)
        assert len(replay.snapshots) >= 4


async def test_playing_shows_everything_once_and_stops_at_the_end() -> None:
    replay = Replay(speed=32.0, idle=0.001)
    async with playing(replay, drifting(spec()), OpenAt()):
        await until(lambda: replay.resting and replay.surveyed)
        assert not replay.playback.playing
        assert drawn(replay.view) == from_zero(drifting(spec()), replay.position)
        assert replay.position == len(replay.index)


async def test_playing_again_at_the_end_begins_at_the_start() -> None:
    replay = Replay()
    async with playing(replay, LONG):
        await until(lambda: replay.surveyed)
        await brought(replay, len(LONG))
        replay.toggle()
        await until(lambda: 1 <= replay.position < 50)
        assert replay.playback.playing


@pytest.mark.parametrize(("kind", "event"), [("turn", TurnStarted), ("drift", DriftSeen)])
async def test_one_steps_to_where_it_has_just_happened_and_back(
    kind: str, event: type[AnyEvent]
) -> None:
    events = drifting(spec())
    places = [at + 1 for at, one in enumerate(events) if isinstance(one, event)]
    async with playing(Replay(), events) as replay:
        await until(lambda: replay.surveyed)
        await brought(replay, 1)
        for place in places:
            assert replay.step(kind, 1)  # type: ignore[arg-type]  # a kind of mark
            await until(lambda place=place: replay.resting and replay.position == place)  # type: ignore[misc]  # mypy cannot infer it
        assert not replay.step(kind, 1)  # type: ignore[arg-type]
        await brought(replay, len(events))
        assert replay.step(kind, -1)  # type: ignore[arg-type]
        await until(lambda: replay.resting and replay.position == places[-1])


async def test_stepping_faster_than_it_is_drawn_counts_every_step() -> None:
    async with playing(Replay(), LONG) as replay:
        await until(lambda: replay.surveyed)
        await brought(replay, 100)
        for _ in range(5):
            replay.step(None, 1)
        for _ in range(2):
            replay.step(None, -1)
        await until(lambda: replay.resting)
        assert replay.position == 103
        assert drawn(replay.view) == from_zero(LONG, 103)


async def test_a_turn_asked_for_before_it_was_read_is_gone_to_once_it_is() -> None:
    replay = Replay()
    async with playing(replay, LONG, OpenAt(turn=42)):
        await until(lambda: replay.surveyed and replay.resting)
        assert replay.index.turn(replay.position) == 42
        assert replay.view.header.turn == 42


async def test_opened_at_a_turns_drift_it_shows_the_drift_that_has_just_happened() -> None:
    events = drifting(spec())
    at = next(at for at, one in enumerate(events) if isinstance(one, DriftSeen))
    turn = events[at].turn  # type: ignore[union-attr]  # a drift has one
    async with playing(Replay(), events, OpenAt(turn=turn, drift=True)) as replay:
        await until(lambda: replay.surveyed and replay.resting)
        assert replay.position == at + 1
        assert drawn(replay.view) == from_zero(events, at + 1)


async def test_opened_at_the_drift_of_a_turn_without_one_it_shows_where_the_turn_begins() -> None:
    replay = Replay()
    async with playing(replay, LONG, OpenAt(turn=42, drift=True)):
        await until(lambda: replay.surveyed and replay.resting)
        drifts = [mark for mark in replay.index.marks["drift"] if mark.turn >= 42]
        assert not drifts
        assert replay.index.turn(replay.position) == 42


async def test_a_turn_that_never_was_leads_to_the_end() -> None:
    replay = Replay()
    async with playing(replay, LONG, OpenAt(turn=4711)):
        await until(lambda: replay.surveyed and replay.resting)
        assert replay.position == len(LONG)


async def test_a_recording_without_events_plays_nothing() -> None:
    replay = Replay()
    replay.toggle()
    async with playing(replay, []):
        await until(lambda: replay.surveyed and replay.resting)
        assert replay.position == 0
        assert not replay.step(None, 1)
        assert replay.standing == "interrupted"


async def test_what_cannot_be_read_is_left_out_and_counted_once() -> None:
    events = drifting(spec())

    class Torn(Held):
        async def events(self, start: int, stop: int) -> list[AnyEvent | None]:
            return [
                None if place == 40 else event
                for place, event in enumerate(self.held[start:stop], start)
            ]

    async with playing(Replay(), Torn("s", events)) as replay:
        await until(lambda: replay.surveyed)
        for _ in range(2):
            await brought(replay, len(events))
            assert replay.unreadable == {40}
            await brought(replay, 1)
        await brought(replay, len(events))
        expected = RecordedView()
        for event in events[:40] + events[41:]:
            expected.apply(event)
        assert drawn(replay.view) == drawn(expected)


async def test_the_elements_of_the_seed_come_from_the_recording_itself() -> None:
    events = drifting(spec())
    started = events[0]
    assert isinstance(started, SessionStarted)
    view = RecordedView()
    view.apply(started)
    assert set(started.spec.config.elements) < set(view.priming.available)


async def test_what_is_being_recorded_is_followed_and_its_end_noticed() -> None:
    events = drifting(spec())
    started = events[0]
    assert isinstance(started, SessionStarted)
    session = started.session
    async with Recorder.open() as recorder:
        for event in events[:60]:
            recorder.record(session, event)
        await recorder.flush()
        async with Recording.open(session) as recording:
            replay = Replay()
            async with playing(replay, recording, FROM_START):
                await until(lambda: replay.position == 60)
                assert replay.following
                for event in events[60:90]:
                    recorder.record(session, event)
                await until(lambda: replay.position == 90)
                assert drawn(replay.view) == from_zero(events, 90)
                for event in events[90:]:
                    recorder.record(session, event)
                await until(lambda: replay.standing == "drift" and replay.resting)
                assert not replay.playback.playing
                assert drawn(replay.view) == from_zero(events, len(events))


async def test_who_looks_back_while_it_is_recorded_is_not_dragged_to_the_end() -> None:
    events = drifting(spec())
    started = events[0]
    assert isinstance(started, SessionStarted)
    session = started.session
    async with Recorder.open() as recorder:
        for event in events[:60]:
            recorder.record(session, event)
        await recorder.flush()
        async with Recording.open(session) as recording:
            replay = Replay()
            async with playing(replay, recording, OpenAt(turn=1)):
                await until(lambda: replay.resting and replay.view.header.turn == 1)
                here = replay.position
                for event in events[60:90]:
                    recorder.record(session, event)
                await until(lambda: len(replay.index) == 90)
                assert replay.position == here
                replay.end()
                await until(lambda: replay.position == 90)
                assert replay.following
