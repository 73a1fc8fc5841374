import asyncio
import io
import struct

import pytest

from engine.model.framing import (
    FrameError,
    FrameReader,
    decode_reply,
    decode_request,
    encode_frame,
    read_frame,
    read_frame_async,
)
from engine.model.protocol import MAX_FRAME_BYTES, Cancel, Loading, Release

MESSAGES = [Cancel(id=1), Release(sequence="é" * 300), Cancel(id=2)]
STREAM = b"".join(encode_frame(message) for message in MESSAGES)


@pytest.mark.parametrize("size", [1, 3, 7, 10_000])
def test_messages_come_back_whatever_pieces_they_arrive_in(size: int) -> None:
    reader = FrameReader()
    bodies = [
        body for at in range(0, len(STREAM), size) for body in reader.feed(STREAM[at : at + size])
    ]
    assert [decode_request(body) for body in bodies] == MESSAGES


def test_a_frame_starts_with_its_length_in_little_endian() -> None:
    frame = encode_frame(Cancel(id=1))
    assert struct.unpack("<I", frame[:4])[0] == len(frame) - 4


def test_a_blocking_stream_gives_its_frames_and_then_none() -> None:
    stream = io.BytesIO(STREAM)
    bodies = [read_frame(stream) for _ in range(3)]
    assert [decode_request(body) for body in bodies if body is not None] == MESSAGES
    assert read_frame(stream) is None


@pytest.mark.parametrize("cut", [1, 4, len(STREAM) - 1])
def test_a_stream_that_ends_inside_a_frame_has_ended(cut: int) -> None:
    stream = io.BytesIO(STREAM[:cut])
    while (body := read_frame(stream)) is not None:
        decode_request(body)
    assert stream.read() == b""


async def test_an_asyncio_stream_gives_its_frames_and_then_none() -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(STREAM + b"\x01")
    stream.feed_eof()
    bodies = [await read_frame_async(stream) for _ in range(3)]
    assert [decode_request(body) for body in bodies if body is not None] == MESSAGES
    assert await read_frame_async(stream) is None


def test_a_length_beyond_the_bound_is_an_error_and_not_an_allocation() -> None:
    head = struct.pack("<I", MAX_FRAME_BYTES + 1)
    with pytest.raises(FrameError, match="out of step"):
        FrameReader().feed(head)
    with pytest.raises(FrameError, match="out of step"):
        read_frame(io.BytesIO(head))


def test_a_body_that_is_no_message_is_an_error() -> None:
    with pytest.raises(FrameError, match="could not be read"):
        decode_request(b"\x80")
    with pytest.raises(FrameError, match="could not be read"):
        decode_reply(encode_frame(Cancel(id=1))[4:])


def test_replies_come_back_as_they_were() -> None:
    reply = Loading(step="reading weights", fraction=0.5)
    assert decode_reply(encode_frame(reply)[4:]) == reply
