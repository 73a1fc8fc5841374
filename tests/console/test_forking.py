"""Forks as a person asks for them: what becomes of a home that was kept."""

import msgspec
import pytest

from console.forking import MANY_HOMES, Asked, many_forks, one_fork, shell_words
from engine.events import AnyEvent, HomeKept
from engine.home import HomeCopy, HomeEntry
from engine.rerun.past import Past, read_past
from tests.console.recorded import DRIFT_TURN, demo_events

HOME = (
    HomeEntry(path=".", kind="folder", mode=0o700, modified=1),
    HomeEntry(path="notes", kind="file", mode=0o644, modified=2, data=b"12345"),
)


def with_homes(events: list[AnyEvent], data: bytes = b"") -> list[AnyEvent]:
    """The same, with a copy of its home before each turn, and a file that the second turn made."""
    made = HomeEntry(path="made", kind="file", mode=0o600, modified=3, data=data or b"678")
    kept = [
        HomeKept(at=events[-1].at, turn=1, whole=True, entries=HOME),
        HomeKept(at=events[-1].at, turn=2, cwd="/etc"),
        *(
            HomeKept(at=events[-1].at, turn=turn, entries=(made,), cwd="~/x")
            for turn in range(3, DRIFT_TURN + 2)
        ),
    ]
    return [*events[:-1], *kept, events[-1]]


@pytest.fixture
async def past() -> Past:
    return read_past(with_homes(await demo_events()))


async def test_a_fork_begins_in_the_home_of_its_turn_unless_commands_are_wanted(past: Past) -> None:
    start = one_fork(past, Asked(turn=2)).start
    assert start is not None
    assert start.home == HomeCopy(entries=HOME, cwd="/etc")
    assert start.acts == ()
    again = one_fork(past, Asked(turn=2, home=False)).start
    assert again is not None
    assert again.home is None
    assert len(again.acts) == 1


async def test_a_small_home_goes_into_every_run_and_a_large_one_into_none(past: Past) -> None:
    made = many_forks(past, Asked(turn=3), ("rewind", "none"), n=2, experiment="x")
    homes = [each.start.home for each in made.conditions if each.start]
    assert [home.size for home in homes if home] == [8, 8]
    large = read_past(with_homes(await demo_events(), b"x" * MANY_HOMES))
    made = many_forks(large, Asked(turn=3), ("rewind", "none"), n=2, experiment="x")
    starts = [each.start for each in made.conditions if each.start]
    assert [(start.home, len(start.acts), start.why) for start in starts] == [
        (None, 2, "its 256 kB are too much to go into every run")
    ] * 2
    single = one_fork(large, Asked(turn=3)).start
    assert single is not None
    assert single.home is not None
    # What is kept of an experiment has it too, and is read from JSON again.
    assert msgspec.json.decode(msgspec.json.encode(made), type=type(made)) == made


async def test_what_will_be_restored_is_said_before(past: Past) -> None:
    assert shell_words(past, 3, home=True) == (
        "its home as it stood: 2 files, 8 B, in ~/x (without shell variables)"
    )
    assert shell_words(past, 3, home=False) == "2 commands done again in a fresh shell"
    bare = read_past(await demo_events())
    assert shell_words(bare, 3, home=True) == (
        "2 commands done again in a fresh shell; no copy of its home was kept"
    )
    assert shell_words(bare, 1, home=True) == "a fresh shell: nothing had been done"
