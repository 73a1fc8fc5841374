"""A session told as a text that can be read: passage by passage, as a fold over its events."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandFinished,
    CommandSubmitted,
    CommandVetoed,
    DriftSeen,
    FaultSeen,
    KeysTyped,
    LineJudged,
    OutputDropped,
    PartClosed,
    RunEnded,
    SamplingChanged,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    ShellNudged,
    ShellStarted,
    ShellState,
    Stage,
    StageTimed,
    TaskChecked,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.figures import duration
from engine.rerun.restoring import in_words as redone
from engine.scrollback import Turn
from engine.shortening import in_words

PassageKind: TypeAlias = Literal[
    "seed",
    "turn",
    "reasoning",
    "comment",
    "prose",
    "command",
    "output",
    "told",
    "verdict",
    "drift",
    "note",
    "fault",
    "stages",
    "end",
]
"""`seed`: one of the seed's turns. `turn`: a heading. `prose`: what the operator wrote that was not
executed. `told`: a turn that a person injected. `verdict`: what a line was judged, and why."""

_STATES: dict[ShellState, str] = {
    "done": "the shell is back at its prompt",
    "continuation": "bash waits for the rest of the command",
    "awaiting_input": "a program waits for input",
    "awaiting_secret": "a program waits for a secret",
    "full_screen": "a program fills the screen",
    "nested": "another program reads the terminal",
    "stalled": "the command is silent",
    "died": "the shell ended",
}


class Passage(msgspec.Struct, frozen=True):
    """A stretch of a transcript. The text is as recorded: whoever shows it makes it safe to show."""

    kind: PassageKind
    text: str
    label: str = ""
    """Who or which: a seed turn's role and element, a turn's number, who submitted a command."""


class Transcript:
    """Makes passages of a session's events, in order."""

    def __init__(self) -> None:
        self._prompt = ""
        self._took: dict[Stage, int] = {}
        self._verdicts: list[Passage] = []

    def tell(self, event: AnyEvent) -> Iterator[Passage]:
        """What an event adds, if anything."""
        match event:
            case SessionStarted(spec=spec):
                self._prompt = spec.config.prompt
                if spec.start is not None:
                    words = f"forked from {spec.start.session} at turn {spec.start.turn}"
                    changed = f": {spec.start.change}" if spec.start.change else ""
                    yield Passage("note", f"{words}{changed}")
            case StageTimed(stage=stage, took=took):
                self._took[stage] = self._took.get(stage, 0) + took
            case TurnStarted(turn=turn):
                yield from self.close()
                yield Passage("turn", "", str(turn))
            case ScrollbackSeeded(turns=turns):
                for laid in turns:
                    yield Passage("seed", laid.text, f"{laid.role} {laid.element}".strip())
            case ScrollbackGrew(added=added):
                yield from self._grew(added)
            case LineJudged(label="command", by="text", why=why):
                # It belongs under the command, which is only about to be submitted.
                self._verdicts.append(Passage("verdict", f"a command: {why}"))
            case CommandSubmitted() | CommandVetoed():
                yield from _alone(event)
                yield from self._verdicts[:1]
                del self._verdicts[:1]
            case RunEnded():
                yield from self.close()
                yield Passage("end", _ending(event))
            case _:
                yield from _alone(event)

    def close(self) -> Iterator[Passage]:
        """What is left to say where a turn or the recording stops: its stages."""
        yield from self._verdicts
        self._verdicts.clear()
        if self._took:
            spans = " · ".join(f"{stage} {duration(took)}" for stage, took in self._took.items())
            yield Passage("stages", spans)
        self._took.clear()

    def _grew(self, added: Turn) -> Iterator[Passage]:
        if added.origin == "shell":
            output = added.text.removesuffix(self._prompt).rstrip("\n")
            if output.strip():
                yield Passage("output", output)
        elif added.origin == "person":
            yield Passage("told", added.text, added.role)


def _alone(event: AnyEvent) -> Iterator[Passage]:
    """What an event says by itself, whatever came before."""
    match event:
        case PartClosed(kind="reasoning" | "comment" | "prose" as kind, text=text):
            yield Passage(kind, text.strip("\n"), "" if event.complete else "cut off")
        case CommandSubmitted(command=command, by=by):
            yield Passage("command", command, by)
        case LineJudged(label=label, why=why) if label not in ("comment", "reasoning"):
            judge = "what it did" if event.by == "execution" else "its text"
            yield Passage("verdict", f"{label}, by {judge}: {why}")
        case DriftSeen(turn=turn, kind=drift, line=line):
            yield Passage("drift", f"{drift}, turn {turn}: {line}")
        case _:
            yield from _note(event)


def _note(event: AnyEvent) -> Iterator[Passage]:
    """What happened beside the operator's own doing."""
    match event:
        case ShellStarted(sandbox=sandbox, detail=detail, columns=columns, rows=rows):
            yield Passage("note", f"shell: sandbox {sandbox}, {detail}; {columns}×{rows} cells")
        case WorldRestored():
            yield Passage("note", redone(event))
        case CommandEdited(command=command, edited=edited):
            yield Passage("note", f"a person changed “{command}” to “{edited}”")
        case CommandVetoed(command=command):
            yield Passage("note", f"withheld by the {event.by}: {command}")
        case KeysTyped(data=data, hidden=hidden):
            typed = f"{hidden} bytes, hidden" if hidden else data.decode("utf-8", "replace")
            yield Passage("note", f"a person typed: {typed}")
        case CommandFinished(state="done", status=int(status)) if status:
            yield Passage("note", f"exit status {status}")
        case CommandFinished(state=state, foreground=foreground) if state != "done":
            whose = f" ({foreground})" if foreground else ""
            yield Passage("note", f"{_STATES[state]}{whose}")
        case ShellNudged(state=state, action=action):
            yield Passage("note", f"{_STATES[state]}: {action}")
        case OutputDropped(bytes=dropped):
            yield Passage("note", f"{dropped} bytes of output were not kept")
        case SamplingChanged(sampling=sampling):
            yield Passage("note", f"a person changed the sampling: {_sampling(sampling)}")
        case ScrollbackShortened():
            yield Passage("note", f"shortened: {in_words(event)}")
        case TaskChecked(done=done, status=status, output=output):
            said = "done" if done else f"not done (status {status}) {output.strip()}"
            yield Passage("note", f"task: {said}")
        case WorkerLost(why=why):
            yield Passage("fault", f"the model's process was lost: {why}")
        case FaultSeen(where=where, why=why):
            yield Passage("fault", f"{where}: {why}")
        case _:
            pass


def _ending(ended: RunEnded) -> str:
    drift = f" in turn {ended.drift_turn}, {ended.drift_kind}" if ended.drift_turn else ""
    done = {True: ", done", False: ", not done", None: ""}[ended.done]
    operated = "operated" if ended.operated else "did not operate"
    exited = "exited" if ended.exited else "did not exit"
    return f"{ended.outcome}{drift}: {operated}, {exited}{done}; {ended.why}"


def _sampling(sampling: msgspec.Struct) -> str:
    return ", ".join(f"{name} {value}" for name, value in msgspec.structs.asdict(sampling).items())
