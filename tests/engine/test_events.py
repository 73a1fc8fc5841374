"""The vocabulary: what was recorded by an earlier version still decodes."""

from typing import get_args

import msgspec
import pytest

import engine.events
from engine.events import AnyEvent, Event, FirstTokenWeighed, SessionStarted
from engine.model.protocol import AnyReply, Completed, Sampled
from tests.sessions.made import make_session

EVENTS = get_args(AnyEvent)
OLD_SAMPLED = {
    "type": "Sampled",
    "id": 1,
    "position": 0,
    "ids": [7],
    "texts": ["ls"],
    "logprobs": [-0.5],
    "times": [9],
}


@pytest.mark.parametrize("event", make_session("x"), ids=lambda event: type(event).__name__)
def test_an_event_is_the_same_after_it_was_written_and_read(event: AnyEvent) -> None:
    packed = msgspec.msgpack.encode(event)
    assert msgspec.msgpack.decode(packed, type=AnyEvent) == event
    assert msgspec.msgpack.decode(packed)["type"] == type(event).__name__


def test_every_fact_can_be_had_from_the_vocabulary_itself() -> None:
    named = {getattr(engine.events, name) for name in engine.events.__all__}
    assert set(EVENTS) <= named
    assert all(issubclass(event, Event) for event in EVENTS)


def test_a_first_event_from_before_experiments_were_named_belongs_to_none() -> None:
    first = make_session("x")[0]
    old = msgspec.to_builtins(first)
    del old["experiment"]
    read = msgspec.convert(old, type=AnyEvent)
    assert isinstance(read, SessionStarted)
    assert read.experiment == ""


def test_a_recording_from_before_tokens_were_weighed_is_one_without_that_fact() -> None:
    events = [each for each in make_session("x") if not isinstance(each, FirstTokenWeighed)]
    packed = msgspec.msgpack.encode(events)
    assert msgspec.msgpack.decode(packed, type=list[AnyEvent]) == events


def test_replies_from_before_weighing_decode_too() -> None:
    read = msgspec.convert(OLD_SAMPLED, type=AnyReply)
    assert isinstance(read, Sampled)
    assert read.weighed == ()
    assert Completed.__struct_defaults__ == ((), (), None)
