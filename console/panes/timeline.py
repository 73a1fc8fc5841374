"""The time line of a recording: where everything is, where one is, and a way to anywhere else."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from console.panes.look import look_of
from console.panes.strips import on, strip_of
from console.replay import Replay
from console.view.line import Piece
from engine.events import Stage
from sessions.playbackindex import MarkKind

ROWS = 2
GLYPHS: dict[MarkKind, tuple[str, str]] = {
    "drift": ("▲", "drift-line"),
    "fault": ("✗", "bad"),
    "end": ("■", "note"),
    "approval": ("◆", "warn"),
    "command": ("›", "command"),
}
"""What a mark looks like, the one that matters most first."""
STAGES: dict[Stage, tuple[str, str]] = {
    "completion": ("▅", "phase-operating"),
    "exec": ("▂", "text"),
}
IDLE, PLAYED = ("·", "rule"), "accent"
HEAD = "┃"


class Cell(NamedTuple):
    """One column of the time line."""

    mark: str
    mark_style: str
    stage: str
    stage_style: str


class TimeLine(Widget, can_focus=True):
    """Two rows: marks over stages, the play head in both, the time at the right."""

    NAME = "TIME LINE"
    HELP = """\
A recording from its start to its end, in played time: what is idle is cut. Click it, or drag along it.

- `▅` the model wrote, `▂` a command ran, `·` neither; `┃` is where you are
- over them the numbers of the turns, `▲` a drift, `◆` a command that waited for approval, \
`›` one that ran, `✗` a fault, `■` the end
- the clock shows recorded time, so it leaps where idle time was cut
"""

    class Asked(Message):
        """A person wants to go to a played time, in seconds."""

        def __init__(self, played: float) -> None:
            super().__init__()
            self.played = played

    def __init__(self, replay: Replay) -> None:
        super().__init__(id="timeline")
        self._replay = replay
        self._cells: list[Cell] = []
        self._made: object = None
        self._seen: object = None
        self._dragging = False

    def sync(self) -> None:
        """Take in what changed."""
        playback = self._replay.playback
        seen = (
            len(self._replay.index),
            playback.position,
            self._column(),
            clock(self._replay.index.at(playback.position)),
            self.size.width,
        )
        if seen != self._seen:
            self._seen = seen
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Marks, or stages."""
        words = self._words(y)
        room = self._room()
        self._make(room)
        head = self._column()
        pieces = [Piece(" ")]
        for column, cell in enumerate(self._cells):
            if column == head:
                pieces.append(Piece(HEAD if y else cell.mark.strip() or "╻", "accent"))
            elif y == 0:
                pieces.append(Piece(cell.mark, cell.mark_style))
            else:
                style = PLAYED if column < head else cell.stage_style
                pieces.append(Piece(cell.stage, style))
        pad = max(1, self.size.width - room - cell_len(words) - 2)
        pieces += [Piece(" " * pad), Piece(words, "heading" if y == 0 else "faint"), Piece(" ")]
        return on(strip_of(look_of(self), *pieces), self.size.width, self.rich_style)

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Go where was clicked, and on while dragging."""
        self._dragging = True
        self.capture_mouse()
        self._ask(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go where was dragged."""
        if self._dragging:
            self._ask(event.x)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        self._dragging = False
        self.release_mouse()

    def _ask(self, x: int) -> None:
        room = max(1, self._room() - 1)
        self.post_message(
            self.Asked(self._replay.playback.total * min(1.0, max(0.0, (x - 1) / room)))
        )

    def _words(self, y: int) -> str:
        replay = self._replay
        if y == 0:
            here, whole = replay.index.at(replay.position), replay.index.took
            return f"{clock(here)} / {clock(whole)}"
        return f"event {replay.position:,} / {len(replay.index):,}"

    def _room(self) -> int:
        """Columns of the line itself; the rest is for the words, which must not move it."""
        widest = max(14, 10 + 2 * len(f"{len(self._replay.index):,}"))
        return max(10, self.size.width - widest - 3)

    def _column(self) -> int:
        playback = self._replay.playback
        return round(_share(playback.moment, playback.total) * (self._room() - 1))

    def _make(self, room: int) -> None:
        """Draw the line anew where something was added to it, or its time was cut otherwise."""
        playback, index = self._replay.playback, self._replay.index
        made = (len(index), room, playback.idle)
        if made == self._made:
            return
        self._made = made
        marks = _marks(self._replay, room)
        stages = _stages(self._replay, room)
        self._cells = [Cell(*marks[column], *stages[column]) for column in range(room)]


def clock(nanoseconds: int) -> str:
    """A time as a clock shows it: `0:12`, `1:02:03`."""
    minutes, seconds = divmod(nanoseconds // 1_000_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0


def _marks(replay: Replay, room: int) -> list[tuple[str, str]]:
    """What stands over each column: what matters most of what happened there, then turn numbers."""
    playback, index = replay.playback, replay.index
    total = playback.total

    def column(place: int) -> int:
        return round(_share(playback.played(place + 1), total) * (room - 1))

    row = [(" ", "text")] * room
    for kind in reversed(GLYPHS):
        for mark in index.marks[kind]:
            row[column(mark.place)] = GLYPHS[kind]
    for mark in index.marks["turn"]:
        at, text = column(mark.place), str(mark.turn)
        if _free(row, at - 1, at + len(text) + 1):
            row[at : at + len(text)] = [(digit, "faint") for digit in text]
    return row


def _free(row: Sequence[tuple[str, str]], start: int, stop: int) -> bool:
    """Whether a number fits there with a blank at each side; commands may give way."""
    return 0 < stop <= len(row) + 1 and all(
        text in (" ", "›") for text, _ in row[max(0, start) : stop]
    )


def _stages(replay: Replay, room: int) -> list[tuple[str, str]]:
    """What went on in each column: the model wrote, the shell ran, or neither."""
    playback, index = replay.playback, replay.index
    total = playback.total
    row = [IDLE] * room
    for stretch in index.stretches:
        first, last = (
            round(_share(playback.played_at(at), total) * (room - 1))
            for at in (stretch.began, stretch.ended)
        )
        row[first : last + 1] = [STAGES[stretch.stage]] * (last + 1 - first)
    return row
