"""How an event lies in the store: msgpack, compressed where that pays.

Bodies from 256 bytes on are tried with zlib and kept compressed where that saves a tenth. At level 1 a
64 kB burst of terminal output takes 0.1 ms and a prompt's ids shrink by a quarter; a token's event,
about 100 bytes, is left as it is, because its deflate header alone eats the gain.
"""

import zlib
from typing import Literal

import msgspec

from engine.errors import StoreError
from engine.events import AnyEvent

Packing = Literal[0, 1]
"""0: as it is. 1: zlib."""

_TRIED_FROM_BYTES = 256
_LEVEL = 1

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[AnyEvent] = msgspec.msgpack.Decoder(AnyEvent)


def encode(event: AnyEvent) -> tuple[AnyEvent, bytes]:
    """An event and its body, a msgpack map with its `type`.

    Text that is no Unicode (lone surrogates, from undecodable file names) has them replaced, in the
    body and in the event that comes back. Raises `StoreError` for a number beyond 64 bits.
    """
    try:
        return event, _encoder.encode(event)
    except UnicodeEncodeError:
        body = _encoder.encode(_mended(msgspec.to_builtins(event, builtin_types=(bytes,))))
        return decode(body), body
    except OverflowError as error:
        raise StoreError(f"An event cannot be recorded: {error}.") from error


def decode(body: bytes) -> AnyEvent:
    """The event of a body. Raises `StoreError` where this version does not know such an event."""
    try:
        return _decoder.decode(body)
    except msgspec.DecodeError as error:
        raise StoreError(
            f"A recorded event cannot be read ({error}): it is damaged, or another version of "
            "driftty wrote it. Update driftty, or see what `driftty sessions check` says."
        ) from error


def pack(body: bytes) -> tuple[Packing, bytes]:
    """A body as it is stored."""
    if len(body) >= _TRIED_FROM_BYTES:
        packed = zlib.compress(body, _LEVEL)
        if len(packed) <= len(body) * 9 // 10:
            return 1, packed
    return 0, body


def unpack(packing: int, stored: bytes) -> bytes:
    """A stored body as it was. Raises `StoreError` where it is damaged."""
    if packing == 0:
        return stored
    try:
        return zlib.decompress(stored)
    except zlib.error as error:
        raise StoreError(
            f"A recorded event is damaged ({error}); see what `driftty sessions check` says."
        ) from error


def _mended(value: object) -> object:
    match value:
        case str():
            return value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        case dict():
            return {key: _mended(item) for key, item in value.items()}
        case list() | tuple():
            return [_mended(item) for item in value]
        case _:
            return value
