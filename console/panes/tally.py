"""The TALLY pane: what the runs so far came to, counted and no more."""

from collections import Counter

from rich.cells import cell_len

from console.panes.text import TextPane
from console.view.figures import config_name, number
from console.view.line import Line, Piece, line
from console.view.outcome import GLYPHS
from console.view.tally import COUNTED, TallyView
from engine.events import Outcome

FULL, EMPTY = "▇", "▁"


class TallyPane(TextPane):
    """Counts per outcome for the config in view, then one line for each other config."""

    NAME = "TALLY"
    HELP = """\
What the runs since the console was opened came to, counted per config.

- `clean`: only commands, and it exited by itself
- `no-exit`: only commands, up to the turn limit
- `drift`: it stopped operating
- `fault` and `stopped` say nothing about the operator and are counted apart

One run tells nothing, and a few tell little: at a temperature above 0 the next may go the other way.
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
        self.subtitle = (Piece(config_name(self._view.config, self.width - 14), "subtitle"),)
        self.show(tally_lines(self._view, self.width))


def tally_lines(view: TallyView, width: int) -> list[Line]:
    """The pane's lines for a width in cells."""
    counts = view.counts.get(view.config, Counter())
    runs = view.runs(view.config)
    lines = [_bar(outcome, counts.get(outcome, 0), runs, width) for outcome in COUNTED]
    apart: tuple[Outcome, ...] = ("fault", "stopped")
    shown = [f"{GLYPHS[one]} {one} {counts[one]}" for one in apart if counts.get(one)]
    if shown:
        lines.append(line(("not counted  ", "faint"), ("   ".join(shown), "text"), indent=13))
    done = view.done.get(view.config)
    if done:
        checked = f"{done[True]} of {number(done.total(), 'check')}"
        lines.append(line(("task done    ", "faint"), (checked, "text")))
    lines.append(line(""))
    lines.append(line((view.words(view.config), "note")))
    others = view.others()
    if others:
        lines.append(line(""))
        lines.extend(_other(view, config, width) for config in others)
    return lines


def _bar(outcome: Outcome, count: int, runs: int, width: int) -> Line:
    label = f"{GLYPHS[outcome]} {outcome:<8}"
    figure = f"{count:>4}"
    cells = max(4, min(32, width - cell_len(label) - len(figure) - 1))
    full = round(cells * count / runs) if runs else 0
    return line(
        (label, "text"),
        (FULL * full, f"bar-{outcome}"),
        (EMPTY * (cells - full), "rule"),
        (figure, "heading" if count else "faint"),
    )


def _other(view: TallyView, config: str, width: int) -> Line:
    counts = view.counts[config]
    shown = "  ".join(f"{GLYPHS[one]} {counts[one]}" for one in counts if counts[one])
    room = max(8, width - cell_len(shown) - 2)
    return line((f"{config_name(config, room):<{room}}  ", "faint"), (shown, "text"))
