from collections.abc import Callable
from itertools import count, pairwise

import pytest

from console.pump import FRAME, SLICE, Pump
from tests.console.open import console, settled
from tests.console.played import until


class Loop:
    """A clock and a list of calls due; time passes only when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], None]]] = []

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        self.due.append((self.now + seconds, call))

    def turn(self) -> bool:
        """Make the next call that is due; whether there was one."""
        if not self.due:
            return False
        self.due.sort(key=lambda one: one[0])
        self.now, call = self.due.pop(0)
        call()
        return True


def pumped(events: int) -> tuple[Loop, Pump[int], list[int], list[float]]:
    loop = Loop()
    loop.now = 100.0
    folded: list[int] = []
    drawn: list[float] = []
    pump: Pump[int] = Pump(
        folded.append, lambda: drawn.append(loop.now), loop.later, lambda: loop.now
    )
    for event in range(events):
        pump.put(event)
    return loop, pump, folded, drawn


def test_events_of_one_frame_are_drawn_once_in_order() -> None:
    loop, pump, folded, drawn = pumped(500)
    assert folded == []
    assert loop.turn()
    assert folded == list(range(500))
    assert len(drawn) == 1
    assert not loop.turn()
    assert pump.frames == 1


def test_a_flood_is_folded_in_slices_between_which_keys_have_their_turn() -> None:
    loop, pump, folded, drawn = pumped(20_000)
    turns = 0
    while loop.turn():
        turns += 1
        assert len(folded) <= turns * SLICE
    assert turns == 20_000 // SLICE
    assert folded == list(range(20_000))
    assert pump.waiting == 0
    assert all(later - sooner >= FRAME for sooner, later in pairwise(drawn[:-1]))
    assert len(drawn) < turns


def test_nothing_to_do_costs_nothing() -> None:
    loop, pump, _, drawn = pumped(0)
    assert not loop.due
    pump.wake()
    pump.wake()
    assert len(loop.due) == 1
    loop.turn()
    assert len(drawn) == 1
    assert not loop.due


async def test_a_frame_comes_however_late_the_machine_is_with_timers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = console()
    async with app.run_test() as pilot:
        await settled(pilot)
        before, clock = app.pump.frames, count()
        # To Textual's own timers, a second passes between any two looks at the clock.
        monkeypatch.setattr("textual.timer._time.get_time", lambda: float(next(clock)))
        app.pump.wake()
        await until(lambda: app.pump.frames > before)
        monkeypatch.undo()
        assert app.pump.idle
