"""How recorded sessions look on the command line: coloured on a terminal, plain in a pipe."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from console.cli.seedview import plain_console
from console.safe import clean, clean_line
from console.view.outcome import GLYPHS as RUN_GLYPHS
from engine.events import AnyEvent, Provenance
from engine.figures import duration, number, size
from engine.run import RunSpec
from sessions.summary import Ending, Summary
from sessions.transcript import Passage, PassageKind, Transcript

if TYPE_CHECKING:
    from rich.text import Text

_PIPE_WIDTH = 1000
"""Where nobody's terminal sets a limit, nothing is cut."""
_WIDE = 110
"""Cells from which on there is room for model and task."""
_GAP = 2
_CUT = {"config", "model", "task", "tags"}
"""Columns that are cut, or left out, where there is no room."""
_NUMBERS = {"turns", "drift", "length"}
GLYPHS: dict[Ending, str] = {"recording": "●", "interrupted": "⊘"}
GLYPHS.update(RUN_GLYPHS.items())
STYLES: dict[Ending, str] = {
    "clean": "green",
    "drift": "bold yellow",
    "no-exit": "yellow",
    "fault": "bold red",
    "stopped": "dim",
    "recording": "cyan",
    "interrupted": "red",
}
_PASSAGES: dict[PassageKind, tuple[str, str]] = {
    "seed": ("│ ", "dim"),
    "reasoning": ("… ", "dim italic"),
    "comment": ("# ", "dim"),
    "prose": ("✗ ", "yellow"),
    "command": ("$ ", "bold"),
    "output": ("", ""),
    "told": ("» ", "cyan"),
    "verdict": ("  └ ", "dim"),
    "drift": ("▲ DRIFT ", "bold yellow"),
    "note": ("· ", "dim"),
    "fault": ("✗ FAULT ", "bold red"),
    "stages": ("  ", "dim"),
    "end": ("── ", "bold"),
}
"""What begins a passage's first line, and how it looks on a terminal."""


def session_table(
    sessions: Sequence[Summary], total: int, offset: int, names: Mapping[str, str] | None = None
) -> None:
    """Sessions, one a line; on a narrow terminal without model and task.

    `names`: by id, what a person types instead of it.
    """
    from rich.table import Table
    from rich.text import Text

    console = plain_console()
    if not console.is_terminal:
        console.width = _PIPE_WIDTH
    wide = console.width >= _WIDE
    cells = [_cells(summary, wide) for summary in sessions]
    for summary, row in zip(sessions, cells, strict=True):
        if name := (names or {}).get(summary.id):
            row["id"] = Text(f"shipped:{name}", "bold")
    # Columns without a share are as wide as they need; the others have what is left.
    shares = {"config": 0.4, "model": 0.15, "task": 0.3, "tags": 0.15} if wide else {"config": 1.0}
    if not any(summary.tags for summary in sessions):
        shares.pop("tags", None)
    headings = [heading for heading in cells[0] if heading in shares or heading not in _CUT]
    needed = sum(
        max(len(heading), *(row[heading].cell_len for row in cells)) + _GAP
        for heading in headings
        if heading not in shares
    )
    room = (console.width - needed - _GAP * len(shares)) / sum(shares.values())
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="dim")
    for heading in headings:
        most = max(6, int(room * shares[heading])) if heading in shares else None
        justify: Literal["left", "right"] = "right" if heading in _NUMBERS else "left"
        table.add_column(
            heading, no_wrap=True, overflow="ellipsis", max_width=most, justify=justify
        )
    for row in cells:
        table.add_row(*(row[heading] for heading in headings))
    console.print(table)
    last = offset + len(sessions)
    if len(sessions) < total:
        console.print(
            Text(f"{offset + 1} to {last} of {total}; --limit and --offset show others", "dim")
        )


def _cells(summary: Summary, wide: bool) -> "dict[str, Text]":
    """A session's cells by their columns' headings, in order."""
    from rich.text import Text

    began = _local(summary.began)
    drift = f"{summary.drift_kind} @{summary.drift_turn}" if summary.drift_turn else ""
    return {
        "id": Text(summary.id, "bold"),
        "began": Text(began if wide else began[5:16]),
        "outcome": outcome(summary),
        "config": Text(_config(summary)),
        "model": Text(clean_line(summary.model)),
        "task": Text(clean_line(summary.task)),
        "turns": Text(str(summary.turns)),
        "drift": Text(drift),
        "length": Text(duration(summary.took)),
        "tags": Text(clean_line(" ".join(summary.tags)), "cyan"),
    }


def _config(summary: Summary) -> str:
    """The config, after what tells a run from those of other arms."""
    return clean_line(f"{summary.arm} · {summary.config}" if summary.arm else summary.config)


def left_out(runs: int) -> None:
    """Say that runs of experiments are not in the list."""
    import click

    if runs:
        click.echo(
            f"{number(runs, 'run')} of experiments left out; --all lists them, -e ID those of one",
            err=True,
        )


def nothing_found(*, narrowed: bool) -> None:
    """What to do where there is nothing to list."""
    import click

    if narrowed:
        click.echo("No session is like that; `driftty sessions list` shows all.", err=True)
    else:
        click.echo(
            "No session is recorded yet. Every run is recorded by itself; make one:\n"
            '  driftty run --task "show the hostname, then exit"\n'
            "  driftty open --demo        needs no model\n"
            "Some came with driftty: driftty sessions list --shipped",
            err=True,
        )


def header(summary: Summary, spec: RunSpec, provenance: Provenance | None) -> None:
    """What was asked, what came of it, and who answered."""
    from rich.text import Text

    console = plain_console()
    sampling = spec.sampling
    rows = {
        "session": f"{summary.id} · {_local(summary.began)} · driftty {summary.version}",
        "forked": _origin(summary),
        "outcome": _ending(summary),
        "config": f"{summary.config} · hash {summary.config_hash[:12]}",
        "task": f"{spec.task.name}: {spec.task.text}" if spec.task.name else spec.task.text,
        "sampling": f"temperature {sampling.temperature:g} · top-p {sampling.top_p:g} · "
        f"top-k {sampling.top_k} · min-p {sampling.min_p:g} · rng {spec.rng}",
        "run": f"{number(spec.turns, 'turn')} at most · {spec.channel} channel · {spec.policy} · "
        f"drift: {spec.drift} · sandbox {spec.sandbox}",
        "model": _model(provenance) if provenance else f"{spec.model} (it never answered)",
        "recorded": f"{number(summary.events, 'event')} · {size(summary.bytes)} · "
        f"{number(summary.tokens, 'token')} · {duration(summary.took)}",
        "tags": " ".join(summary.tags),
        "note": summary.note,
    }
    for label, text in rows.items():
        if text:
            console.print(Text.assemble((f"{label:<10}", "dim"), clean_line(text)), soft_wrap=True)


def _origin(summary: Summary) -> str:
    if not summary.parent:
        return ""
    turn = f", turn {summary.parent_turn}" if summary.parent_turn else ""
    change = f": {summary.change}" if summary.change else ""
    return f"from {summary.parent}{turn}{change}"


class Reading:
    """Prints a session's events as a transcript."""

    def __init__(self) -> None:
        self._console = plain_console()
        self._transcript = Transcript()
        self._seed_told = False

    def show(self, event: AnyEvent) -> None:
        """Print what an event adds."""
        for passage in self._transcript.tell(event):
            self._print(passage)

    def end(self, summary: Summary) -> None:
        """Print what is left to say where the recording stops."""
        for passage in self._transcript.close():
            self._print(passage)
        if summary.outcome == "recording":
            self._print(Passage("note", "it is being recorded: more will follow"))
        elif summary.outcome == "interrupted":
            self._print(Passage("end", "interrupted: driftty was killed; this is all there was"))

    def _print(self, passage: Passage) -> None:
        from rich.text import Text

        if passage.kind == "turn":
            self._heading(f"turn {passage.label}")
            return
        if passage.kind == "seed":
            if not self._seed_told:
                self._heading("seed")
            self._seed_told = True
        text = passage.text
        if passage.kind == "seed":
            text = f"{passage.label}: {text}"
        elif passage.kind == "command" and passage.label == "person":
            text += "    (by a person)"
        elif passage.kind == "reasoning" and passage.label:
            text += f" ({passage.label})"
        mark, style = _PASSAGES[passage.kind]
        indent = "\n" + " " * len(mark)
        lines = clean(text).rstrip("\n").replace("\n", indent)
        self._console.print(Text(mark + lines, style), soft_wrap=True)

    def _heading(self, words: str) -> None:
        from rich.text import Text

        self._console.print()
        self._console.print(Text(f"── {words} {'─' * (60 - len(words))}", "bold"))


def outcome(summary: Summary) -> "Text":
    """What a session came to, by glyph and word."""
    from rich.text import Text

    return Text(f"{GLYPHS[summary.outcome]} {summary.outcome}", STYLES[summary.outcome])


def _ending(summary: Summary) -> str:
    drift = f", {summary.drift_kind} in turn {summary.drift_turn}" if summary.drift_turn else ""
    why = f" · {summary.why}" if summary.why else ""
    turns = number(summary.turns, "turn")
    return f"{GLYPHS[summary.outcome]} {summary.outcome}{drift} · {turns}{why}"


def _model(provenance: Provenance) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in provenance.libraries.items())
    weights = f"weights {provenance.weights[:12]}" if provenance.weights else "weights unknown"
    forward = f"forward {provenance.forward} · " if provenance.forward else ""
    return (
        f"{provenance.model} · {provenance.device} · {provenance.dtype} · {forward}{weights} · "
        f"template {provenance.template[:12]} · {libraries}"
    )


def _local(began: str) -> str:
    """A recorded time as a person's own clock showed it; as it is where it is no time."""
    try:
        return datetime.fromisoformat(began).astimezone().strftime("%Y-%m-%d %H:%M:%S")
    except ValueError:
        return began
