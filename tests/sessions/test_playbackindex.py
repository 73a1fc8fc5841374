from sessions.playbackindex import Index
from sessions.playbacksource import Held
from tests.sessions.made import make_session


async def indexed(session: str = "20260102-030405-abcd") -> Index:
    index = Index()
    for fact in await Held(session, make_session(session)).facts(0, 10_000):
        index.add(fact)
    return index


async def test_every_event_has_its_time_and_the_marks_are_where_their_events_are() -> None:
    events = make_session("s")
    index = await indexed("s")
    assert len(index) == len(events)
    assert index.took == events[-1].at
    for kind, name in (
        ("turn", "TurnStarted"),
        ("command", "CommandSubmitted"),
        ("drift", "DriftSeen"),
        ("approval", "CommandProposed"),
        ("end", "RunEnded"),
    ):
        places = [at for at, event in enumerate(events) if type(event).__name__ == name]
        assert [mark.place for mark in index.marks[kind]] == places  # type: ignore[index]  # kinds of marks


async def test_a_position_knows_its_turn_and_a_turn_its_position() -> None:
    index = await indexed()
    first, second = index.turn_position(1), index.turn_position(2)
    assert first is not None
    assert second is not None
    assert index.turn(first - 1) == 0
    assert index.turn(first) == 1
    assert index.turn(second - 1) == 1
    assert index.turn(second) == index.turn(len(index)) == 2
    assert index.turn_position(3) is None


async def test_one_steps_from_mark_to_mark_and_back_and_not_past_the_last() -> None:
    index = await indexed()
    first = index.step("turn", 1, 1)
    assert first == index.turn_position(1)
    assert first is not None
    second = index.step("turn", first, 1)
    assert second == index.turn_position(2)
    assert second is not None
    assert index.step("turn", second, 1) is None
    assert index.step("turn", second, -1) == first
    assert index.step("turn", second + 3, -1) == second
    assert index.step("turn", first, -1) is None
    assert index.step("drift", 1, 1) is not None


async def test_stages_that_can_be_seen_have_their_stretch() -> None:
    index = await indexed()
    assert {stretch.stage for stretch in index.stretches} == {"completion", "exec"}
    assert all(stretch.began < stretch.ended for stretch in index.stretches)
