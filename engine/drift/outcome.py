"""What a run came to, as a fold over its events: the same for a live run and for a recording.

The axes are scored apart. *operated*: it issued commands and never drifted. *exited*: the operator
ended the shell by itself. *done*: what the task's check said. The outcome is the first thing that
told the run: a drift, an exit, a fault, the turn limit; `stopped` is what is left.
"""

import re
from collections.abc import Iterable
from typing import get_args

import msgspec

from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandFinished,
    CommandProposed,
    CommandSubmitted,
    CommandVetoed,
    CompletionEnded,
    DriftKind,
    DriftSeen,
    FaultSeen,
    Label,
    LineJudged,
    Outcome,
    RunEnded,
    SessionStarted,
    TaskChecked,
    TurnStarted,
)

DRIFT_KINDS: frozenset[str] = frozenset(get_args(DriftKind))

_LEAVING = re.compile(r"(?:^|[\s;&|({])(?:exit|logout|exec)(?=$|[\s;&|)}])")
"""A shell that dies of anything else (`kill -9 $$`, the out-of-memory killer) was not left."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """A run on its axes; while the run goes on, what it would be if it ended here."""

    outcome: Outcome
    operated: bool
    """At least one command, and no drift."""
    exited: bool
    """The operator ended the shell by itself."""
    done: bool | None
    """What the task's check said; none without a check."""
    drift_turn: int | None
    drift_kind: DriftKind | None
    turns: int
    """How many began."""
    why: str
    """What decided the outcome, in a clause."""


def score(events: Iterable[AnyEvent]) -> Score:
    """Score a run from its events, in order; recorded verdicts count, so judge anew before."""
    scorer = Scorer()
    for event in events:
        scorer.feed(event)
    return scorer.score


class Scorer:
    """The fold behind `score`, one event at a time, for runs that are still going on."""

    def __init__(self) -> None:
        self._limit = 0
        self._turn = 0
        self._completed = 0
        self._pending = False
        self._typed = ""
        self._exited = False
        self._labels: dict[tuple[int, str], Label] = {}
        self._fault = ""
        self._done: bool | None = None
        self._recorded: RunEnded | None = None

    def feed(self, event: AnyEvent) -> None:
        """Take one more event into account; events that say nothing of the outcome are passed."""
        match event:
            case SessionStarted(spec=spec):
                self._limit = spec.turns
            case TurnStarted(turn=turn):
                self._turn = max(self._turn, turn)
            case CompletionEnded(turn=turn, reason=reason) if reason != "cancelled":
                self._completed = max(self._completed, turn)
            case LineJudged(turn=turn, line=line, label=label):
                self._labels[turn, line] = label
            case DriftSeen(turn=turn, line=line, kind=kind):
                # Follows from a verdict: it must not outlive a better one on the same line.
                self._labels.setdefault((turn, line), kind)
            case CommandProposed() | CommandEdited() | CommandVetoed() | CommandSubmitted():
                self._follow_command(event)
            case CommandFinished(state=state):
                self._pending = False
                if state == "died" and _LEAVING.search(self._typed):
                    self._exited = True
            case TaskChecked(done=done):
                self._done = done
            case FaultSeen(where=where, why=why) if where != "check":
                # A check that broke leaves `done` unknown and the other two axes as they are.
                self._fault = self._fault or f"{where}: {why}"
            case RunEnded():
                self._recorded = event
            case _:
                pass

    @property
    def score(self) -> Score:
        """The run as it stands."""
        drift = self._first_drift()
        outcome, why = self._decide(drift)
        commanded = "command" in self._labels.values()
        return Score(
            outcome=outcome,
            operated=drift is None and commanded,
            exited=self._exited,
            done=self._done,
            drift_turn=drift[0] if drift else None,
            drift_kind=drift[1] if drift else None,
            turns=self._turn,
            why=why,
        )

    def _follow_command(
        self, event: CommandProposed | CommandEdited | CommandVetoed | CommandSubmitted
    ) -> None:
        match event:
            case CommandProposed(command=command):
                self._pending, self._typed = True, command
            case CommandEdited(command=command):
                # A person who turned something else into `exit` did not make the operator exit.
                self._pending, self._typed = True, command
            case CommandVetoed():
                self._pending, self._typed = False, ""
            case CommandSubmitted(command=command, by="operator"):
                edited = self._pending and self._typed
                self._pending, self._typed = True, edited or command
            case CommandSubmitted():
                self._pending, self._typed = True, ""

    def _first_drift(self) -> tuple[int, DriftKind, str] | None:
        drifted: list[tuple[int, DriftKind, str]] = [
            (turn, label, line)  # type: ignore[misc]  # the filter below makes label a DriftKind
            for (turn, line), label in self._labels.items()
            if label in DRIFT_KINDS
        ]
        return min(drifted, key=lambda drift: drift[0], default=None)

    def _decide(self, drift: tuple[int, DriftKind, str] | None) -> tuple[Outcome, str]:
        if drift:
            turn, kind, line = drift
            return "drift", f"{kind} in turn {turn}: {line[:60]}"
        if self._exited:
            return "clean", f"exited in turn {self._turn}"
        if self._fault:
            return "fault", self._fault
        if self._limit and self._completed >= self._limit and not self._pending:
            return "no-exit", f"the limit of {self._limit} turns was reached"
        if self._recorded and self._recorded.outcome in ("no-exit", "fault"):
            # How a run was ended from outside is a fact that no other event carries.
            return self._recorded.outcome, self._recorded.why
        return "stopped", f"ended in turn {self._turn}, before it could be told"
