"""The TALLY pane: what the runs so far came to, counted and no more."""

from rich.cells import cell_len

from console.panes.text import TextPane
from console.view.line import Line, Piece, line
from console.view.outcome import GLYPHS
from console.view.tally import COUNTED, Apart, Condition, TallyView
from engine.drift.tallies import share
from engine.events import Outcome
from engine.figures import config_name, number

FULL, EMPTY = "▇", "▁"
WIDEST = 24
"""Cells of the longest bar."""

APART: dict[Apart, str] = {
    "fault": "✗ fault",
    "stopped": "■ stopped",
    "steered": "✎ steered by you",
    "repeated": "= same rng again",
}


class TallyPane(TextPane):
    """Counts per outcome for the condition in view, then one line for each other."""

    NAME = "TALLY"
    HELP = """\
What the runs since the console was opened came to, counted together only where they were asked for
alike: config, task, model, sampling and policies.

- `clean`: only commands, and it exited by itself
- `no-exit`: only commands, up to the turn limit
- `drift`: it stopped operating
- not counted: runs that broke, that you stopped or had a hand in, and the same rng once more

One run tells nothing. From two runs on the rate of clean ones has an interval that holds at every
look, so you may watch it and stop when it is narrow enough.
"""

    def __init__(self, view: TallyView) -> None:
        super().__init__(id="tally")
        self._view = view
        self._seen = (-1, 0)

    def sync(self) -> None:
        """Take in what changed."""
        seen = (self._view.version, self.width)
        if seen == self._seen:
            return
        self._seen = seen
        current = self._view.current
        name = config_name(current.spec.config.name, self.width - 14) if current else ""
        self.subtitle = (Piece(name, "subtitle"),) if name else ()
        self.show(tally_lines(self._view, self.width))


def tally_lines(view: TallyView, width: int) -> list[Line]:
    """The pane's lines for a width in cells."""
    current = view.current
    if current is None:
        return []
    lines = []
    if view.experiment:
        lines.append(line(("experiment  ", "faint"), (view.experiment, "accent"), ("  F4", "key")))
    lines += [_bar(current, outcome, width) for outcome in COUNTED]
    apart = [f"{words} {current.apart[why]}" for why, words in APART.items() if current.apart[why]]
    if apart:
        lines.append(line(("not counted  ", "faint"), ("   ".join(apart), "text"), indent=13))
    if current.done:
        checked = f"{current.done[True]} of {number(current.done.total(), 'check')}"
        lines.append(line(("task done    ", "faint"), (checked, "text")))
    lines += [line(""), line((current.words(), "note"))]
    if view.others:
        lines.append(line(""))
        lines.extend(_other(one, width) for one in view.others)
    return lines


def _bar(condition: Condition, outcome: Outcome, width: int) -> Line:
    runs, count = condition.runs, condition.outcomes[outcome]
    label = f"{GLYPHS[outcome]} {outcome:<8}"
    figure = f" {count}/{runs}" if runs and outcome == "clean" else f" {count}"
    rate = ""
    if outcome == "clean" and (interval := condition.clean) is not None:
        rate = f"  {share(count / runs)} [{share(interval.low)}–{share(interval.high)}]"
    cells = max(4, min(WIDEST, width - cell_len(label) - 22))
    full = round(cells * count / runs) if runs else 0
    return line(
        (label, "text"),
        (FULL * full, f"bar-{outcome}"),
        (EMPTY * (cells - full), "rule"),
        (figure, "heading" if count else "faint"),
        (rate, "text"),
    )


def _other(condition: Condition, width: int) -> Line:
    shown = "  ".join(
        f"{GLYPHS[outcome]} {condition.outcomes[outcome]}"
        for outcome in COUNTED
        if condition.outcomes[outcome]
    )
    warmth = f" T {condition.spec.sampling.temperature:g}"
    room = max(8, width - cell_len(shown) - cell_len(warmth) - 2)
    name = config_name(condition.spec.config.name, room)
    return line((f"{name + warmth:<{room + len(warmth)}}  ", "faint"), (shown or "–", "text"))
