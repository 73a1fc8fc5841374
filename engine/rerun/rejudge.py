"""Judging old recordings by today's classifier: the same lines, the same answers of the shell.

The recorded verdicts stay what they are; what today's judge says stands beside them.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import msgspec

from engine.clock import SessionClock
from engine.completion import judged
from engine.drift.execution import fuse
from engine.drift.judge import judge
from engine.drift.outcome import Scorer
from engine.drift.verdict import Context, Verdict
from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    CompletionEnded,
    DriftKind,
    DriftSeen,
    KeysTyped,
    Label,
    LineJudged,
    Outcome,
    OutputDropped,
    PartClosed,
    PromptSent,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    SessionStarted,
    ShellNudged,
    ShellWrote,
    TurnStarted,
)
from engine.execution import READING
from engine.rerun.doing import Doing
from engine.run import RunSpec
from engine.scrollback import Turn
from engine.version import VERSION

EVENTS = (
    *("SessionStarted", "ScrollbackSeeded", "ScrollbackGrew", "TurnStarted", "PromptSent"),
    *("PartClosed", "CompletionEnded", "LineJudged", "DriftSeen", "CommandProposed"),
    *("CommandEdited", "CommandVetoed", "CommandSubmitted", "CommandFinished", "KeysTyped"),
    *("ShellWrote", "OutputDropped", "ShellNudged", "TaskChecked", "FaultSeen", "RunEnded"),
)
"""The types of event that a verdict rests on: all but the tokens."""

SHOWN_CHARACTERS = 4000
"""As of a live run."""

_JUDGE = (
    *("judge.py", "shapes.py", "words.py", "evidence.py", "execution.py", "repetition.py"),
    *("lexicon.py", "lexicon.toml", "weights.toml", "verdict.py", "outcome.py"),
)
"""What a verdict comes from."""


class Changed(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is judged otherwise today."""

    turn: int
    line: str
    recorded: Label
    recorded_why: str
    now: Label
    now_why: str


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What a run comes to by one judge."""

    outcome: Outcome | None
    """None where the recording has none."""
    drift_turn: int | None
    drift_kind: DriftKind | None
    operated: bool
    exited: bool


class Rejudgement(msgspec.Struct, frozen=True, kw_only=True):
    """A session judged by today's classifier, beside what was recorded."""

    session: str
    judge: str
    """Today's version."""
    lines: int
    """How many were judged."""
    changed: tuple[Changed, ...]
    recorded: Told
    now: Told

    @property
    def outcome_changed(self) -> bool:
        """Whether the run comes to something else."""
        then, now = self.recorded, self.now
        return (then.outcome, then.drift_turn) != (now.outcome, now.drift_turn)


@cache
def judge_version() -> str:
    """Which judge this is: driftty's version, and a hash of what its verdicts come from."""
    digest = hashlib.sha256()
    for name in _JUDGE:
        digest.update(files("engine.drift").joinpath(name).read_bytes())
    return f"{VERSION}+{digest.hexdigest()[:8]}"


def rejudge(events: Iterable[AnyEvent]) -> Rejudgement:
    """Judge a recording again, from its events of the types in `EVENTS`, in order."""
    judging = Rejudging()
    for event in events:
        judging.feed(event)
    return judging.rejudgement


class Rejudging:
    """The fold behind `rejudge`, one event at a time."""

    def __init__(self) -> None:
        self._session = ""
        self._spec: RunSpec | None = None
        self._last: Turn | None = None
        self._shown = ""
        self._before: list[str] = []
        self._verdicts: list[Verdict] = []
        self._turn = 0
        self._doing = Doing()
        self._was: dict[tuple[int, str], LineJudged] = {}
        self._is: dict[tuple[int, str], LineJudged] = {}
        self._scorer = Scorer()
        self._recorded = Scorer()
        self._ended: RunEnded | None = None
        self._clock = SessionClock()

    def feed(self, event: AnyEvent) -> None:
        """Take in the next event."""
        self._recorded.feed(event)
        if not isinstance(event, LineJudged | DriftSeen):
            self._scorer.feed(event)
        match event:
            case SessionStarted(session=session, spec=spec):
                self._session, self._spec = session, spec
                if spec.start is not None:
                    self._before.extend(spec.start.lines)
            case ScrollbackSeeded(turns=turns):
                self._last = turns[-1] if turns else None
            case ScrollbackGrew(added=added):
                self._last = added
            case TurnStarted(turn=turn):
                self._turn = self._doing.turn = turn
            case LineJudged(turn=turn, line=line):
                self._was[turn, line] = event
            case RunEnded():
                self._ended = event
            case PromptSent() | PartClosed() | CompletionEnded():
                self._writing(event)
            case (
                CommandSubmitted()
                | CommandFinished()
                | ShellNudged()
                | ShellWrote()
                | OutputDropped()
                | KeysTyped()
            ):
                self._doing.feed(event)
                if isinstance(event, CommandSubmitted | CommandFinished):
                    self._answered(event)
            case _:
                pass

    @property
    def rejudgement(self) -> Rejudgement:
        """What was found so far."""
        now = self._scorer.score
        then = self._recorded.score
        ended = self._ended
        return Rejudgement(
            session=self._session,
            judge=judge_version(),
            lines=len(self._is),
            changed=tuple(
                Changed(
                    turn=turn,
                    line=line,
                    recorded=was.label,
                    recorded_why=was.why,
                    now=verdict.label,
                    now_why=verdict.why,
                )
                for (turn, line), verdict in self._is.items()
                if (was := self._was.get((turn, line))) is not None and was.label != verdict.label
            ),
            recorded=Told(
                outcome=ended.outcome if ended else None,
                drift_turn=ended.drift_turn if ended else then.drift_turn,
                drift_kind=ended.drift_kind if ended else then.drift_kind,
                operated=ended.operated if ended else then.operated,
                exited=ended.exited if ended else then.exited,
            ),
            now=Told(
                outcome=now.outcome if ended else None,
                drift_turn=now.drift_turn,
                drift_kind=now.drift_kind,
                operated=now.operated,
                exited=now.exited,
            ),
        )

    def _writing(self, event: PromptSent | PartClosed | CompletionEnded) -> None:
        match event:
            case PromptSent():
                self._verdicts = []
                self._shown = self._last.text[-SHOWN_CHARACTERS:] if self._last else ""
            case PartClosed(kind="command" | "prose", text=text):
                self._tell(judge(text, self._context()))
            case PartClosed(kind="comment", text=text) if self._whole_turn:
                # No verdict of its own was told of it in the run either.
                verdict = Verdict(line=text, label="comment", why="begins with #")
                self._verdicts.append(verdict)
            case CompletionEnded(reason=reason):
                if reason == "control":
                    why = "wrote a control token that does not end its turn"
                    self._tell(Verdict(line="", label="control", why=why))
                self._before.extend(verdict.line for verdict in self._verdicts)
            case _:
                pass

    @property
    def _whole_turn(self) -> bool:
        return self._spec is not None and self._spec.policy == "whole-turn"

    def _context(self) -> Context:
        lines = tuple(verdict.line for verdict in self._verdicts)
        return Context(
            shown=self._shown,
            prompt=self._spec.config.prompt if self._spec else "",
            before=(*self._before, *lines),
            unanswered=len(lines),
        )

    def _tell(self, verdict: Verdict) -> None:
        self._verdicts.append(verdict)
        self._judged(verdict)

    def _judged(self, verdict: Verdict) -> None:
        event = judged(verdict, self._turn, self._clock)
        self._is[self._turn, verdict.line] = event
        self._scorer.feed(event)

    def _answered(self, event: CommandSubmitted | CommandFinished) -> None:
        """What the shell's answer adds to the verdict on a line; later answers count for earlier ones.

        A shell that reads on was left to read the next line, and its answer is that one's.
        """
        deeds = self._doing.deeds
        earlier = deeds[-2:-1] if isinstance(event, CommandSubmitted) else deeds[-1:]
        for deed in earlier:
            seen = deed.observation
            verdict = next((each for each in self._verdicts if each.line == seen.command), None)
            if verdict is None or deed.by != "operator" or deed.turn != self._turn:
                continue
            if isinstance(event, CommandFinished):
                self._weighed(verdict, fuse(verdict, seen))
            elif seen.state in READING:
                self._weighed(verdict, verdict)

    def _weighed(self, verdict: Verdict, fused: Verdict) -> None:
        """A verdict once the shell has answered; one that stays as it was is told but once."""
        known = self._is.get((self._turn, verdict.line))
        if fused != verdict or (known is not None and known.label != verdict.label):
            self._judged(fused)
