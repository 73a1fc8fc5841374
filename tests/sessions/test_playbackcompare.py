import random

from hypothesis import given
from hypothesis import strategies as st

from engine.events import AnyEvent, TokensSampled
from sessions.playbackcompare import (
    LONGEST,
    Change,
    Told,
    changes,
    compare,
    first_difference,
)
from tests.console.open import spec
from tests.console.played import long_session
from tests.console.story import clean, drifting

IDS = st.lists(st.integers(0, 4), max_size=40)


def told(events: list[AnyEvent]) -> Told:
    found = Told()
    for event in events:
        found.absorb(event)
    return found


@given(IDS, IDS)
def test_changes_turn_one_list_into_the_other_and_touch_nothing_that_is_equal(
    left: list[int], right: list[int]
) -> None:
    made: list[int] = []
    at = 0
    for change in changes(left, right):
        made += left[at : change.left[0]]
        assert len(made) == change.right[0]
        made += right[slice(*change.right)]
        at = change.left[1]
    assert made + left[at:] == right
    assert (changes(left, right) == ()) == (left == right)


def test_what_is_too_long_to_look_into_is_one_change_between_what_is_common() -> None:
    middle = [list(range(at, at + LONGEST + 1)) for at in (0, 50_000)]
    left, right = ([7, 7, *one, 9] for one in middle)
    assert changes(left, right) == (Change((2, LONGEST + 3), (2, LONGEST + 3)),)


def test_a_session_is_the_same_as_itself() -> None:
    session = told(long_session(5, random.Random(1), spec()))
    pairs = compare(session, session)
    assert len(pairs) == 5
    assert all(pair.same for pair in pairs)
    assert first_difference(pairs) is None


def test_one_changed_token_is_found_in_its_turn_and_at_its_place() -> None:
    events = drifting(spec())
    place = next(
        at for at, event in enumerate(events)
        if isinstance(event, TokensSampled) and event.turn == 2 and event.position == 3
    )  # fmt: skip
    sampled = events[place]
    assert isinstance(sampled, TokensSampled)
    other = [*events]
    other[place] = TokensSampled(
        at=sampled.at, turn=2, position=3, ids=(999,), texts=("X",), logprobs=(-9.0,),
        times=sampled.times,
    )  # fmt: skip
    found = first_difference(compare(told(events), told(other)))
    assert found is not None
    assert (found.turn, found.first) == (2, 3)
    assert found.tokens == (Change((3, 4), (3, 4)),)
    assert found.payload == ()


def test_a_turn_that_only_one_had_is_a_difference() -> None:
    pairs = compare(told(drifting(spec())), told(clean(spec())))
    assert [pair.turn for pair in pairs] == [1, 2, 3]
    assert pairs[2].right is None
    assert not pairs[2].same
    assert pairs[2].first == 0


def test_a_completion_that_was_asked_again_replaces_what_a_lost_worker_had_written() -> None:
    def sampled(position: int, *ids: int) -> TokensSampled:
        return TokensSampled(
            at=1, turn=1, position=position, ids=ids, texts=("x",) * len(ids),
            logprobs=(0.0,) * len(ids), times=(1,) * len(ids),
        )  # fmt: skip

    session = told([sampled(0, 1, 2, 3), sampled(0, 1), sampled(1, 9)])
    assert session.turns[1].ids == [1, 9]
