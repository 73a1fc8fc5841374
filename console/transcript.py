"""A run told in plain text while it goes on: the shell on one stream, everything else on another.

What the shell shows and what is typed into it goes to standard output, so that a pipe gets only the
shell; reasoning, drift, stages and faults go to standard error, dimmed where that is a terminal.
"""

import os
from typing import TextIO

from console.safe import clean
from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    CommandVetoed,
    DriftSeen,
    FaultSeen,
    PartClosed,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    ScrollbackShortened,
    SessionStarted,
    ShellNudged,
    ShellStarted,
    TaskChecked,
    TurnStarted,
    WorkerLost,
    WorldRestored,
)
from engine.rerun.restoring import in_words as redone
from engine.shortening import in_words

DIM, BOLD, RESET = "\x1b[2m", "\x1b[1m", "\x1b[0m"


class Transcript:
    """Writes a run's events to two text streams as a person would read them."""

    def __init__(self, shell: TextIO, aside: TextIO) -> None:
        """`shell` gets commands and output, `aside` everything else."""
        self._shell = shell
        self._aside = aside
        self._dim = aside.isatty() and os.environ.get("TERM") != "dumb"
        self._prompt = ""

    def show(self, event: AnyEvent) -> None:
        """Write what one event says, if it says anything here."""
        match event:
            case SessionStarted(session=session, spec=spec):
                self._prompt = spec.config.prompt or "$ "
                self._say(f"session {session} · {spec.config.name} · T {spec.sampling.temperature}")
                if spec.start is not None:
                    self._say(f"forked from {spec.start.session} at turn {spec.start.turn}")
                self._say(f"task: {spec.task.text}")
            case ScrollbackSeeded(turns=turns):
                self._say(f"seed: {len(turns)} turns")
            case ShellStarted(sandbox=sandbox, detail=detail):
                self._say(f"shell: sandbox {sandbox}, {detail}")
            case WorldRestored():
                self._say(redone(event))
            case TurnStarted(turn=turn):
                self._say(f"turn {turn}")
            case PartClosed(kind="reasoning" | "comment" as kind, text=text):
                self._say(f"{kind}: {text.strip()}")
            case CommandSubmitted(command=command):
                self._out(f"{self._prompt}{command}")
            case ScrollbackGrew(added=added) if added.origin == "shell":
                text = added.text.removesuffix(self._prompt).rstrip("\n")
                if text.strip():
                    self._out(text)
            case _:
                self._aside_from(event)

    def _aside_from(self, event: AnyEvent) -> None:
        match event:
            case DriftSeen(turn=turn, kind=kind, line=line, why=why):
                self._say(f"✗ drift, {kind}, turn {turn}: “{line}” ({why})", loud=True)
            case CommandVetoed(command=command, by=by):
                self._say(f"withheld by {by}: {command}")
            case ShellNudged(state=state, action=action):
                self._say(f"stuck, {state.replace('_', ' ')}: {action}")
            case CommandFinished(status=int(status)) if status:
                self._say(f"exit status {status}")
            case WorkerLost(why=why):
                self._say(f"the model's process was lost: {why}", loud=True)
            case ScrollbackShortened():
                self._say(f"shortened: {in_words(event)}")
            case FaultSeen(where=where, why=why):
                self._say(f"fault in the {where}: {why}", loud=True)
            case TaskChecked(done=done):
                self._say("task: done" if done else "task: not done")
            case RunEnded():
                self._say(_verdict(event), loud=True)
            case _:
                pass

    def _out(self, text: str) -> None:
        self._shell.write(clean(text) + "\n")
        self._shell.flush()

    def _say(self, text: str, *, loud: bool = False) -> None:
        text = clean(text)
        if self._dim:
            text = f"{BOLD if loud else DIM}{text}{RESET}"
        self._aside.write(text + "\n")
        self._aside.flush()


def _verdict(ended: RunEnded) -> str:
    if ended.outcome == "fault":
        # What broke has just been said, in full.
        return f"fault: the run does not count · turns {ended.turns} · session {ended.session}"
    done = {True: ", done", False: ", not done", None: ""}[ended.done]
    axes = f"{'operated' if ended.operated else 'did not operate'}, " + (
        "exited" if ended.exited else "did not exit"
    )
    return (
        f"{ended.outcome}: {axes}{done} · {ended.why} · turns {ended.turns} · "
        f"session {ended.session}\none run: nothing can be concluded from it"
    )
