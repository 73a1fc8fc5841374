"""How fluid the Payload screen is on a prompt of 32,768 tokens: opening, scrolling, changing its look.

`python -m tests.bench.payload [TOKENS]`. Opening is from the key press to a frame with tokens in it,
in a real console without a terminal. The baseline draws the same rows at once, as one text in a
Static of Textual's own, which is what a screen does that draws more than is in view. Beside the time
on the wall stands what the processor was busy for, which other work on the machine does not lengthen.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from random import Random
from statistics import median
from time import perf_counter, process_time

from rich.text import Text
from textual.app import App, ComposeResult
from textual.containers import VerticalScroll
from textual.pilot import Pilot
from textual.widgets import Static

from console.panes.payload import TokensPane
from console.panes.payloadrows import Manner, Row, pieces, rows
from console.panes.strips import strip_of
from console.view.inspected import inspected
from console.view.payload import PayloadView
from engine.events import (
    AnyEvent,
    ModelReady,
    PromptSent,
    ScrollbackGrew,
    ScrollbackSeeded,
    SessionStarted,
    TokensNamed,
)
from engine.scrollback import Origin, Role, Span, Turn
from tests.console.open import console, settled, spec
from tests.console.scripted import ScriptedDriver
from tests.console.story import PROVENANCE

TOKENS = 32_768
A_TURN = 64
STEPS = 40
"""Keys of one scroll: more than a second of a held key."""
RUNS = 5
SIZE = (120, 40)
WORDS = ("total", " 0", "\n", "drwxr", "-x", " root", " /usr", "/bin", " the", " kernel", ".", " é")


def story(tokens: int) -> list[AnyEvent]:
    """A session whose one prompt has so many tokens, in turns of `A_TURN`."""
    random = Random(7)
    names = {token: f"{random.choice(WORDS)}" for token in range(1000)}
    turns: list[Turn] = []
    spans: list[Span] = []
    ids: list[int] = []
    while len(ids) < tokens:
        number = len(turns)
        role: Role = "assistant" if number % 2 else "user"
        origin: Origin = "operator" if number % 2 else "shell"
        added = [random.randrange(1000) for _ in range(A_TURN)]
        start = len(ids)
        ids += added
        spans += [
            Span(start, start + 4, number, "skeleton"),
            Span(start + 4, start + A_TURN, number, origin),
        ]
        turns.append(Turn(role, "".join(names[one] for one in added[4:]), origin))
    seeded = ScrollbackSeeded(at=1, turns=())
    return [
        SessionStarted(at=0, session="s", version="0", began="2026-01-01T00:00:00Z", spec=spec()),
        seeded,
        ModelReady(at=1, provenance=PROVENANCE),
        *(ScrollbackGrew(at=2, turn=0, added=turn) for turn in turns),
        TokensNamed(at=3, ids=tuple(names), texts=tuple(names.values())),
        PromptSent(
            at=4, turn=1, kept=0, ids=tuple(ids), spans=tuple(spans), seam=0, cached=len(ids) // 2,
            window=2 * tokens,
        ),
    ]  # fmt: skip


class Naive(App[None]):
    """Every row drawn at once."""

    def __init__(self, text: Text) -> None:
        super().__init__()
        self._text = text

    def compose(self) -> ComposeResult:
        """One text in a scroll."""
        with VerticalScroll():
            yield Static(id="all")

    def fill(self) -> None:
        """Show it."""
        self.query_one("#all", Static).update(self._text)


async def took(work: Callable[[], Awaitable[object]]) -> tuple[float, float]:
    """Milliseconds on the wall, and of the processor."""
    wall, busy = perf_counter(), process_time()
    await work()
    return (perf_counter() - wall) * 1e3, (process_time() - busy) * 1e3


def told(what: str, times: list[tuple[float, float]], each: int = 1) -> None:
    """One line of the result."""
    wall, busy = (median(one[at] for one in times) / each for at in (0, 1))
    print(f"{what:<44} {wall:9.1f} ms  {busy:9.1f} ms busy")


async def keys(pilot: Pilot[None] | Pilot[int], name: str) -> None:
    """Hold a key."""
    for _ in range(STEPS):
        await pilot.press(name)


async def ours(events: list[AnyEvent]) -> None:
    """The Payload screen."""
    driver = ScriptedDriver()
    app = console(driver)
    async with app.run_test(size=SIZE) as pilot:
        await settled(pilot)
        for event in events:
            app.view.payload.apply(event)

        async def opened() -> None:
            await pilot.press("f3")
            while (
                not app.screen.query(TokensPane) or not app.screen.query_one(TokensPane).row_count()
            ):
                await pilot.pause()

        times: list[tuple[float, float]] = []
        other: dict[str, list[tuple[float, float]]] = {
            name: [] for name in ("pagedown", "down", "b", "end")
        }
        for _ in range(RUNS):
            times.append(await took(opened))
            for name, found in other.items():
                work = (
                    partial(pilot.press, name)
                    if name in ("b", "end")
                    else partial(keys, pilot, name)
                )
                found.append(await took(work))
            await pilot.press("escape")
            await settled(pilot)
    told("open (F3 to a frame with tokens)", times)
    told("scroll a page", other["pagedown"], STEPS)
    told("scroll a row", other["down"], STEPS)
    told("show every boundary", other["b"])
    told("go to the end", other["end"])


async def naive(events: list[AnyEvent]) -> None:
    """The baseline."""
    times: list[tuple[float, float]] = []
    pages: list[tuple[float, float]] = []
    for _ in range(RUNS):
        text = Text()
        app = Naive(text)

        async def opened(text: Text = text, app: Naive = app) -> None:
            view = PayloadView()
            for event in events:
                view.apply(event)
            sent = view.sent()
            assert sent is not None
            look = console().look
            for row in rows(inspected(sent), Manner(), SIZE[0] - 2, {}):
                if isinstance(row, Row):
                    for segment in strip_of(look, *pieces(row, True, range(0), Manner())):
                        text.append(segment.text, segment.style)
                text.append("\n")
            app.fill()
            await pilot.pause()

        async with app.run_test(size=SIZE) as pilot:
            times.append(await took(opened))
            pages.append(await took(partial(keys, pilot, "pagedown")))
    told("naive: open", times)
    told("naive: scroll a page", pages, STEPS)


async def main(tokens: int) -> None:
    """Measure both."""
    events = story(tokens)
    print(f"{tokens:,} tokens, {SIZE[0]}×{SIZE[1]} cells, median of {RUNS}")
    await ours(events)
    await naive(events)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else TOKENS))
