"""The Replay screen: the panes of Operate, fed by a recording, over its time line.

Further actions on a recording are mixins like `Plays`: their keys go to the place `replay` of the
keymap, and the mixin to the bases of `ReplayScreen`.
"""

from collections.abc import Iterable

from textual.widget import Widget

from console.keymap import bindings
from console.panes.header import Header
from console.panes.placing import put
from console.panes.shell import ShellPane
from console.panes.standing import ended, stands
from console.panes.timeline import ROWS, TimeLine, clock
from console.replay import FROM_START, OpenAt, Replay
from console.safe import clean_line
from console.screens.lattice import Lattice
from console.screens.replaygoing import Goes
from console.screens.replaying import Plays
from console.screens.replaytaking import Takes
from console.screens.rerunning import ForksReplayed
from console.view.line import Line, Piece, line
from engine.errors import DrifttyError
from engine.figures import number
from sessions.playback import IDLE
from sessions.playbackindex import Mark
from sessions.playbackreader import Recording
from sessions.visiting import file_of


class ReplayHeader(Header):
    """The header of a recording: its badge, and where the play head is."""

    BADGE = (Piece(" REPLAY ", "title-focused"),)

    def __init__(self, replay: Replay) -> None:
        super().__init__(replay.view.header)
        self._replay = replay

    def state(self) -> list[Piece]:
        """Playing or not, how fast, which turn, what time."""
        return play_pieces(self._replay, self.size.width)

    def seen(self) -> object:
        """What it says, and the facts."""
        return self.view.version, self.state()


class ReplayScreen(Plays, Goes, Takes, ForksReplayed, Lattice):
    """One recording, played; with a view of its own, so that a live run may go on meanwhile."""

    BINDINGS = bindings("replay")
    AUTO_FOCUS = "#timeline"
    PLACE = "replay"
    FOOT = ROWS

    def __init__(
        self,
        recording: str,
        opening: OpenAt = FROM_START,
        *,
        speed: float = 1.0,
        idle: float | None = IDLE,
    ) -> None:
        """`recording`: the session's id."""
        self.recording = recording
        self.replay = Replay(speed=speed, idle=idle)
        self._opening = opening
        self._said: set[str] = set()
        self._possible: object = None
        super().__init__(self.replay.view)

    def make_header(self) -> ReplayHeader:
        """Where the play head is."""
        return ReplayHeader(self.replay)

    def make_shell(self) -> ShellPane:
        """The recorded shell, which takes no keys."""
        return ShellPane(self.view.shell, self._nothing_yet, takes_keys=False)

    def make_bars(self) -> Iterable[Widget]:
        """The time line."""
        yield TimeLine(self.replay)

    def on_mount(self) -> None:
        """Open the recording and play it."""
        self.replay.drawn = self.sync
        self.run_worker(self._run(), group="replay", exit_on_error=True)
        file = file_of(self.recording)
        if file is not None:
            words = f"Played from {file}, which `driftty sessions import` takes into your library."
            self.notify(clean_line(words), timeout=6, markup=False)

    async def on_unmount(self) -> None:
        """Close the recording."""
        await ended(self)

    def place_bars(self) -> None:
        """Place search and time line."""
        super().place_bars()
        width, height = self.size
        put(self.query_one(TimeLine), 0, height - 1 - ROWS, width, ROWS)

    def sync(self) -> None:
        """Draw what changed since the last frame."""
        if not stands(self):
            return
        super().sync()
        self.query_one(TimeLine).sync()
        possible = self.replay.playback.playing, [bool(one) for one in self._marks()]
        if possible != self._possible:
            self._possible = possible
            self.refresh_bindings()
        for sentence in _troubles(self.replay):
            if sentence not in self._said:
                self._said.add(sentence)
                self.notify(clean_line(sentence), severity="warning", timeout=12, markup=False)

    def on_time_line_asked(self, event: TimeLine.Asked) -> None:
        """Go where the time line was clicked or dragged to."""
        self.replay.go(self.replay.playback.position_at(event.played))

    def _marks(self) -> Iterable[list[Mark]]:
        return self.replay.index.marks.values()

    async def _run(self) -> None:
        try:
            async with Recording.open(self.recording) as recording:
                await self.replay.run(recording, self._opening)
        except DrifttyError as error:
            self.replay.wrong = str(error)
            self.sync()

    def _nothing_yet(self) -> list[Line]:
        if self.replay.wrong:
            return [line(""), line(("✗ ", "bad"), self.replay.wrong, indent=2)]
        if self.replay.standing is not None and not len(self.replay.index):
            words = f"Session {self.recording} has no events: nothing of it can be played."
            return [line(""), line(("○ ", "note"), words, indent=2)]
        return [line(""), line(("Opening the recording …", "note"))]


def play_pieces(replay: Replay, width: int) -> list[Piece]:
    """How the play head stands, by glyph and word; the less important left out where it is narrow."""
    playback, index = replay.playback, replay.index
    if replay.going is not None:
        return [Piece(f"◌ going there {replay.going:.0%}", "phase-starting")]
    if replay.following:
        pieces = [Piece("● following", "phase-operating")]
    else:
        mark, style = ("▶", "phase-operating") if playback.playing else ("❚❚", "phase-paused")
        if not playback.playing and len(index) and replay.position >= len(index):
            mark, style = "■", "phase-ended"
        pieces = [Piece(f"{mark} ×{playback.speed:g}", style)]
        if playback.idle is not None and width >= 100:
            pieces.append(Piece(f" idle ≤ {playback.idle:g} s", "faint"))
    turn = index.turn(replay.position)
    if turn:
        limit = f"/{replay.view.header.limit}" if width >= 100 else ""
        pieces.append(Piece(f"  turn {turn}{limit}"))
    pieces.append(Piece(f"  {clock(index.at(replay.position))} / {clock(index.took)}", "heading"))
    if replay.standing in ("recording", "interrupted"):
        pieces.append(Piece(f"  {replay.standing}", "warn"))
    return pieces


def _troubles(replay: Replay) -> list[str]:
    """What a person must know of the recording, each in a sentence."""
    found = [replay.wrong] if replay.wrong else []
    if replay.damage:
        found.append(f"This recording is damaged: {replay.damage}. What is there is played.")
    if replay.unreadable:
        many = number(len(replay.unreadable), "event")
        found.append(f"{many} could not be read and are left out: see `driftty sessions check`.")
    if replay.standing == "interrupted" and len(replay.index):
        found.append("driftty was killed while it recorded this: it breaks off without an end.")
    return found
