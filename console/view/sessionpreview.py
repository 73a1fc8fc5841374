"""The preview beside the list: what a session was asked, what came of it, and where it was decided."""

from collections.abc import Iterable, Sequence

from console.view.line import Line, Piece, line
from console.view.sessionrow import GLYPHS, STYLES, when
from engine.drift.interval import confidence_sequence
from engine.events import AnyEvent, DriftSeen
from engine.figures import duration, number, size
from sessions.listing import Count, Trial
from sessions.summary import Summary
from sessions.transcript import Passage, PassageKind, Transcript

EVENTS = (
    *("SessionStarted", "TurnStarted", "PartClosed", "CommandSubmitted", "CommandEdited"),
    *("CommandVetoed", "CommandFinished", "DriftSeen", "ScrollbackGrew", "FaultSeen"),
    *("TaskChecked", "KeysTyped", "WorkerLost", "LineJudged"),
)
"""What an excerpt is made of."""
MOST_EVENTS = 160
"""Read for one excerpt: some ten turns."""
_MOST_LINES = 400

_LOOKS: dict[PassageKind, tuple[str, str]] = {
    "reasoning": ("┊ ", "reasoning"),
    "comment": ("# ", "comment"),
    "prose": ("✗ ", "drift-line"),
    "command": ("$ ", "command"),
    "output": ("  ", "shell"),
    "told": ("» ", "person"),
    "verdict": ("  └ ", "evidence"),
    "drift": ("▲ DRIFT ", "drift-line"),
    "note": ("· ", "note"),
    "fault": ("✗ ", "bad"),
}
"""What begins a passage, and its style; others are left out."""


def session_lines(row: Summary, drifted: str = "") -> list[Line]:
    """What the list's row says, in full. `drifted`: the line at which it drifted first."""
    drift = f": {row.drift_kind}, turn {row.drift_turn}" if row.drift_turn else ""
    lines = [
        _fact("", (f"{GLYPHS[row.outcome]} {row.outcome}{drift}", STYLES[row.outcome])),
        _fact("wrote", (drifted, "drift-line")),
        _fact("why", ("" if row.why == f"drift: {row.drift_kind}" else row.why, "text")),
        _fact("config", (row.config, "heading")),
        _fact("task", (row.task, "text")),
        _fact(
            "model", (f"{row.model}, {number(row.tokens, 'token')} in {duration(row.took)}", "text")
        ),
        _fact("axes", (_axes(row), "text")),
        _fact("tags", (" ".join(row.tags), "person")),
        _fact("note", (row.note, "person")),
        _fact("from", (_origin(row), "text")),
        _fact("run of", (_trial(row), "text")),
        _fact("id", (f"{row.id} · {when(row.began)} · {size(row.bytes)}", "faint")),
    ]
    return [each for each in lines if each.pieces[-1].text]


def drifted_line(events: Iterable[AnyEvent]) -> str:
    """The first line among events that was a drift; empty where there is none."""
    return next((event.line for event in events if isinstance(event, DriftSeen)), "")


def excerpt_lines(events: Iterable[AnyEvent]) -> list[Line]:
    """A stretch of a session as its transcript."""
    transcript = Transcript()
    lines: list[Line] = []
    for event in events:
        for passage in transcript.tell(event):
            lines += _passage_lines(passage)
    return lines[-_MOST_LINES:]


def trial_lines(row: Trial, counts: Sequence[Count]) -> list[Line]:
    """An experiment's counts, with intervals that hold whenever one looks."""
    lines = [
        _fact("", (f"▦ experiment {row.id}", "heading")),
        _fact("runs", (f"{row.finished} of {row.planned}", "text")),
        _fact("tasks", (", ".join(row.tasks), "text")),
        _fact("model", (row.model, "text")),
        line(""),
    ]
    for count in counts:
        lines.append(line((count.arm, "text"), indent=2))
        if count.finished:
            lines.append(_count_line(count, whole=row.finished == row.planned))
        else:
            lines.append(line(("  no run yet", "note")))
    return [each for each in lines if each.text or not each.pieces[0].text]


def shipped_lines() -> list[Line]:
    """What the recordings that ship are."""
    return [
        line(("Recordings that came with driftty", "heading")),
        line(""),
        line(
            "Real runs of the embedded model, one of each kind that is worth having seen: a clean one, "
            "one that drifts into narration, one that drifts after an error, one that recovers, and "
            "one through the fragmented channel."
        ),
        line(""),
        line(("Enter", "key"), " on one of them plays it back. They need no model."),
    ]


def empty_lines() -> list[Line]:
    """What there is to do before anything was recorded."""
    return [
        line(("Nothing is recorded yet", "heading")),
        line(""),
        line(
            "Every run is recorded by itself, token for token and byte for byte, and stands here."
        ),
        line(""),
        line(
            ("Escape ", "key"), "goes back to the console, where ", ("n", "key"), " starts a run."
        ),
        line("Until then, those below came with driftty: ", ("Enter", "key"), " plays one back."),
    ]


def nothing_lines(*, asked: bool, trash: bool) -> list[Line]:
    """What there is to do where a list is empty. `asked`: a filter stands; `trash`: it is the trash."""
    if asked:
        where = " in the trash" if trash else ""
        return [
            line((f"No session{where} is like that", "heading")),
            line(""),
            line(
                ("Escape ", "key"), "takes the filter away; ", ("F1 ", "key"), "says what it knows."
            ),
        ]
    if trash:
        return [
            line(("The trash is empty", "heading")),
            line(""),
            line(("T ", "key"), "goes back to what is kept."),
        ]
    return []


def _count_line(count: Count, *, whole: bool) -> Line:
    """One config's counts. Runs that drift end sooner, so while some are still missing those that are
    there say no rate: the Experiments screen, which knows the plan, does."""
    interval = ""
    if whole:
        bounds = confidence_sequence(count.clean, count.finished - count.clean)
        interval = f" [{_share(bounds.low)}–{_share(bounds.high)}]"
    share = f"  clean {count.clean}/{count.finished}"
    return line((share, "good"), (interval, "text"), (f"  drift {count.drift}", "note"), indent=4)


def _origin(row: Summary) -> str:
    if not row.parent:
        return ""
    turn = f"turn {row.parent_turn} of " if row.parent_turn else ""
    change = f": {row.change}" if row.change else ""
    return f"forked from {turn}{row.parent}{change}"


def _trial(row: Summary) -> str:
    return f"experiment {row.experiment}: {row.arm}" if row.arm else row.experiment


def _axes(row: Summary) -> str:
    axes = (("operated", row.operated), ("exited", row.exited), ("done", row.done))
    told = [f"{name} {'✓' if yes else '✗'}" for name, yes in axes if yes is not None]
    return " · ".join([*told, number(row.turns, "turn")])


def _fact(label: str, said: tuple[str, str]) -> Line:
    text = Piece(" ".join(said[0].split()), said[1])
    return Line((Piece(f"{label:<8}", "faint"), text) if label else (text,), indent=8)


def _passage_lines(passage: Passage) -> list[Line]:
    if passage.kind == "turn":
        return [line((f"── turn {passage.label} ", "rule-label"), filler="─")]
    if passage.kind not in _LOOKS:
        return []
    mark, style = _LOOKS[passage.kind]
    rows = passage.text.rstrip("\n").split("\n")
    return [
        line((mark if first == 0 else " " * len(mark), style), (text, style), indent=len(mark))
        for first, text in enumerate(rows[:40])
    ]


def _share(share: float) -> str:
    return f"{share:.2f}".removeprefix("0")
