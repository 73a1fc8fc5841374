"""The STAGES pane: where every millisecond went, as one line or, with room, as a table."""

from typing import get_args

from rich.cells import cell_len
from textual import events

from console.panes.text import TextPane
from console.view.line import Line, Piece, line
from console.view.stages import StagesView, TurnStages
from console.view.waterfall import profile_lines
from engine.events import Stage
from engine.figures import duration, number, rate, size
from engine.held import Held
from engine.profile import title

RUNNING = "▸"

TALL = 16
"""Rows from which there is room for bars and percentiles under the table."""

COLUMNS: tuple[tuple[str, int], ...] = (
    ("turn", 5),
    ("prefill", 9),
    ("seed", 9),
    ("first", 9),
    ("tokens", 8),
    ("completion", 11),
    ("speed", 12),
    ("exec", 9),
    ("observe", 9),
)
"""Title and width in cells."""


class StagesPane(TextPane):
    """The latest of each stage in one line; all turns in a table; or all that a profile says."""

    NAME = "STAGES"
    HELP = """\
What each stage of a turn took, by the session's own clock.

- `load` the model's weights, `bring up` sandbox and shell to the first prompt
- `seed` the prompt's new tokens (prefill), `first token` from request to first token
- `completion` from request to last token, `route` telling command from drift
- `exec` the command in the shell, `observe` shell output to a user turn

`▸` marks the stage under way. With room (z maximises the pane), a bar a turn shows what its time \
went into, and below it what dominates, and percentiles over the turns; `record` and `draw` are what \
the console itself took.
"""

    def __init__(self, view: StagesView) -> None:
        super().__init__(id="stages")
        self._view = view
        self._seen = (-1, 0)

    def sync(self) -> None:
        """Take in what changed."""
        table = self.size.height > 2
        seen = (self._view.version, self.size.height)
        if seen == self._seen:
            return
        self._seen = seen
        lines = (
            stage_table(self._view, self.width) if table else [stage_line(self._view, self.width)]
        )
        if self.size.height >= TALL and self._view.turns:
            profile = self._view.profiler.profile
            lines += [line(""), *profile_lines(profile, self.width)]
        self.show(lines)
        total = sum(turn.took.get("completion", 0) for turn in self._view.turns)
        ran = sum(turn.took.get("exec", 0) for turn in self._view.turns)
        parts = f"model {duration(total)}" if total else ""
        parts += f" · shell {duration(ran)}" if total and ran else ""
        held = self._view.profiler.held
        more = (Piece(f" · {held_short(held[-1].held)}", "subtitle"),) if parts and held else ()
        self.subtitle = (Piece(parts, "subtitle"), *more) if parts else ()

    def on_resize(self, event: events.Resize) -> None:
        """Change between line and table."""
        super().on_resize(event)
        self.sync()


def held_short(held: Held) -> str:
    """What the model holds, in a few words: `640 MB`, on a GPU `GPU 1.3 GB of 144 GB, 87 % busy`."""
    if held.where == "process":
        return f"{size(held.memory)}, {size(held.peak)} at most" if held.peak else size(held.memory)
    of = f" of {size(held.total)}" if held.total else ""
    busy = f", {held.utilisation} % busy" if held.utilisation is not None else ""
    return f"GPU {size(held.memory)}{of}{busy}"


def stage_line(view: StagesView, width: int | None = None) -> Line:
    """The latest of each stage, in the order they happen, the one under way marked.

    In fewer cells than it takes, the earliest are left out: one row shows no more than its end.
    """
    said: list[list[tuple[str, str]]] = []
    latest = view.latest
    for stage in get_args(Stage):
        name = title(stage)
        took = view.once.get(stage) if stage in view.once else None
        if latest and stage in latest.took:
            took = latest.took[stage]
        running = view.running == stage
        if took is None and not running:
            continue
        if stage in ("route", "observe") and not running:
            continue  # always well below what a person waits for; the table has them
        head = f"{RUNNING} {name} " if running else f"{name} "
        said.append([(head, "faint"), (duration(took) if took is not None else "…", "text")])
        if stage == "completion" and latest:
            said.append([(rate(*latest.decoding), "heading")])
    if not said:
        return line(("Nothing has been timed yet.", "note"))
    made = _joined(said)
    while width is not None and len(said) > 1 and cell_len(made.text) > width:
        del said[0]
        made = _joined(said)
    return made


def _joined(said: list[list[tuple[str, str]]]) -> Line:
    between = [(" · ", "rule")]
    return line(*said[0], *(piece for one in said[1:] for piece in (*between, *one)))


def stage_table(view: StagesView, width: int) -> list[Line]:
    """One row a turn, newest last, under what happened once."""
    lines = []
    if view.once:
        once = " · ".join(f"{title(stage)} {duration(took)}" for stage, took in view.once.items())
        lines.append(line((once, "text")))
    if not view.turns:
        return lines or [line(("Nothing has been timed yet.", "note"))]
    shown = _columns(width)
    heads = "".join(f"{title:>{cells}}" for title, cells in shown)
    lines.append(line((heads, "faint")))
    for turn in view.turns:
        cells = _cells(turn)
        text = "".join(f"{cells[title]:>{size}}" for title, size in shown)
        under_way = turn is view.latest and view.running
        lines.append(
            line((text, "text"), (f"  {RUNNING} {title(view.running)}", "accent"))
            if under_way and view.running
            else line((text, "text"))
        )
    return lines


def _columns(width: int) -> list[tuple[str, int]]:
    """As many columns as fit, leaving out first what says least."""
    shown = list(COLUMNS)
    for least in ("observe", "prefill", "first", "tokens", "seed"):
        if sum(cells for _, cells in shown) + 14 <= width:
            break
        shown = [column for column in shown if column[0] != least]
    return shown


def _cells(turn: TurnStages) -> dict[str, str]:
    def took(stage: Stage) -> str:
        return duration(turn.took[stage]) if stage in turn.took else "–"

    return {
        "turn": str(turn.turn),
        "prefill": number(turn.prefilled, "tok", "tok") if turn.prefilled else "–",
        "seed": took("seed"),
        "first": took("first_token"),
        "tokens": str(turn.tokens) if turn.tokens else "–",
        "completion": took("completion"),
        "speed": rate(*turn.decoding) if turn.tokens else "–",
        "exec": took("exec"),
        "observe": took("observe"),
    }
