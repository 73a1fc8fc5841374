"""What the operator writes, as it writes it, and what was said of it: the STDERR pane's lines.

Reasoning is dim, the line being written ends in a cursor, and a drift stands out by glyph, word and
style at once. None of it is what the shell printed.
"""

from console.view.line import Line, LineLog, line
from console.view.outcome import ended_lines
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandVetoed,
    CompletionEnded,
    DriftSeen,
    FaultSeen,
    LineJudged,
    OutputDropped,
    PartClosed,
    PartGrew,
    PartKind,
    PartOpened,
    RunEnded,
    ScrollbackShortened,
    SessionStarted,
    ShellNudged,
    TaskChecked,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.figures import number, size
from engine.rerun.restoring import in_words as redone
from engine.shortening import in_words

CURSOR = "▌"

LONGEST = 2000
"""Characters after which a line being written is broken, so that redrawing it stays cheap."""

GLYPHS: dict[PartKind, tuple[str, str]] = {
    "reasoning": ("┊ ", "reasoning"),
    "comment": ("┊ ", "comment"),
    "line": ("› ", "draft"),
    "command": ("› ", "command"),
    "prose": ("✗ ", "drift-line"),
}

NOT_DRIFT = ("command", "comment", "reasoning")


class StderrView:
    """A log of the operator's own words in the current session."""

    def __init__(self) -> None:
        self.log = LineLog()
        self._kind: PartKind | None = None
        """Of the part being written."""
        self._text = ""
        """The end of that part, since its last line break."""
        self._at = 0
        """The number of the log line that shows it."""
        self._written: tuple[int, str] = (-1, "")
        """Number and text of the last line that was closed, for the verdict that follows."""

        self._grown = 0
        """How often the line being written grew."""
        self._stale = False
        """Whether the log does not show yet what was written last."""

    @property
    def version(self) -> int:
        """Grows with every change."""
        return self.log.version + self._grown

    def lines(self) -> list[Line]:
        """The lines as they stand, the one being written among them."""
        if self._stale and self._kind is not None:
            self.log.replace(self._at, self._drafted())
        self._stale = False
        return self.log.lines

    def apply(self, event: AnyEvent) -> None:
        """Fold one event."""
        match event:
            case PartGrew(text=text):
                self._grow(text)
            case PartOpened(kind=kind):
                self._open(kind)
            case PartClosed():
                self._close(event)
            case LineJudged():
                self._judge(event)
            case SessionStarted():
                self._abandon()
                self.log.clear()
            case TurnStarted(turn=turn):
                self._abandon()
                self.log.add(line(("── ", "rule"), (f"turn {turn} ", "rule-label"), filler="─"))
            case WorkerLost(why=why):
                self._abandon()
                self._note(f"! The model's process went away: {why}", "warn")
            case _:
                for note in _notes(event):
                    self.log.add(note)

    def _open(self, kind: PartKind) -> None:
        self._abandon()
        self._kind, self._text = kind, ""
        self._at = self.log.add(self._drafted())

    def _grow(self, text: str) -> None:
        if self._kind is None:
            return
        *whole, rest = text.split("\n")
        for stretch in whole:
            self._text += stretch
            self._break()
        self._text += rest
        while len(self._text) > LONGEST:
            at = self._text.rfind(" ", 0, LONGEST) + 1 or LONGEST
            kept, self._text = self._text[at:], self._text[:at]
            self._break()
            self._text = kept
        self._grown += 1
        self._stale = True

    def _break(self) -> None:
        """End the shown line, but not the part."""
        assert self._kind is not None
        self.log.replace(self._at, _styled(self._kind, self._text))
        self._text = ""
        self._at = self.log.add(self._drafted())

    def _close(self, event: PartClosed) -> None:
        if self._kind is None:
            return
        self._kind = None
        shown = _styled(event.kind, self._text)
        if not event.complete:
            shown = line(*shown.pieces, ("  (unfinished)", "note"), indent=2)
        self.log.replace(self._at, shown)
        self._written = (self._at, event.text)

    def _judge(self, event: LineJudged) -> None:
        at, text = self._written
        if event.label not in NOT_DRIFT:
            if text == event.line and event.by == "text":
                self.log.replace(at, _styled("prose", event.line))
                evidence = line(("  └ ", "note"), (event.why, "evidence"), indent=4)
            else:
                evidence = line(
                    ("✗ ", "drift-line"),
                    (event.line, "drift-line"),
                    (f"  {event.why}", "evidence"),
                    indent=2,
                )
            self.log.add(evidence)
        elif text == event.line and at >= 0:
            pieces = _styled("command", event.line).pieces
            # The first clause is enough to see why a command was taken for one; a drift shows all.
            first, _, _ = event.why.partition("; ")
            self.log.replace(at, line(*pieces, (f"   {first}", "evidence"), indent=2))

    def _abandon(self) -> None:
        """Leave a part that was never closed as far as it got."""
        if self._kind is not None:
            pieces = _styled(self._kind, self._text).pieces
            self.log.replace(self._at, line(*pieces, ("  (lost)", "note"), indent=2))
        self._kind = None
        self._written = (-1, "")

    def _drafted(self) -> Line:
        assert self._kind is not None
        return line(*_styled(self._kind, self._text).pieces, (CURSOR, "cursor"), indent=2)

    def _note(self, text: str, style: str) -> None:
        self.log.add(line((text, style), indent=2))


def _styled(kind: PartKind, text: str) -> Line:
    glyph, style = GLYPHS[kind]
    return line((glyph, f"{style}-glyph"), (text, style), indent=2)


def _notes(event: AnyEvent) -> list[Line]:
    """The lines that say what else happened to the operator's words."""
    match event:
        case DriftSeen(kind=kind, turn=turn):
            return [line(("▲ DRIFT ", "drift"), (f" {kind}, turn {turn} ", "drift"), filler=" ")]
        case WorldRestored():
            return [line(("↺ ", "note"), (redone(event), "note"), indent=2)]
        case CommandVetoed(command=command, by=by):
            who = "vetoed by you" if by == "person" else "withheld by the drift policy"
            return [line(("⊘ ", "warn"), (f"{who}: ", "note"), (command, "struck"), indent=2)]
        case CommandEdited(edited=edited):
            return [
                line(("✎ ", "person"), ("edited by you: ", "note"), (edited, "command"), indent=2)
            ]
        case ShellNudged(state=state, action=action):
            did = {
                "interrupt": "interrupted with ^C",
                "eof": "sent the end of input",
                "ask": "waiting for you: type into the shell, then resume",
                "kill": "killed it",
            }[action]
            return [line(("! ", "warn"), (f"{STUCK[state]}: {did}", "note"), indent=2)]
        case ScrollbackShortened():
            return [line(("… ", "warn"), (in_words(event), "note"), indent=2)]
        case OutputDropped(bytes=dropped):
            return [line(("! ", "warn"), (f"{size(dropped)} of output not kept", "note"), indent=2)]
        case CompletionEnded(reason="length", tokens=tokens):
            return [
                line(("! ", "warn"), (f"cut off at {number(tokens, 'token')}", "note"), indent=2)
            ]
        case CompletionEnded(reason="control"):
            return [line(("! ", "warn"), ("ended by a control token", "note"), indent=2)]
        case CompletionEnded(reason="cancelled"):
            return [line(("! ", "warn"), ("cancelled", "note"), indent=2)]
        case FaultSeen(where=where, why=why):
            return [line(("✗ FAULT ", "bad"), (f"{where}: ", "bad"), (why, "text"), indent=2)]
        case TaskChecked(done=True):
            return [line(("✓ ", "good"), ("the check says the task is done", "text"), indent=2)]
        case TaskChecked(status=status):
            words = f"the check says the task is not done (status {status})"
            return [line(("✗ ", "bad"), (words, "text"), indent=2)]
        case RunEnded():
            return ended_lines(event)
        case _:
            return []


STUCK = {
    "done": "back at the prompt",
    "continuation": "the shell wants more lines",
    "awaiting_input": "the program waits for input",
    "awaiting_secret": "the program asks for a password",
    "full_screen": "a full-screen program is open",
    "nested": "another program reads the terminal",
    "stalled": "nothing has come for a while",
    "died": "the shell is gone",
}
"""How a command stands, in words."""
