"""A small reversible tokenisation for the scripted model: real ids, spans and payloads, no files.

A piece is one to three bytes of UTF-8, cut where words begin; its id is those bytes behind a one, so
ids are stable everywhere and need no vocabulary. Ids below 256 are control tokens, and no text makes
one. The chat template is `<start>role⏎ content <end>⏎`, and `<start>assistant⏎` asks.
"""

import codecs
import re

from engine.errors import PromptUnsafe
from engine.scrollback import Origin, Payload, Span, Turn

START = 1
"""The control id that opens a turn."""
END = 2
"""The control id that closes a turn; the model ends its own with it."""
TOOL = 3
"""A control id that ends no turn: what a model writes by mistake."""

CONTROL_NAMES = {START: "<start>", END: "<end>", TOOL: "<tool>"}

_WORDS = re.compile(rb"[ \t]*[^\s]+|\s")
_PIECE_BYTES = 3


def encode(text: str) -> tuple[int, ...]:
    """The ids of a text. Raises `PromptUnsafe` for half a character (a lone surrogate)."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise PromptUnsafe(
            "A turn holds half a character (a lone surrogate), which cannot be encoded; take it out"
            " of the turn."
        ) from error
    return tuple(
        int.from_bytes(b"\x01" + word[start : start + _PIECE_BYTES])
        for word in _WORDS.findall(data)
        for start in range(0, len(word), _PIECE_BYTES)
    )


def piece(token: int) -> bytes:
    """The bytes of one id; a control token's name as text."""
    if token in CONTROL_NAMES:
        return CONTROL_NAMES[token].encode()
    return token.to_bytes(_PIECE_BYTES + 1).lstrip(b"\x00")[1:]


def decode(ids: tuple[int, ...]) -> str:
    """The text of some ids."""
    return b"".join(map(piece, ids)).decode("utf-8", "replace")


def last_shown(ids: tuple[int, ...]) -> str:
    """The text of the last turn of a payload that is the user's; empty where there is none."""
    opened = (START, *encode("user\n"))
    for start in range(len(ids) - len(opened), -1, -1):
        if ids[start : start + len(opened)] == opened:
            shown = ids[start + len(opened) :]
            return decode(shown[: shown.index(END)] if END in shown else shown)
    return ""


class Decoder:
    """Turns ids into text one by one; empty while a character is incomplete."""

    def __init__(self) -> None:
        self._utf8 = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, token: int) -> str:
        """What this token adds to the text."""
        return self._utf8.decode(piece(token))


def payload(turns: tuple[Turn, ...], seed_turns: int, window: int) -> Payload:
    """The payload that asks for the turn after these, with an origin for every id."""
    ids: list[int] = []
    spans: list[Span] = []

    def lay(added: tuple[int, ...], turn: int, origin: Origin) -> None:
        start = len(ids)
        ids.extend(added)
        if spans and (spans[-1].turn, spans[-1].origin) == (turn, origin):
            start = spans.pop().start
        if len(ids) > start:
            spans.append(Span(start, len(ids), turn, origin))

    seam = 0
    for index, turn in enumerate(turns):
        if index == seed_turns:
            seam = len(ids)
        lay((START, *encode(f"{turn.role}\n")), index, "skeleton")
        lay(turn.ids or encode(turn.text), index, turn.origin)
        lay((END, *encode("\n")), index, "skeleton")
    if seed_turns >= len(turns):
        seam = len(ids)
    lay((START, *encode("assistant\n")), -1, "skeleton")
    return Payload(
        ids=tuple(ids),
        spans=tuple(spans),
        seam=seam,
        window=window,
        names=tuple((token, decode((token,))) for token in sorted(set(ids))),
    )
