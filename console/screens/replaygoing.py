"""Where in a recording a person wants to be: at a place they name, or where a text stands."""

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, NamedTuple, cast

from console.safe import clean_line
from console.screens.dialog import Ask
from engine.errors import DrifttyError
from engine.figures import number
from sessions.playbackfind import WORDS, place_named, positions_of

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.replay import ReplayScreen


class Found(NamedTuple):
    """What was looked for in the whole recording, and at which positions it has just come up."""

    text: str
    positions: list[int]
    among: int
    """How many events there were then: one that is being recorded has more by now."""


class Goes:
    """Actions of the Replay screen that go to a place."""

    found: Found | None = None

    def action_go(self) -> None:
        """Ask for a place and go there."""
        screen = cast("ReplayScreen", self)
        screen.app.push_screen(Ask("Go to", f"{WORDS[0].upper()}{WORDS[1:]}."), self._go)

    def action_find(self) -> None:
        """Ask for a text and go to where it next comes up in the recording."""
        hint = (
            "In what was written, printed and said. n and N go to the next and the previous place."
        )
        text = self.found.text if self.found else ""
        cast("ReplayScreen", self).app.push_screen(
            Ask("Find in the whole recording", hint, clean_line(text)), self._find
        )

    def action_hit_in_recording(self, by: int) -> None:
        """To the next or the previous place of the text that was looked for."""
        screen = cast("ReplayScreen", self)
        if self.found is None:
            self.action_find()
        else:
            screen.run_worker(self._visit(self.found.text, by), group="find", exclusive=True)

    def _go(self, answer: str | None) -> None:
        screen = cast("ReplayScreen", self)
        if answer is None:
            return
        position = place_named(answer, screen.replay.index, screen.replay.playback)
        if position is None:
            words = f"“{answer}” is no place in this recording: {WORDS}."
            screen.notify(clean_line(words), severity="warning", markup=False)
        else:
            screen.replay.playback.pause()
            screen.replay.go(position)

    def action_back(self) -> None:
        """No marks any more, all panes again, then back to where one came from."""
        screen = cast("ReplayScreen", self)
        if any(screen.pane(name).found for name in screen.PANES):
            self._mark("")
        elif screen.maximised:
            screen.action_restore()
        else:
            cast("DrifttyApp", screen.app).close_recording()

    def _mark(self, text: str) -> None:
        """Mark a text wherever it stands in the panes."""
        screen = cast("ReplayScreen", self)
        for name in screen.PANES:
            pane = screen.pane(name)
            pane.found = text.lower()
            pane.refresh()

    def _find(self, text: str | None) -> None:
        if text is not None:
            cast("ReplayScreen", self).run_worker(
                self._visit(text, 1), group="find", exclusive=True
            )

    async def _visit(self, text: str, by: int) -> None:
        """Go to the next place of a text, or the previous; from the last one on to the first again."""
        screen = cast("ReplayScreen", self)
        replay = screen.replay
        known = self.found
        self._mark(text)
        if known is None or known.text != text or known.among != len(replay.index):
            among = len(replay.index)
            try:
                positions = await positions_of(text, replay.source, replay.index)
            except DrifttyError as error:
                screen.notify(clean_line(str(error)), severity="error", markup=False)
                return
            known = self.found = Found(text, positions, among)
        if not known.positions:
            words = f"“{text}” is nowhere in this recording."
            screen.notify(clean_line(words), severity="warning", timeout=4, markup=False)
            return
        at = (
            bisect_right(known.positions, replay.position) if by > 0
            else bisect_left(known.positions, replay.position) - 1
        ) % len(known.positions)  # fmt: skip
        replay.playback.pause()
        replay.go(known.positions[at])
        words = f"{at + 1} of {number(len(known.positions), 'place')} with “{text}”"
        screen.notify(clean_line(words), timeout=3, markup=False)
