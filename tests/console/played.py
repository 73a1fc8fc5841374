"""Recordings for tests of replay, and what of a view is drawn."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager

from console.panes.header import fact_pieces
from console.panes.stages import stage_line, stage_table
from console.panes.tally import tally_lines
from console.replay import OpenAt, Replay
from console.view.state import ViewState
from engine.events import (
    AnyEvent,
    CommandProposed,
    KeysTyped,
    OutputDropped,
    Paused,
    Resumed,
    SamplingChanged,
    ShellNudged,
    ShellResized,
    ShellWrote,
    WorkerLost,
)
from engine.run import RunSpec, Sampling
from sessions.playbacksource import Held, Source
from tests.console.story import Story

PAUSED = OpenAt(paused=True)

NOISE = (
    b"\x1b[2J\x1b[H", b"\x1b[?1049h\x1b[5;5Hvi", b"\x1b[?1049l", b"\x1b[3;9r", b"\x1b[r", b"\x1b7",
    b"\x1b8", b"\x1b[38;5;20", b"0mcut in the middle\x1b[0m", b"\x1b]0;tit", b"le\x07", b"\xe6\xbc",
    b"\xa2\xe5\xad\x97", b"\x1b(0qqq\x1b(B", b"a line of output\r\n" * 40, b"\x1b[7mreverse\r\n",
)  # fmt: skip
"""Shell output that leaves a terminal in the middle of something."""


def long_session(turns: int, rng: random.Random, spec: RunSpec, words: int = 9) -> list[AnyEvent]:
    """A session with much of everything in it, and with a drift at every seventh turn.

    `words`: of reasoning in each turn, two events a word.
    """
    return list(_long(turns, rng, spec, words))


def _long(turns: int, rng: random.Random, spec: RunSpec, many: int) -> Iterator[AnyEvent]:
    story = Story(spec)
    yield from story.bring_up()
    for turn in range(1, turns + 1):
        yield from story.asked()
        words = " ".join(rng.choices(("list", "the", "files", "and", "then", "look\nat"), k=many))
        label, line = ("narration", "Let me see.") if turn % 7 == 0 else ("command", f"ls {turn}")
        yield from story.said([("reasoning", words), ("line", line)], "a reason", label)  # type: ignore[arg-type]  # a literal, chosen at run time
        if rng.random() < 0.3:
            yield CommandProposed(at=story.at, turn=turn, command=line)
        for _ in range(rng.randrange(4)):
            yield ShellWrote(at=story.wait(3), data=rng.choice(NOISE))
        yield rng.choice(
            (
                Paused(at=story.at),
                Resumed(at=story.at),
                KeysTyped(at=story.at, data=b"x"),
                ShellResized(at=story.at, columns=rng.randrange(30, 90), rows=rng.randrange(6, 40)),
                WorkerLost(at=story.at, why="killed"),
                SamplingChanged(at=story.at, sampling=Sampling(temperature=0.3)),
                OutputDropped(at=story.at, bytes=9),
                ShellNudged(at=story.at, turn=turn, state="stalled", action="interrupt"),
            )
        )
        output = f"\x1b[3{turn % 8}mfile {turn}\x1b[0m\r\n".encode() * rng.randrange(1, 30)
        yield from story.ran(line, output, 0, rng.uniform(1, 900))
    yield story.ended("drift", "drift: narration", drift_turn=7, drift_kind="narration")


def drawn(view: ViewState) -> dict[str, object]:
    """Everything that any pane draws of a view."""
    terminal, header = view.shell.terminal, view.header
    shell: object = None
    if terminal is not None:
        lines = range(terminal.total)
        shell = (
            terminal.size,
            terminal.cursor,
            terminal.alternate_screen,
            [(terminal.line(y), terminal.wraps(y)) for y in lines],
        )
    priming = view.priming
    return {
        "terminal": shell,
        "shell": (view.shell.live, view.shell.state, view.shell.sandbox, view.shell.detail),
        "stderr": (list(view.stderr.lines()), view.stderr.log.dropped),
        "priming": (priming.lines(), priming.available, priming.tokens, priming.cached),
        "elements": priming.config,
        "stages": (stage_line(view.stages), stage_table(view.stages, 100)),
        "tally": tally_lines(view.tally, 60),
        "proposal": (view.proposal.command, view.proposal.turn),
        "payload": (view.payload.summary(), view.payload.sent()),
        "header": (
            fact_pieces(header, 200),
            header.phase,
            header.turn,
            header.mode,
            header.outcome,
        ),
    }


@asynccontextmanager
async def playing(
    replay: Replay, source: Source | list[AnyEvent], opening: OpenAt = PAUSED
) -> AsyncIterator[Replay]:
    """A replay that runs, without a screen."""
    if isinstance(source, list):
        source = Held("20260615-120000-abcd", source)
    task = asyncio.create_task(replay.run(source, opening))
    try:
        yield replay
    finally:
        task.cancel()
        await asyncio.wait([task])
        if not task.cancelled() and (error := task.exception()):
            raise error


async def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds."""
    while not holds():  # noqa: ASYNC110 - it may be anything
        await asyncio.sleep(0.001)


async def brought(replay: Replay, position: int) -> None:
    """Jump, and wait until one is there."""
    replay.go(position)
    await until(lambda: replay.resting and replay.position == position)
