"""A process that records flat out until it is killed: `python -m tests.sessions.recording_child DB`.

It prints a line `SESSION SEQ` for every acknowledgement, after it was given and never before.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from engine.events import ShellWrote
from sessions.ids import new_id
from sessions.recorder import Recorder
from tests.sessions.made import begin, token


async def _produce(recorder: Recorder, chance: random.Random) -> None:
    session = new_id()
    recorder.record(session, begin(session))
    at = 0
    while True:
        for _ in range(chance.randrange(1, 300)):
            at += 1
            large = chance.random() < 0.02
            recorder.record(session, _output(at, chance) if large else token(at))
        await recorder.flush()
        os.write(1, f"{session} {recorder.acknowledged(session)}\n".encode())


def _output(at: int, chance: random.Random) -> ShellWrote:
    return ShellWrote(at=at, data=chance.randbytes(chance.randrange(1, 65536)))


async def _main(path: Path) -> None:
    chance = random.Random(os.getpid())
    async with Recorder.open(path) as recorder:
        await asyncio.gather(*(_produce(recorder, chance) for _ in range(3)))


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1])))
