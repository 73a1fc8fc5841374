"""What a run came to, in words and glyphs that need no colour."""

from console.view.line import Line, line
from engine.events import Outcome, RunEnded
from engine.figures import number

GLYPHS: dict[Outcome, str] = {
    "clean": "✓",
    "drift": "▲",
    "no-exit": "◐",
    "fault": "✗",
    "stopped": "■",
}

STYLES: dict[Outcome, str] = {
    "clean": "good",
    "drift": "drift-line",
    "no-exit": "warn",
    "fault": "bad",
    "stopped": "note",
}


def ended_lines(event: RunEnded) -> list[Line]:
    """The summary of a run: its outcome, its axes scored apart, and what ended it."""
    axes = [f"operated {_tick(event.operated)}", f"exited {_tick(event.exited)}"]
    if event.done is not None:
        axes.append(f"done {_tick(event.done)}")
    outcome = f"{GLYPHS[event.outcome]} {event.outcome}"
    if event.drift_turn is not None:
        outcome += f": {event.drift_kind}, turn {event.drift_turn}"
    return [
        line(("── ", "rule"), ("run ended ", "rule-label"), filler="─"),
        line((outcome, STYLES[event.outcome]), indent=2),
        line(
            (" · ".join([*axes, number(event.turns, "turn")]), "text"),
            (f"  {event.why}", "note"),
            indent=2,
        ),
    ]


def _tick(yes: bool) -> str:
    return "✓" if yes else "✗"
