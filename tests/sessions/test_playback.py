"""The clock of a playback, against a clock that a test turns by hand."""

import random

import pytest

from sessions.playback import Playback
from sessions.playbackindex import Index
from sessions.playbacksource import Fact

SECOND = 1_000_000_000


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def indexed(*seconds: float) -> Index:
    index = Index()
    for at in seconds:
        index.add(Fact(round(at * SECOND)))
    return index


def playing(index: Index, clock: Clock, idle: float | None = None, speed: float = 1.0) -> Playback:
    playback = Playback(index, clock, idle=idle, speed=speed)
    playback.open_end = False
    playback.play()
    return playback


@pytest.mark.parametrize("speed", [0.25, 1.0, 32.0])
def test_every_event_is_shown_within_a_frame_of_its_time_however_late_the_looks_come(
    speed: float,
) -> None:
    rng = random.Random(7)
    ats = [0.0]
    while len(ats) < 3000:
        ats.append(ats[-1] + rng.choice([0.0, 0.0001, 0.054, 0.4, 3.0]))
    index, clock = indexed(*ats), Clock()
    playback = playing(index, clock, speed=speed)
    began, frame = clock.now, 1 / 30
    shown = [0.0] * len(ats)
    while playback.playing:
        for place in range(playback.position, playback.due()):
            shown[place] = clock.now - began
        playback.passed(playback.due())
        wait = playback.wait()
        # Sleeps that are never exact: a sum of them would be seconds off by the end.
        clock.now += max(frame, min(wait or 0.0, 0.1)) * rng.uniform(1.0, 1.2)
    late = [when - at / speed for when, at in zip(shown, ats, strict=True)]
    assert min(late) >= -1e-6
    assert max(late) <= 0.1 * 0.2 + frame * 1.2 + 1e-6


def test_an_event_is_due_when_its_time_has_come_and_not_before() -> None:
    clock = Clock()
    playback = playing(indexed(0, 1, 2), clock)
    assert playback.due() == 1
    playback.passed(1)
    assert playback.wait() == pytest.approx(1)
    clock.now += 0.999
    assert playback.due() == 1
    clock.now += 0.002
    assert playback.due() == 2


def test_idle_time_is_cut_and_everything_else_is_kept() -> None:
    playback = playing(indexed(0, 1, 61, 61.5), Clock(), idle=2.0)
    assert playback.total == pytest.approx(3.5)
    assert playback.played(3) == pytest.approx(3)
    assert playback.played_at(round(30 * SECOND)) == pytest.approx(3)
    assert playback.played_at(round(0.5 * SECOND)) == pytest.approx(0.5)


def test_a_change_of_speed_counts_from_where_the_head_is() -> None:
    clock = Clock()
    playback = playing(indexed(0, 10, 20), clock)
    clock.now += 5
    playback.set_speed(4.0)
    assert playback.moment == pytest.approx(5)
    clock.now += 1.25
    assert playback.moment == pytest.approx(10)
    assert playback.due() == 2


def test_a_change_of_the_idle_cap_keeps_the_event_that_is_shown() -> None:
    clock = Clock()
    playback = playing(indexed(0, 1, 61, 62), clock, idle=5.0)
    clock.now += 2.5
    playback.passed(playback.due())
    assert playback.position == 2
    playback.set_idle(1.0)
    assert playback.due() in (2, 3)
    assert playback.moment == pytest.approx(2.0)
    playback.set_idle(None)
    assert playback.position == 2
    assert 1.0 <= playback.moment <= 61


def test_a_pause_costs_nothing_however_long_it_is() -> None:
    clock = Clock()
    playback = playing(indexed(0, 1, 2), clock)
    clock.now += 0.5
    playback.passed(playback.due())
    playback.pause()
    clock.now += 1000
    assert playback.due() == 1
    assert playback.wait() is None
    playback.play()
    assert playback.wait() == pytest.approx(0.5)


def test_it_stops_at_the_end() -> None:
    clock = Clock()
    playback = playing(indexed(0, 1), clock)
    clock.now += 5
    playback.passed(playback.due())
    assert not playback.playing
    assert playback.moment == pytest.approx(1)


def test_at_the_end_of_what_is_still_recorded_it_waits_and_shows_what_comes_at_once() -> None:
    clock = Clock()
    index = indexed(0, 1)
    playback = playing(index, clock)
    playback.open_end = True
    clock.now += 5
    playback.passed(playback.due())
    assert playback.playing
    assert playback.pinned, "it keeps to the end"
    assert playback.wait() is None
    index.add(Fact(90 * SECOND))
    assert playback.due() == 3
    playback.jump(1)
    assert playback.due() == 1


def test_a_clock_that_went_backwards_in_a_recording_does_not_stop_it() -> None:
    clock = Clock()
    index = indexed(0, 5, 3, 6)
    assert list(index.ats) == [0, 5 * SECOND, 5 * SECOND, 6 * SECOND]
    playback = playing(index, clock)
    clock.now += 6.5
    assert playback.due() == 4


def test_nothing_to_play_is_nothing_to_wait_for() -> None:
    playback = playing(Index(), Clock())
    assert playback.due() == 0
    assert playback.wait() is None
    assert playback.total == 0
