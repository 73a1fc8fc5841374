"""Records the sessions that ship, for real: `python -m tests.sessions.ship [NAME…]`.

Each is one run of the embedded model in float32. Its seed was found by running the same config many
times and taking one that shows what it is to show; whether it still does is checked before it is
written. The model is loaded once, and a first run that is thrown away warms it, so that nobody who
plays one back waits for a load.
"""

import asyncio
import gzip
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from console.cli.options import ModelChoice
from console.exporting import Request, export
from console.host import open_live
from engine.events import AnyEvent, CommandFinished, DriftSeen, RunEnded
from engine.run import Channel, RunSpec, Sampling
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary
from sessions import shipped
from sessions.export.jsonl import read_jsonl
from sessions.shelf import Shelf

MODEL = ModelChoice(model="smollm2-135m", device="cpu", dtype="float32", threads=1)


class Recipe(NamedTuple):
    """How one is made, and what it is to show."""

    config: str
    task: str
    temperature: float
    rng: int
    note: str
    channel: Channel = "cooked"
    turns: int = 8

    def spec(self) -> RunSpec:
        """The run."""
        return RunSpec(
            config=parse_config(self.config, SeedLibrary()),
            task=TaskLibrary().named_or_plain(self.task),
            sampling=Sampling(temperature=self.temperature),
            rng=self.rng,
            channel=self.channel,
            turns=self.turns,
        )


RECIPES = {
    "clean": Recipe(
        "operator-thinks",
        "make-folder",
        0.5,
        4900042084067180,
        "Thinks, makes the folder, exits: what every other run is compared with.",
    ),
    "narration": Recipe(
        "imperative",
        "make-folder",
        0.6,
        3264610556866595,
        "Told what to do and shown nothing: it explains how one would make a folder.",
    ),
    "error": Recipe(
        "false-memories",
        "copy-settings",
        0.6,
        7537303577485328,
        "Two commands fail, and it talks about that instead of trying a third.",
    ),
    "recovery": Recipe(
        "false-memories",
        "hostname",
        0.5,
        9001204639686069,
        "Its first command fails; it types another one, which works, and leaves.",
        turns=5,
    ),
    "fragmented": Recipe(
        "false-memories",
        "hostname",
        0.5,
        494744606398847,
        "The echo of its command comes back to it in pieces, as turns of its own: the historical bug.",
        channel="fragmented",
    ),
}


def shows(name: str, events: Sequence[AnyEvent]) -> bool:
    """Whether a recording is an example of what its name says."""
    ended = events[-1]
    assert isinstance(ended, RunEnded)
    statuses = [one.status for one in events if isinstance(one, CommandFinished)]
    drifts = [one.kind for one in events if isinstance(one, DriftSeen)]
    failed = [at for at, status in enumerate(statuses) if status]
    match name:
        case "clean":
            return ended.outcome == "clean" and ended.done is not False and not failed
        case "narration":
            return ended.outcome == "drift" and drifts == ["narration"] and not failed
        case "error":
            return ended.outcome == "drift" and bool(statuses) and bool(statuses[-1])
        case "recovery":
            # Something failed, another command did not, and only then it left.
            return ended.outcome == "clean" and bool(failed) and failed[-1] < len(statuses) - 2
        case _:
            return ended.outcome == "drift"


async def record(names: Sequence[str]) -> dict[str, bytes]:
    """Run them one after another, and return their exports."""
    made = {}
    async with open_live(MODEL, kind="run", demo=False) as live:
        for name in (names[0], *names):
            recipe = RECIPES[name]
            await live.start(recipe.spec())
            session = (await live.wait()).session
            await asyncio.to_thread(Shelf().annotate, session, recipe.note)
            made[name] = b"".join((await export(session, Request(redact=False))).pieces)
    return made


def main(names: Sequence[str]) -> None:
    """Record those that are named, or all."""
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("DATA", "CONFIG", "RUNTIME"):
            os.environ[f"DRIFTTY_{kind}_DIR"] = f"{folder}/{kind}"
        made = asyncio.run(record(names or list(RECIPES)))
    for name, data in made.items():
        _, events = read_jsonl(data.splitlines(keepends=True), name)
        if not shows(name, events):
            raise SystemExit(f"{name}: it came to {events[-1]}; not written")
        # Without a time of its own, the same recording is the same file.
        path = Path(shipped.__file__).parent / f"{name}.jsonl.gz"
        path.write_bytes(gzip.compress(data, 9, mtime=0))
        print(
            f"{name}: {len(events)} events, {events[-1].at / 1e9:.1f} s, {path.stat().st_size:,} B"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
