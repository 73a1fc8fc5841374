"""Places of a recording by name, and texts in it."""

import pytest

from engine.events import AnyEvent, ScrollbackSeeded
from sessions.playback import Playback
from sessions.playbackfind import place_named, positions_of
from sessions.playbackindex import Index
from sessions.playbacksource import TOLD, Fact, Held
from tests.console.open import spec
from tests.console.story import drifting


def indexed(events: list[AnyEvent]) -> tuple[Held, Index, Playback]:
    """A session as it is once it was read."""
    source, index = Held("20260615-120000-abcd", events), Index()
    for event in events:
        index.add(Fact(event.at, event if isinstance(event, TOLD) else None))
    return source, index, Playback(index, lambda: 0.0, idle=None)


@pytest.mark.parametrize("typed", ["0", "9", "#0", "#100000", "101%", "1:00:00", "900 s", "", "x"])
def test_what_is_not_there_is_no_place(typed: str) -> None:
    _, index, playback = indexed(drifting(spec()))
    assert place_named(typed, index, playback) is None


def test_a_turn_an_event_a_time_and_a_share_are_places() -> None:
    _, index, playback = indexed(drifting(spec()))
    assert place_named("2", index, playback) == index.turn_position(2)
    assert place_named(" #12 ", index, playback) == 12
    assert place_named("100 %", index, playback) == len(index)
    assert place_named("0%", index, playback) == index.position_at(0)
    seconds = index.took // 10**9
    for typed in (f"0:{seconds:02}", f"{seconds}s", f"{seconds}.0 s", f"0:00:{seconds:02}"):
        position = place_named(typed, index, playback)
        assert position is not None
        assert index.at(position) <= seconds * 10**9 < index.ats[position]


async def test_a_text_comes_up_where_it_is_whole_and_in_any_case() -> None:
    events = drifting(spec())
    source, index, _ = indexed(events)
    found = await positions_of("UNAME -R", source, index)
    assert found
    kinds = {type(events[position - 1]).__name__ for position in found}
    assert "CommandSubmitted" in kinds
    assert await positions_of("nowhere at all", source, index) == []


async def test_what_the_seed_says_is_not_what_came_up() -> None:
    events = drifting(spec("operator"))
    source, index, _ = indexed(events)
    seed = next(event for event in events if isinstance(event, ScrollbackSeeded))
    assert await positions_of(seed.turns[0].text, source, index) == []
