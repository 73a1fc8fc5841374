"""A tally on its way, shown on a stream: a live table on a terminal, now and then a line elsewhere."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from itertools import chain
from typing import TextIO

import msgspec
from msgspec.structs import replace
from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from console.diverging import Diverging
from console.experiment.naming import names
from console.experimenting import Experimenting, ExperimentSnapshot
from console.factorial import effect_sentences, effects_document, elements_of
from console.tallytable import (
    headline,
    live,
    misjudging,
    pair_sentence,
    plan_lines,
    resume_command,
    verdicts,
)
from console.tallyturns import by_turn
from engine.divergence import DivergenceRate
from engine.drift.lever import Levers
from engine.drift.racing import FixedPlan, RacePlan
from engine.experiment import Experiment
from sessions.experiments import Kept

FRAME_SECONDS = 0.25
"""Between two drawings of the table."""
LINE_SECONDS = 10.0
"""Between two lines where nothing can be redrawn."""


class Show:
    """Says on a stream what a tally does, and what it came to."""

    def __init__(self, stream: TextIO) -> None:
        """Whether `stream` is a terminal decides how the tally is shown."""
        self._console = Console(file=stream, highlight=False)

    def plan(self, kept: Kept, notes: Sequence[str]) -> None:
        """What is going to be run."""
        for line in plan_lines(kept, notes):
            self._say(line)

    @asynccontextmanager
    async def following(self, experimenting: Experimenting) -> AsyncIterator[None]:
        """Show the tally for as long as this is open, and once more at its end."""
        draw = self._tables if self._console.is_terminal else self._lines
        drawing = asyncio.create_task(draw(experimenting))
        try:
            yield
        finally:
            drawing.cancel()
            with suppress(asyncio.CancelledError):
                await drawing

    def verdicts(self, experimenting: Experimenting) -> None:
        """What may be concluded, in sentences."""
        now, tally = experimenting.snapshot, experimenting.tally
        corrections = [tally.corrected(place) for place in range(len(now.configs))]
        called = _called(experimenting.experiment)
        configs = [replace(each, config=called[each.config]) for each in now.configs]
        pairs = [replace(each, a=called[each.a], b=called[each.b]) for each in now.pairs]
        for sentence in verdicts(configs, pairs):
            self._say(sentence)
        for sentence in by_turn(configs):
            self._say(sentence)
        for line in misjudging([config.config for config in configs], corrections):
            self._say(line)
        factorial = experimenting.kept.placement.factorial
        if factorial:
            elements = elements_of(experimenting.experiment, factorial)
            for each in Levers(tally, elements).standing():
                self._say(f"{pair_sentence(each)}.")
            # A look at what a race left, or a person broke off, is not one that was decided on before.
            if now.finished == now.planned and isinstance(experimenting.plan, FixedPlan):
                for sentence in effect_sentences(tally, elements):
                    self._say(sentence)
        if isinstance(experimenting.plan, RacePlan):
            self._say(experimenting.plan.sentence)
        for words in now.mixture:
            self._say(f"A mixture, by {words}: not all runs were made on the same.")
        if (diverged := _diverged(experimenting)) is not None:
            self._say(diverged.sentence)

    def document(self, experimenting: Experimenting) -> dict[str, object]:
        """The tally as one JSON object; takes seconds where there are effects to measure."""
        tally, factorial = experimenting.tally, experimenting.kept.placement.factorial
        effects = (
            effects_document(tally, elements_of(experimenting.experiment, factorial))
            if factorial
            else ()
        )
        document = tally.to_document(experimenting.experiment.id, effects=effects)
        diverged = _diverged(experimenting)
        return document | {
            "divergence": diverged and diverged.to_document(),
            "made_on": msgspec.to_builtins(experimenting.kept.stretches),
            "mixture": list(experimenting.kept.mixture),
            "race": _race(experimenting.plan, tally.configs),
        }

    def resumable(self, experiment: Experiment, now: ExperimentSnapshot | None = None) -> None:
        """How the experiment can go on."""
        if now is not None and now.broken:
            self._say(f"{now.broken} of the runs broke and do not count; they can be run again.")
        if now is not None:
            self._say(f"{now.finished} of {now.planned} runs are there.")
        self._say(f"To go on: {resume_command(experiment)}")

    async def _tables(self, experimenting: Experimenting) -> None:
        called = _called(experimenting.experiment)
        with _unread(), Live(console=self._console, auto_refresh=False) as screen:
            try:
                while True:
                    screen.update(self._table(experimenting, called), refresh=True)
                    await asyncio.sleep(FRAME_SECONDS)
            finally:
                # What may be concluded is said below, in full.
                last = self._table(experimenting, called, telling=False)
                screen.update(last, refresh=True)

    def _table(
        self, experimenting: Experimenting, called: Mapping[str, str], *, telling: bool = True
    ) -> RenderableType:
        return live(experimenting.snapshot, self._console.width, called, telling=telling)

    async def _lines(self, experimenting: Experimenting) -> None:
        said, since = "", time.monotonic()
        try:
            while True:
                now = experimenting.snapshot
                due = time.monotonic() - since >= LINE_SECONDS or now.state != "running"
                if due and headline(now) != said:
                    said, since = headline(now), time.monotonic()
                    self._say(said)
                await asyncio.sleep(FRAME_SECONDS)
        finally:
            self._say(headline(experimenting.snapshot))

    def _say(self, line: str) -> None:
        with _unread():
            # Whole lines for whatever reads a pipe; broken between words for whoever reads a screen.
            self._console.print(Text(line), soft_wrap=not self._console.is_terminal)


def _called(experiment: Experiment) -> dict[str, str]:
    """What configs are called on a terminal, by their whole names."""
    return dict(zip(experiment.names, names(experiment), strict=True))


def _race(plan: FixedPlan | RacePlan, names: Sequence[str]) -> dict[str, object] | None:
    """How a race stands, by the names of its configs; none where there was no race."""
    if not isinstance(plan, RacePlan):
        return None
    standing = plan.standing
    return {
        "over": standing.over,
        "left": [names[config] for config in standing.left],
        "out": [names[config] for config in standing.out],
        "saved": plan.saved if standing.over else 0,
    }


def _diverged(experimenting: Experimenting) -> DivergenceRate | None:
    """How often lower precision changed a token, as far as that was measured."""
    tally = experimenting.tally
    counted = (tally.counted(config) for config in range(len(tally.configs)))
    return Diverging().kept(chain.from_iterable(counted))


def _unread() -> suppress:
    """Where the terminal or the pipe is gone nobody reads; the experiment goes on, and is kept."""
    return suppress(OSError)
