"""What a person does with a recording from the screens that show one: fork it, run it again."""

from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from console.app import DrifttyApp
    from console.screens.replay import ReplayScreen
    from console.screens.sessions import SessionsScreen


class ForksReplayed:
    """Actions of the Replay screen that run the recording again."""

    def action_fork(self) -> None:
        """Fork it at the turn under the play head."""
        screen = cast("ReplayScreen", self)
        replay = screen.replay
        turn = replay.index.turn(replay.position) if len(replay.index) else 0
        replay.playback.pause()
        cast("DrifttyApp", screen.app).fork(screen.recording, turn or None)

    def action_verify(self) -> None:
        """Run it again, token by token."""
        screen = cast("ReplayScreen", self)
        cast("DrifttyApp", screen.app).verify(screen.recording)


class ForksListed:
    """Actions of the Sessions screen that run the session under the cursor again."""

    def action_fork(self) -> None:
        """Fork it where it drifted, or else at its last turn."""
        screen = cast("SessionsScreen", self)
        session = _session(screen)
        if session:
            screen.console.fork(session)

    def action_verify(self) -> None:
        """Run it again, token by token."""
        screen = cast("SessionsScreen", self)
        session = _session(screen)
        if session:
            screen.console.verify(session)


def _session(screen: "SessionsScreen") -> str:
    """The session under the cursor; empty where there is none, as of an experiment, which is said."""
    from sessions.listing import Trial
    from sessions.summary import Summary

    key = screen.view.current
    row = screen.view.rows.get(key) if key is not None else None
    if isinstance(row, Trial):
        words = "This is an experiment; → shows its runs, each of which can be forked and verified."
        screen.app.notify(words, timeout=4, markup=False)
    return row.id if isinstance(row, Summary) else ""
