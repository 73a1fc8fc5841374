"""`driftty replay --plain`: what `driftty run` told while a session ran, told again at its own pace."""

import asyncio
import sys
import time

from console.transcript import Transcript
from sessions.playback import Playback
from sessions.playbackindex import Index
from sessions.playbackreader import Recording

_CHUNK, _BATCH = 8192, 256
"""Facts and events read at once."""
_POLL_SECONDS = 0.2


async def play(session: str, speed: float, idle: float | None) -> None:
    """Tell a session on standard output (the shell) and standard error (everything else), in time.

    One that is being recorded is told on until it ends. Raises `StoreError`.
    """
    telling = Transcript(sys.stdout, sys.stderr)
    async with Recording.open(session) as recording:
        index = Index()
        playback = Playback(index, time.monotonic, speed=speed, idle=idle)
        playback.play()
        while True:
            going = await recording.standing() == "recording"
            while facts := await recording.facts(len(index), _CHUNK):
                for fact in facts:
                    index.add(fact)
            await _tell(recording, playback, telling)
            if not going:
                return
            await asyncio.sleep(_POLL_SECONDS)


async def _tell(recording: Recording, playback: Playback, telling: Transcript) -> None:
    """Tell what is known of, each event when it is due."""
    while playback.position < len(playback.index):
        due = min(playback.due(), playback.position + _BATCH)
        for event in await recording.events(playback.position, due):
            if event is not None:
                telling.show(event)
        playback.passed(due)
        await asyncio.sleep(playback.wait() or 0)
