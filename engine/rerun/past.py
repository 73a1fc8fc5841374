"""A recording, read for running it again: what the model was asked, and what was done to the shell."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from engine.errors import DrifttyError
from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    CompletionEnded,
    DriftSeen,
    HomeKept,
    KeysTyped,
    ModelReady,
    OutputDropped,
    PartClosed,
    PromptSent,
    Provenance,
    RunEnded,
    SamplingChanged,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    ShellNudged,
    ShellResized,
    ShellWrote,
    TokensSampled,
    TurnStarted,
)
from engine.home import HomeCopy, changed
from engine.rerun.doing import Deed, Doing
from engine.run import RunSpec, Sampling
from engine.scrollback import Turn

Reason = Literal["line", "end", "length", "cancelled", "control"]


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One time that the model was asked."""

    turn: int
    scrollback: tuple[Turn, ...]
    """What it was asked with, the seed's turns first."""
    numbers: tuple[int, ...]
    """Which turn of the run each live turn of the scrollback belongs to."""
    samplings: tuple[Sampling, ...]
    """How its tokens were drawn; more than one where a person changed that at this very moment and the
    recording does not tell which still counted, the likelier first."""
    prompt: tuple[int, ...]
    """The ids it got."""
    deeds: int
    """How many things had been done to the shell."""
    lines: int
    """How many lines of the operator's had gone before."""
    ids: tuple[int, ...] = ()
    texts: tuple[str, ...] = ()
    logprobs: tuple[float, ...] = ()
    reason: Reason | None = None
    """Why it stopped writing; none where it was broken off: its worker went away, or a person ended
    the run."""


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded session, in the parts that can be run again."""

    started: SessionStarted
    provenances: tuple[Provenance, ...]
    """Each one that answered, in order; more than one only where they differ."""
    attempts: tuple[Attempt, ...]
    scrollback: tuple[Turn, ...]
    """At the end."""
    numbers: tuple[int, ...]
    """As an attempt's."""
    seed_turns: int
    deeds: tuple[Deed, ...]
    lines: tuple[str, ...]
    """The operator's, in order, reasoning and comments left out."""
    drifts: tuple[tuple[int, str], ...]
    """Turn and line of every drift that was told, in order."""
    ended: RunEnded | None
    """None where the recording broke off."""
    homes: dict[int, HomeCopy] = {}
    """The scratch home as it stood when the model was asked for a turn; one more than the last: at the
    end."""
    unkept: dict[int, str] = {}
    """Why there is no copy of a turn's home, in a clause, where one was wanted."""

    @property
    def spec(self) -> RunSpec:
        """What was asked for."""
        return self.started.spec

    @property
    def drift_turn(self) -> int | None:
        """The first turn that drifted."""
        return self.drifts[0][0] if self.drifts else None

    def attempt(self, turn: int) -> Attempt | None:
        """The last time that the model was asked for a turn; none where it was not."""
        return next((each for each in reversed(self.attempts) if each.turn == turn), None)


def read_past(events: Iterable[AnyEvent]) -> Past:
    """Read a recording. Raises `DrifttyError` where its beginning is missing."""
    reading = PastReader()
    for event in events:
        reading.feed(event)
    return reading.past


class PastReader:
    """The fold behind `read_past`, one event at a time."""

    def __init__(self) -> None:
        self._started: SessionStarted | None = None
        self._provenances: list[Provenance] = []
        self._attempts: list[Attempt] = []
        self._open: Attempt | None = None
        self._tokens: list[tuple[int, str, float]] = []
        self._prompt: tuple[int, ...] = ()
        self._scrollback: tuple[Turn, ...] = ()
        self._numbers: tuple[int, ...] = ()
        self._seed_turns = 0
        self._lines: list[str] = []
        self._closed: list[str] = []
        self._samplings: tuple[Sampling, ...] = ()
        self._asked = True
        self._doing = Doing()
        self._drifts: list[tuple[int, str]] = []
        self._ended: RunEnded | None = None
        self._home: HomeCopy | None = None
        self._homes: dict[int, HomeCopy] = {}
        self._unkept: dict[int, str] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take in the next event."""
        match event:
            case SessionStarted():
                self._started, self._samplings = event, (event.spec.sampling,)
                if event.spec.start is not None:
                    self._lines.extend(event.spec.start.lines)
            case ModelReady(provenance=provenance):
                if provenance not in self._provenances:
                    self._provenances.append(provenance)
            case ScrollbackSeeded(turns=turns):
                self._scrollback, self._seed_turns = turns, len(turns)
            case ScrollbackGrew(added=added, turn=turn):
                self._scrollback += (added,)
                self._numbers += (turn,)
            case ScrollbackShortened(turns=turns, were=were):
                self._scrollback = (*self._scrollback[: self._seed_turns], *turns)
                self._numbers = tuple(self._numbers[place] for place in were)
            case DriftSeen(turn=turn, line=line):
                self._drifts.append((turn, line))
            case HomeKept():
                self._home_kept(event)
            case RunEnded():
                self._ended = event
            case (
                CommandSubmitted()
                | CommandFinished()
                | ShellNudged()
                | ShellWrote()
                | OutputDropped()
                | ShellResized()
                | KeysTyped()
            ):
                self._doing.feed(event)
            case _:
                self._writing(event)

    @property
    def past(self) -> Past:
        """What was read so far. Raises `DrifttyError` where the beginning is missing."""
        if self._started is None:
            raise DrifttyError(
                "The recording has lost its beginning, so nothing of it can be run again."
            )
        self._break_off()
        return Past(
            started=self._started,
            provenances=tuple(self._provenances),
            attempts=tuple(self._attempts),
            scrollback=self._scrollback,
            numbers=self._numbers,
            seed_turns=self._seed_turns,
            deeds=self._doing.deeds,
            lines=tuple(self._lines),
            drifts=tuple(self._drifts),
            ended=self._ended,
            homes=self._homes,
            unkept=self._unkept,
        )

    def _writing(self, event: AnyEvent) -> None:
        """What the model was asked and wrote."""
        match event:
            case TurnStarted(turn=turn):
                self._doing.turn = turn
                self._samplings, self._asked = self._samplings[-1:], False
            case SamplingChanged(sampling=sampling):
                # Between a turn's start and its prompt it mostly comes too late for the completion.
                kept = () if self._asked else self._samplings
                self._samplings = (*kept, sampling)
            case PromptSent():
                self._break_off()
                self._prompt = self._prompt[: event.kept] + event.ids
                self._asked = True
                self._open = Attempt(
                    turn=event.turn,
                    scrollback=self._scrollback,
                    numbers=self._numbers,
                    samplings=self._samplings,
                    prompt=self._prompt,
                    deeds=len(self._doing.deeds),
                    lines=len(self._lines),
                )
                self._samplings = self._samplings[-1:]
            case TokensSampled():
                self._tokens.extend(zip(event.ids, event.texts, event.logprobs, strict=True))
            case PartClosed(kind="command" | "prose", text=text):
                self._closed.append(text)
            case PartClosed(kind="comment", text=text):
                if self._started is not None and self._started.spec.policy == "whole-turn":
                    self._closed.append(text)
            case CompletionEnded(reason=reason):
                self._lines.extend(self._closed)
                self._close(reason)
            case _:
                pass

    def _home_kept(self, event: HomeKept) -> None:
        if event.why:
            self._unkept[event.turn] = event.why
            return
        before = None if event.whole else self._home
        if before is None and not event.whole:
            self._unkept[event.turn] = "the copy that it changes is missing"
            return
        self._home = msgspec.structs.replace(
            changed(before, event.entries, event.gone),
            cwd=event.cwd,
            left_out=event.left_out,
            processes=event.processes,
        )
        self._homes[event.turn] = self._home

    def _break_off(self) -> None:
        """A completion that has not come to its end never will."""
        self._close(None)

    def _close(self, reason: Reason | None) -> None:
        if self._open is not None:
            ids, texts, logprobs = zip(*self._tokens, strict=True) if self._tokens else ((), (), ())
            self._attempts.append(
                msgspec.structs.replace(
                    self._open, ids=ids, texts=texts, logprobs=logprobs, reason=reason
                )
            )
        self._open = None
        self._tokens.clear()
        self._closed.clear()
