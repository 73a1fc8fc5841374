"""The TALLY pane: what the runs so far came to, counted and no more."""

from rich.cells import cell_len

from console.experiment.configtable import bar_pieces
from console.panes.text import TextPane
from console.view.line import Line, Piece, line
from console.view.outcome import GLYPHS
from console.view.tally import COUNTED, Apart, Condition, TallyView
from console.view.tallyagainst import against
from engine.drift.interval import Interval
from engine.drift.tallies import PairTally, share
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
look, so you may watch it and stop when it is narrow enough. Beside other configs, tried alike, it says
whether they are separated, and if not about how many more runs of each that takes; that too may be
watched. F4 runs many at once.
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
    if current.clean is not None:
        lines.append(_scale(current.clean, width))
    apart = [f"{words} {current.apart[why]}" for why, words in APART.items() if current.apart[why]]
    if apart:
        lines.append(line(("not counted  ", "faint"), ("   ".join(apart), "text"), indent=13))
    if current.done:
        checked = f"{current.done[True]} of {number(current.done.total(), 'check')}"
        lines.append(line(("task done    ", "faint"), (checked, "text")))
    lines += [line(""), line((current.words(), "note"))]
    lines += [_against(pair, width) for pair in against(current, view.others)]
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
    cells = _cells(width)
    full = round(cells * count / runs) if runs else 0
    return line(
        (label, "text"),
        (FULL * full, f"bar-{outcome}"),
        (EMPTY * (cells - full), "rule"),
        (figure, "heading" if count else "faint"),
        (rate, "text"),
    )


def _scale(interval: Interval, width: int) -> Line:
    """The rate of clean runs from 0 to 1: full up to the lower bound, fading to the upper."""
    bar = bar_pieces(interval, max(_cells(width) - 2, 4))
    return line((f"{'  rate':<10}", "faint"), ("0", "faint"), *bar, ("1", "faint"))


def _cells(width: int) -> int:
    """Of a bar."""
    return max(4, min(WIDEST, width - 10 - 22))


def _against(pair: PairTally, width: int) -> Line:
    """The condition in view beside another, in words."""
    name = config_name(pair.b, max(width - 14, 12))
    if pair.better == pair.a:
        words = f"better than {name}: {pair.verdict}"
    elif pair.better == pair.b:
        words = f"worse than {name}: {pair.verdict}"
    else:
        words = f"beside {name}: {pair.verdict}"
    sign = ("◆ ", "good") if pair.decided else ("○ ", "faint")
    return line(sign, (words, "text" if pair.decided else "faint"), indent=2)


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
