"""A recording on its way to the screen: folded, played, jumped in and followed.

One task owns the view. What a person asks for is noted and done by it, the latest wish first, so
that dragging along the time line never lags behind.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple

from console.replaysnapshots import Snapshots, set_aside, take_up
from console.view.memory import recall, remember
from console.view.state import ViewState
from engine.errors import DrifttyError
from engine.events import AnyEvent, SessionStarted
from engine.seeds.parse import parse_seed
from engine.tomlfile import TomlFile, parse
from sessions.playback import IDLE, IDLE_SECONDS, SPEEDS, Playback
from sessions.playbackindex import Index, MarkKind
from sessions.playbacksource import Held, Source
from sessions.summary import Ending

FRAME = 1 / 30
"""Seconds between two draws."""
CLOCK = 0.1
"""Seconds between two draws while nothing happens but time."""
BATCH = 512
"""Events read at once."""
FIRST, CHUNK = 512, 8192
"""Facts read at once: few for the first paint, then many."""
POLL = 0.1
"""Seconds between two looks whether a recorder has added anything."""
ALIVE = 1.0
"""Seconds between two looks whether the recorder is alive."""
SLICE = 0.004
"""Seconds of surveying at a stretch; then the keys have their turn."""


class OpenAt(NamedTuple):
    """Where a recording is opened: at a turn or the end, else at its start."""

    turn: int | None = None
    drift: bool = False
    """Whether where that turn drifts, if it does, and not where it begins."""
    at_end: bool = False
    """So is one that is being recorded, if no turn is named."""
    paused: bool = False
    """Whether the start is shown without playing on."""


FROM_START = OpenAt()


class RecordedView(ViewState):
    """The view of a recording: it knows its seed's elements from the seed that lies in it."""

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        super().apply(event)
        if isinstance(event, SessionStarted):
            self.priming.available = _elements(event)


class Replay:
    """The words of a person on one recording, and what comes of them."""

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        *,
        speed: float = 1.0,
        idle: float | None = IDLE,
    ) -> None:
        """`now` is a monotonic clock in seconds."""
        self.drawn: Callable[[], None] = lambda: None
        """Called when the view or the play head has changed, at most once a frame."""
        self.source: Source = Held("", ())
        self.view = RecordedView()
        self.index = Index()
        self.playback = Playback(self.index, now, speed=speed, idle=idle)
        self.snapshots = Snapshots()
        self.standing: Ending | None = None
        """How the session stands; none while that is not known yet."""
        self.surveyed = False
        """Whether snapshots reach to the end."""
        self.unreadable: set[int] = set()
        """Places of events that could not be read."""
        self.damage = ""
        """What is wrong with the recording, as a clause."""
        self.wrong = ""
        """What went wrong with reading it, as a sentence."""
        self.going: float | None = None
        """How far a long way to a point is, from 0 to 1."""
        self._at_rest = False
        self._blank = remember(self.view)
        self._wanted: int | None = None
        self._turn: int | None = None
        self._to_drift = False
        """Whether it is the drift of that turn that is looked for."""
        self._read_whole = False
        self._woken = asyncio.Event()
        self._ahead: tuple[int, list[AnyEvent | None]] = (0, [])

    @property
    def position(self) -> int:
        """How many events were folded."""
        return self.playback.position

    @property
    def resting(self) -> bool:
        """Whether nothing is left to do until somebody says something."""
        return self._at_rest and self._wanted is None and not self._woken.is_set()

    @property
    def following(self) -> bool:
        """Whether it is being recorded, and the newest events are shown as they come."""
        return self.standing == "recording" and self.playback.pinned

    async def run(self, source: Source, opening: OpenAt = FROM_START) -> None:
        """Read, play and follow a recording until cancelled."""
        self.source = source
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._told(self._play()))
                await self._told(self._read(opening))
                tasks.create_task(self._told(self._follow()))
                tasks.create_task(self._told(self._survey()))
        finally:
            take_up()

    def toggle(self) -> None:
        """Play, or pause; at the end, play from the start."""
        if self.playback.playing:
            self.playback.pause()
        else:
            if self.position >= len(self.index) and self.standing != "recording":
                self._wanted = 1
            self.playback.play()
        self._wake()

    def change_speed(self, step: int) -> None:
        """The next or the previous speed."""
        at = SPEEDS.index(min(SPEEDS, key=lambda speed: abs(speed - self.playback.speed)))
        self.playback.set_speed(SPEEDS[min(len(SPEEDS) - 1, max(0, at + step))])
        self._wake()

    def next_idle(self) -> None:
        """Shorten idle time to the next of its values."""
        idle = self.playback.idle
        at = IDLE_SECONDS.index(idle) if idle in IDLE_SECONDS else -1
        self.playback.set_idle(IDLE_SECONDS[(at + 1) % len(IDLE_SECONDS)])
        self._wake()

    def go(self, position: int) -> None:
        """Go to a position."""
        self._wanted = max(0, position)
        self._wake()

    def go_to_turn(self, turn: int, *, drift: bool = False) -> None:
        """Go to where a turn begins, or to its `drift` if it has one, as soon as that is known."""
        self._turn, self._to_drift = turn, drift
        self._find_turn()
        self._wake()

    def end(self) -> None:
        """Go to the end; where it is being recorded, follow."""
        self._wanted = len(self.index)
        if self.standing == "recording":
            self.playback.play()
        self._wake()

    def step(self, kind: MarkKind | None, by: int) -> bool:
        """Go to the next (`by` 1) or previous (-1) mark, or event (`kind` none); whether there is."""
        here = self._wanted if self._wanted is not None else self.position
        found = here + by if kind is None else self.index.step(kind, here, by)
        if found is None or not 1 <= found <= len(self.index):
            return False
        self.playback.pause()
        self.go(found)
        return True

    async def _told(self, work: Coroutine[Any, Any, None]) -> None:
        """Do a part of the work; where the store fails, say so and leave what is on screen."""
        try:
            await work
        except DrifttyError as error:
            self.wrong = str(error)
            self.playback.open_end = False
            self.drawn()

    async def _read(self, opening: OpenAt) -> None:
        """Learn what is where, the first page at once."""
        self.standing = await self.source.standing()
        to_end = opening.at_end or (self.standing == "recording" and opening.turn is None)
        if opening.turn is not None:
            self.go_to_turn(opening.turn, drift=opening.drift)
        elif opening.paused:
            self._wanted = 1
        elif not to_end:
            self.playback.play()
        await self.source.changed()
        most = FIRST
        while facts := await self.source.facts(len(self.index), most):
            for fact in facts:
                self.index.add(fact)
            self.playback.learn()
            self._find_turn()
            self._wake()
            if len(facts) < most:
                break
            most = CHUNK
        self._read_whole = True
        self._find_turn()
        self.playback.open_end = self.standing == "recording"
        if self._turn is not None or to_end:
            self._turn = None
            self.end()
        self._wake()

    async def _follow(self) -> None:
        """Take in what is recorded meanwhile, and notice when no more will come."""
        loop = asyncio.get_running_loop()
        asked = loop.time()
        while self.standing == "recording":
            await asyncio.sleep(POLL)
            if loop.time() - asked >= ALIVE:
                asked, self.standing = loop.time(), await self.source.standing()
            if await self.source.changed() or self.standing != "recording":
                await self._read_on()
        self.playback.open_end = False
        self.playback.passed(self.position)
        self._wake()

    async def _read_on(self) -> None:
        while facts := await self.source.facts(len(self.index), CHUNK):
            for fact in facts:
                self.index.add(fact)
            if self.index.marks["end"]:
                self.standing = await self.source.standing()
            self._wake()

    async def _survey(self) -> None:
        """Fold it once from front to end beside the view, for snapshots; then check the recording."""
        scout, position = RecordedView(), 0
        end = len(self.index)
        while position < end:
            last = self.snapshots.last
            if last is not None and last.position > position + BATCH:
                # Somebody went there meanwhile and left snapshots on the way.
                recall(scout, last.memory)
                position = last.position
            began = time.perf_counter()
            for event in await self.source.events(position, min(position + BATCH, end)):
                position += 1
                if event is not None:
                    scout.apply(event)
                if self.snapshots.passed(position, event, scout):
                    set_aside()
                if time.perf_counter() - began > SLICE:
                    await asyncio.sleep(SLICE)
                    began = time.perf_counter()
        if scout.shell.terminal is not None:
            scout.shell.terminal.close()
        self.surveyed = True
        self.damage = await self.source.damage()
        self._wake()

    async def _play(self) -> None:
        while True:
            self._woken.clear()
            if self._reachable():
                await self._go()
            elif self.playback.playing:
                await self._forward(self.playback.due())
            self.drawn()
            pause = self._pause()
            self._at_rest = pause is None
            try:
                async with asyncio.timeout(pause):
                    await self._woken.wait()
            except TimeoutError:
                pass
            self._at_rest = False

    def _pause(self) -> float | None:
        """Seconds until there is something to do; none where nothing comes by itself."""
        if self._reachable():
            return 0.0
        wait = self.playback.wait()
        return None if wait is None else max(FRAME, min(wait, CLOCK))

    def _reachable(self) -> bool:
        """Whether a position is wanted, and known of: one that was not read yet is waited for."""
        return self._wanted is not None and (self._read_whole or self._wanted <= len(self.index))

    async def _go(self) -> None:
        """Show what is wanted: from the nearest snapshot before it, or from here if that is nearer."""
        target = min(max(self._wanted or 0, 1), len(self.index))
        self._wanted = None
        kept = self.snapshots.before(target)
        start = kept.position if kept else 0
        if not start <= self.position <= target:
            # Read first, so that nobody sees the view between where it was and where it will be.
            await self._read_ahead(start)
            memory = kept.memory if kept else self._blank
            assert memory is not None  # a view without a terminal always gives one
            recall(self.view, memory)
            self.playback.position = start
        await self._forward(target)
        if self.position == target:
            self.playback.jump(target)

    async def _forward(self, target: int) -> None:
        """Fold up to a position, unless a person wants to be elsewhere meanwhile."""
        begun, drawn = self.position, time.perf_counter()
        while self.position < target and self._wanted is None:
            for event in await self._batch(target):
                if event is None:
                    self.unreadable.add(self.position)
                else:
                    self.view.apply(event)
                self.playback.position += 1
                self.snapshots.passed(self.position, event, self.view)
            if time.perf_counter() - drawn > CLOCK:
                self.going = (self.position - begun) / (target - begun)
                drawn = time.perf_counter()
                self.drawn()
        self.going = None
        if self._wanted is None:
            self.playback.passed(self.position)

    async def _batch(self, target: int) -> list[AnyEvent | None]:
        """The next events, from what was read ahead where they are in it."""
        await self._read_ahead(self.position)
        start, events = self._ahead
        return events[self.position - start : target - start]

    async def _read_ahead(self, position: int) -> None:
        """Read the events from a position on, if they are not there yet."""
        start, events = self._ahead
        if not start <= position < start + len(events):
            events = await self.source.events(position, min(position + BATCH, len(self.index)))
            self._ahead = (position, events)

    def _find_turn(self) -> None:
        found = None if self._turn is None else self.index.turn_position(self._turn)
        if found is None:
            return
        if self._to_drift:
            drift = self.index.step("drift", found, 1)
            if drift is None and not self._read_whole:
                return
            found = found if drift is None else drift
        self._turn, self._wanted, self._to_drift = None, found, False

    def _wake(self) -> None:
        self._woken.set()


def _elements(started: SessionStarted) -> tuple[str, ...]:
    """The elements of the seed that a session ran with, whatever became of its file since."""
    config = started.spec.config
    file = parse(config.source, config.seed)
    seed = parse_seed(file).value if isinstance(file, TomlFile) else None
    return seed.elements if seed else config.elements
