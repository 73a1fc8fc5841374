"""What a kill costs: 100 times SIGKILL at random while recording flat out, and what is lost of it.

`python -m tests.bench.kills [ROUNDS]`. The suite does a dozen, each right after an acknowledgement;
here the moment is drawn from the clock, so that it falls anywhere: into a commit, a checkpoint, the
making of the store. Every session is read through afterwards and its hash chain followed; it ends with
an error where an acknowledged event is gone.
"""

import asyncio
import random
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from time import perf_counter

from sessions.library import Library
from tests.sessions.test_under_fire import integrity, see_that_nothing_was_lost, start_child

ROUNDS = 100
SHARE = (0.6, 2.0)
"""Of the time that a recorder takes to its first acknowledgement: when it is killed."""


def first_acknowledgement(folder: Path) -> float:
    """Seconds from the start of a recorder to its first acknowledgement, on this machine as it is."""
    began = perf_counter()
    child = start_child(folder / "calibrating.db")
    assert child.stdout is not None
    child.stdout.readline()
    took = perf_counter() - began
    child.kill()
    child.wait()
    child.stdout.close()
    return took


def kill_at(child: subprocess.Popen[bytes], seconds: float) -> dict[str, int]:
    """Kill a child after so long; what it had acknowledged, by session."""
    timer = threading.Timer(seconds, child.kill)
    timer.start()
    assert child.stdout is not None
    acknowledged: dict[str, int] = {}
    for line in child.stdout.readlines():
        if line.endswith(b"\n"):
            session, seq = line.split()
            acknowledged[session.decode()] = int(seq)
    child.wait()
    timer.join()
    return acknowledged


async def count(path: Path) -> tuple[int, int]:
    """Sessions and events in the store."""
    async with Library.open(path) as library:
        found = await library.sessions(limit=10**6)
    return len(found), sum(one.events for one in found)


def main() -> None:
    """Kill, look, print."""
    rounds = int(sys.argv[1]) if sys.argv[1:] else ROUNDS
    chance = random.Random(20260615)
    acknowledged: dict[str, int] = {}
    began = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "driftty.db"
        usual = first_acknowledgement(Path(folder))
        for _ in range(rounds):
            delay = usual * chance.uniform(*SHARE)
            acknowledged |= kill_at(start_child(path), delay)
        took = perf_counter() - began
        asyncio.run(see_that_nothing_was_lost(path, acknowledged))
        sessions, events = asyncio.run(count(path))
        sound = integrity(path)
    print(f"kills                    {rounds:>10,}  in {took:.0f} s")
    print(f"sessions, events there   {sessions:>10,}  {events:,}")
    print(f"of them acknowledged     {len(acknowledged):>10,}  {sum(acknowledged.values()):,}")
    # Here only because nothing was missing: else the check above has raised.
    print(f"acknowledged and lost    {'none':>10}")
    print(f"integrity_check          {sound:>10}")


if __name__ == "__main__":
    main()
