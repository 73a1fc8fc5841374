"""The run that a console has under way, with the scripted operator and a real shell."""

import asyncio

import pytest

from console.cli.options import ModelChoice
from console.host import open_live
from engine.events import AnyEvent, RunEnded, StageTimed, TurnStarted
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary

pytestmark = pytest.mark.shell


async def test_a_second_word_to_stop_does_not_break_off_the_ending() -> None:
    spec = RunSpec(
        config=parse_config("bare", SeedLibrary()), task=Task(text="look around"), model="demo"
    )
    operating = asyncio.Event()
    outcomes: list[str] = []

    def listen(event: AnyEvent) -> None:
        if isinstance(event, TurnStarted):
            operating.set()
        if isinstance(event, RunEnded):
            outcomes.append(event.outcome)

    async with open_live(ModelChoice("demo", "auto", "auto", 0), kind="run", demo=True) as live:
        live.subscribe(listen)
        await live.start(spec)
        await operating.wait()
        first = asyncio.ensure_future(live.stop())
        for _ in range(10):
            # Enough for the run to have heard the first word, and to be at its ending.
            await asyncio.sleep(0)
        await asyncio.gather(first, live.stop())
    assert outcomes == ["stopped"]


async def test_what_the_console_took_itself_is_told_at_the_end_of_every_turn() -> None:
    spec = RunSpec(
        config=parse_config("bare", SeedLibrary()),
        task=Task(text="look around"),
        model="demo",
        turns=2,
    )
    told: list[AnyEvent] = []
    async with open_live(ModelChoice("demo", "auto", "auto", 0), kind="run", demo=True) as live:
        live.subscribe(told.append)
        await live.start(spec)
        live.drew(1000)
        live.drew(500)
        await live.wait()
    beside = [
        (event.turn, event.stage, event.took)
        for event in told
        if isinstance(event, StageTimed) and event.stage in ("record", "draw")
    ]
    assert (0, "draw", 1500) in beside
    assert [turn for turn, stage, took in beside if stage == "record" and took > 0] == [0, 1, 2]
    assert isinstance(told[-1], RunEnded)
