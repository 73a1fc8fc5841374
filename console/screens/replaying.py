"""What a person says to a recording: play, pause, faster, on to the next, back to the start."""

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, cast

from console.screens.payload import PayloadScreen
from console.screens.replaychoose import ChooseRecording
from console.view.payload import FOLDED, PayloadView
from engine.events import AnyEvent
from sessions.playbackindex import MarkKind
from sessions.playbackreader import Recording

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.replay import ReplayScreen

KINDS: tuple[MarkKind, ...] = ("turn", "command", "drift")


class Plays:
    """Actions of the Replay screen on its recording."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Whether an action makes sense now: a drift is no place to go to where there is none."""
        screen = cast("ReplayScreen", self)
        if action == "step" and parameters:
            kind = cast(MarkKind, parameters[0])
            return kind not in KINDS or bool(screen.replay.index.marks[kind])
        return True

    def shorts(self) -> dict[str, str]:
        """What the footer says of keys whose meaning changes."""
        replay = cast("ReplayScreen", self).replay
        return {} if replay.playback.playing else {"replay.pause": "play"}

    def action_play(self) -> None:
        """Play, or pause."""
        screen = cast("ReplayScreen", self)
        screen.replay.toggle()
        screen.refresh_bindings()

    def action_speed(self, step: int) -> None:
        """Faster or slower."""
        cast("ReplayScreen", self).replay.change_speed(step)

    def action_step(self, kind: str, by: int) -> None:
        """To the next or the previous mark or event."""
        screen = cast("ReplayScreen", self)
        moved = screen.replay.step(None if kind == "event" else cast(MarkKind, kind), by)
        if not moved:
            where = "after" if by > 0 else "before"
            screen.notify(f"There is no {kind} {where} this.", timeout=2, markup=False)
        screen.refresh_bindings()

    def action_start(self) -> None:
        """To the start."""
        cast("ReplayScreen", self).replay.go(1)

    def action_end(self) -> None:
        """To the end."""
        cast("ReplayScreen", self).replay.end()

    def action_idle(self) -> None:
        """Shorten idle time otherwise."""
        screen = cast("ReplayScreen", self)
        screen.replay.next_idle()
        idle = screen.replay.playback.idle
        words = f"cut to {idle:g} s" if idle is not None else "as long as it was"
        screen.notify(f"Idle time is {words}.", timeout=2, markup=False)

    def action_payload(self) -> None:
        """The exact prompts of the recording, that of this point first."""
        screen = cast("ReplayScreen", self)
        app, view = cast("DrifttyApp", screen.app), screen.view
        screen.replay.playback.pause()
        app.push_screen(
            PayloadScreen(
                PayloadView(),
                app.inspecting,
                turn=view.payload.turn or None,
                reading=lambda: _prompts(screen.recording),
                exists=view.lint.exists,
                priming=view.priming,
            ),
            self._sync_again,
        )

    def _sync_again(self, _: None) -> None:
        """What was asked of the model on the way may be shown now."""
        screen = cast("ReplayScreen", self)
        screen.call_after_refresh(screen.sync)

    def action_against(self) -> None:
        """Choose another recording and show both side by side."""
        screen = cast("ReplayScreen", self)
        screen.replay.playback.pause()
        screen.app.push_screen(ChooseRecording(screen.recording), self._against)

    def _against(self, other: str | None) -> None:
        screen = cast("ReplayScreen", self)
        if other is not None:
            cast("DrifttyApp", screen.app).open_comparison(screen.recording, other)


async def _prompts(recording: str) -> AsyncIterator[AnyEvent]:
    """What a recording tells of its prompts, from its start to its end."""
    async with Recording.open(recording) as opened:
        async for event in opened.only(FOLDED):
            yield event
