"""Frames between the console and a worker: a little-endian uint32 byte length, then msgpack.

The same four bytes and the same bound on both sides, for blocking files and for asyncio streams.
"""

import asyncio
import struct
from typing import BinaryIO

import msgspec

from engine.errors import ModelError
from engine.model.protocol import MAX_FRAME_BYTES, AnyReply, AnyRequest, Reply, Request

_LENGTH = struct.Struct("<I")
_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[AnyRequest] = msgspec.msgpack.Decoder(AnyRequest)
_replies: msgspec.msgpack.Decoder[AnyReply] = msgspec.msgpack.Decoder(AnyReply)


class FrameError(ModelError):
    """The stream is out of step: what came is no frame, or no message of the protocol."""


def encode_frame(message: Request | Reply) -> bytes:
    """One message as a whole frame. Raises `FrameError` where it is longer than a frame may be."""
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError(
            f"A {type(message).__name__} of {len(body)} bytes does not fit a frame of"
            f" {MAX_FRAME_BYTES}; send fewer or shorter turns."
        )
    return _LENGTH.pack(len(body)) + body


def decode_request(body: bytes) -> AnyRequest:
    """A frame's body as a request. Raises `FrameError`."""
    try:
        return _requests.decode(body)
    except msgspec.MsgspecError as error:
        raise FrameError(f"A request to the model's process could not be read: {error}.") from error


def decode_reply(body: bytes) -> AnyReply:
    """A frame's body as a reply. Raises `FrameError`."""
    try:
        return _replies.decode(body)
    except msgspec.MsgspecError as error:
        raise FrameError(f"A reply of the model's process could not be read: {error}.") from error


class FrameReader:
    """Cuts a byte stream into the bodies of frames, whatever pieces it arrives in."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes; returns the bodies that are whole now. Raises `FrameError`."""
        self._held += data
        bodies = []
        start = 0
        while len(self._held) - start >= _LENGTH.size:
            length = _length(bytes(self._held[start : start + _LENGTH.size]))
            stop = start + _LENGTH.size + length
            if len(self._held) < stop:
                break
            bodies.append(bytes(self._held[start + _LENGTH.size : stop]))
            start = stop
        del self._held[:start]
        return bodies


def read_frame(stream: BinaryIO) -> bytes | None:
    """The next body from a blocking stream; none once the stream ended, even inside a frame.

    Raises `FrameError` where the stream is out of step.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    length = _length(head)
    body = stream.read(length)
    return body if len(body) == length else None


async def read_frame_async(stream: asyncio.StreamReader) -> bytes | None:
    """The next body from an asyncio stream; none once the stream ended, even inside a frame.

    Raises `FrameError` where the stream is out of step.
    """
    try:
        return await stream.readexactly(_length(await stream.readexactly(_LENGTH.size)))
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def _length(head: bytes) -> int:
    (length,) = _LENGTH.unpack(head)
    if length > MAX_FRAME_BYTES:
        raise FrameError(
            f"The stream between console and model is out of step: a frame of {length} bytes was"
            f" announced, and {MAX_FRAME_BYTES} is the most."
        )
    return int(length)
