"""Places in a recording: that a person named, or where a text stands."""

import asyncio
import re

from sessions.playback import Playback
from sessions.playbackindex import Index
from sessions.playbacksource import Source
from sessions.transcript import PassageKind, Transcript

BATCH = 512
"""Events read at once."""
WORDS = "a turn (3), a time (0:12 or 12.5s), an event (#652) or a share (50%)"
"""What `place_named` understands."""

_SOUGHT: tuple[PassageKind, ...] = (
    *("reasoning", "comment", "prose", "command", "output", "told", "drift", "note", "fault"),
)
_CLOCK = re.compile(r"(?:(\d+):)?(\d+):(\d\d(?:\.\d+)?)")
_SECONDS = re.compile(r"(\d+(?:\.\d+)?) ?s")
_EVENT = re.compile(r"# ?(\d+)")
_SHARE = re.compile(r"(\d+(?:\.\d+)?) ?%")


def place_named(typed: str, index: Index, playback: Playback) -> int | None:
    """The position that a person named, see `WORDS`; none where there is no such.

    Times are recorded ones, as the clock shows them; a share is one of the time line.
    """
    typed = typed.strip()
    if typed.isdecimal():
        return index.turn_position(int(typed))
    if found := _EVENT.fullmatch(typed):
        number = int(found[1])
        return number if 1 <= number <= len(index) else None
    if found := _SHARE.fullmatch(typed):
        share = float(found[1]) / 100
        return max(1, playback.position_at(playback.total * share)) if share <= 1 else None
    if found := _CLOCK.fullmatch(typed):
        seconds = int(found[1] or 0) * 3600 + int(found[2]) * 60 + float(found[3])
    elif found := _SECONDS.fullmatch(typed):
        seconds = float(found[1])
    else:
        return None
    return index.position_at(round(seconds * 1e9))


async def positions_of(text: str, source: Source, index: Index) -> list[int]:
    """Where a text has just come up, in any case, in what the operator wrote, the shell printed or
    a person said; in order. A passage counts once, when it is whole."""
    wanted, found = text.casefold(), []
    transcript, position = Transcript(), 0
    while position < len(index):
        for event in await source.events(position, min(position + BATCH, len(index))):
            position += 1
            if event is None:
                continue
            for passage in transcript.tell(event):
                if passage.kind in _SOUGHT and wanted in passage.text.casefold():
                    found.append(position)
                    break
        await asyncio.sleep(0)  # the keys have their turn
    return found
