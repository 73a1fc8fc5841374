"""A session as a story: a realistic list of events to fold, draw and look at."""

import re
from collections.abc import Iterator, Sequence

from engine.events import (
    AnyEvent,
    CommandFinished,
    CommandSubmitted,
    CompletionEnded,
    DriftSeen,
    Label,
    LineJudged,
    ModelReady,
    PartClosed,
    PartGrew,
    PartKind,
    PartOpened,
    PromptSent,
    Provenance,
    RunEnded,
    ScrollbackGrew,
    ScrollbackSeeded,
    SessionStarted,
    ShellStarted,
    ShellWrote,
    Stage,
    StageTimed,
    TokensSampled,
    TurnStarted,
)
from engine.run import RunSpec
from engine.scrollback import Span, Turn

MS = 1_000_000
SGR = re.compile(r"\x1b\[[\d;]*m")
PROMPT = "root@box:~# "
COLOURED = b"\x1b[1;32mroot@box\x1b[0m:\x1b[1;34m~\x1b[0m# "

PROVENANCE = Provenance(
    model="smollm2-135m",
    weights="ab" * 32,
    tokenizer="cd" * 32,
    template="ef" * 32,
    device="cpu (AMD EPYC 7B13)",
    dtype="float32",
    window=8192,
    parameters=134_515_008,
    libraries={"torch": "2.13.0"},
)


class Story:
    """Tells events on a clock of its own."""

    def __init__(self, spec: RunSpec, session: str = "20260615-120000-abcd") -> None:
        self.spec, self.session = spec, session
        self.at = 0
        self.turn = 0
        self.scrollback: list[Turn] = list(spec.config.turns)
        self.prompt: tuple[int, ...] = ()
        self.cached = 0

    def wait(self, milliseconds: float) -> int:
        """Let time pass; returns the new time."""
        self.at += int(milliseconds * MS)
        return self.at

    def bring_up(self) -> Iterator[AnyEvent]:
        """Everything up to the first prompt."""
        yield SessionStarted(
            at=0,
            session=self.session,
            version="0.1.0",
            began="2026-06-15T12:00:00Z",
            spec=self.spec,
        )
        yield ScrollbackSeeded(at=self.wait(0.2), turns=self.spec.config.turns)
        yield from self.grow("user", f"Task: {self.spec.task.text}\n{PROMPT}", "person")
        yield ShellWrote(at=self.wait(12), data=COLOURED)
        yield ShellStarted(
            at=self.wait(1),
            sandbox="bwrap",
            detail="no network, read-only system, scratch home",
            shell="bash",
            home="/tmp/driftty-home",
            columns=self.spec.columns,
            rows=self.spec.rows,
        )
        yield self.timed("bring_up", 13.2)
        yield ModelReady(at=self.wait(880), provenance=PROVENANCE)
        yield self.timed("load", 893)

    def grow(self, role: str, text: str, origin: str) -> Iterator[AnyEvent]:
        """A live turn."""
        turn = Turn(role=role, text=text, origin=origin)  # type: ignore[arg-type]  # a literal, chosen at run time
        self.scrollback.append(turn)
        yield ScrollbackGrew(at=self.at, turn=self.turn, added=turn)

    def timed(self, stage: Stage, milliseconds: float, tokens: int = 0) -> StageTimed:
        """A stage that just ended."""
        took = int(milliseconds * MS)
        return StageTimed(
            at=self.at, turn=self.turn, stage=stage, began=self.at - took, took=took, tokens=tokens
        )

    def asked(self) -> Iterator[AnyEvent]:
        """The operator's turn begins and the model is asked."""
        self.turn += 1
        yield TurnStarted(at=self.wait(0.5), turn=self.turn)
        ids: list[int] = []
        spans: list[Span] = []
        seam = 0
        for index, turn in enumerate(self.scrollback):
            if index == len(self.spec.config.turns):
                seam = len(ids)
            for origin, count in (("skeleton", 3), (turn.origin, max(1, len(turn.text) // 4))):
                start = len(ids)
                ids.extend(range(100 + start, 100 + start + count))
                spans.append(Span(start, len(ids), index, origin))  # type: ignore[arg-type]  # a literal, chosen at run time
        yield PromptSent(
            at=self.wait(0.3),
            turn=self.turn,
            kept=len(self.prompt),
            ids=tuple(ids[len(self.prompt) :]),
            spans=tuple(spans),
            seam=seam,
            cached=self.cached,
            window=8192,
        )
        self.cached, self.prompt = len(ids), tuple(ids)

    def said(
        self, parts: Sequence[tuple[PartKind, str]], why: str, label: Label = "command"
    ) -> Iterator[AnyEvent]:
        """What the model writes, word by word; its last part is the line that is judged."""
        position = 0
        began = self.at
        for number, (kind, text) in enumerate(parts):
            final: PartKind = kind
            if kind == "line":
                final = "command" if label == "command" else "prose"
            yield PartOpened(at=self.at, turn=self.turn, part=number, kind=kind)
            for word in text.replace(" ", "\0 ").split("\0"):
                now = self.wait(54)
                yield TokensSampled(
                    at=now,
                    turn=self.turn,
                    position=position,
                    ids=(position,),
                    texts=(word,),
                    logprobs=(-0.4,),
                    times=(now,),
                )
                yield PartGrew(at=now, turn=self.turn, part=number, text=word)
                position += 1
            yield PartClosed(
                at=self.at, turn=self.turn, part=number, kind=final, text=text, complete=True
            )
            if kind == "line":
                yield LineJudged(
                    at=self.at, turn=self.turn, line=text, label=label, why=why, by="text"
                )
        yield CompletionEnded(at=self.at, turn=self.turn, reason="line", tokens=position)
        took = (self.at - began) / MS
        yield self.timed("seed", 96 if self.turn == 1 else 41, len(self.prompt) // self.turn)
        yield self.timed("first_token", 101 if self.turn == 1 else 54, 1)
        yield self.timed("completion", took, position)
        yield self.timed("route", 0.2)

    def ran(self, command: str, output: bytes, status: int, took: float) -> Iterator[AnyEvent]:
        """A command in the shell and what it printed."""
        yield CommandSubmitted(at=self.wait(0.4), turn=self.turn, command=command, by="operator")
        yield ShellWrote(at=self.wait(1), data=command.encode() + b"\r\n" + output)
        left = command == "exit"
        if not left:
            yield ShellWrote(at=self.wait(took), data=COLOURED)
        yield CommandFinished(
            at=self.at,
            turn=self.turn,
            command=command,
            state="died" if left else "done",
            status=None if left else status,
            foreground="",
            bytes=len(output),
        )
        yield self.timed("exec", took)
        yield from self.grow("assistant", command, "operator")
        if not left:
            text = SGR.sub("", output.decode("utf-8", "replace").replace("\r\n", "\n"))
            yield from self.grow("user", text + PROMPT, "shell")
            yield self.timed("observe", 0.3)

    def ended(self, outcome: str, why: str, **axes: object) -> RunEnded:
        """The last event."""
        given: dict[str, object] = {
            "operated": outcome != "drift",
            "exited": outcome == "clean",
            "done": None,
            "drift_turn": None,
            "drift_kind": None,
            **axes,
        }
        return RunEnded(
            at=self.wait(2),
            session=self.session,
            outcome=outcome,  # type: ignore[arg-type]  # a literal, chosen at run time
            turns=self.turn,
            why=why,
            **given,  # type: ignore[arg-type]  # a literal, chosen at run time
        )


def drifting(spec: RunSpec) -> list[AnyEvent]:
    """Two good turns with an error on the way, then a narration: a session that drifts."""
    story = Story(spec)
    events: list[AnyEvent] = [*story.bring_up()]
    events += story.asked()
    events += story.said(
        [
            ("reasoning", "uname prints the kernel's name; with -r it prints the release."),
            ("line", "uname -r"),
        ],
        "begins with uname, a known command; no function words",
    )
    events += story.ran("uname -r", b"6.1.0-18-amd64\r\n", 0, 11.8)
    events += story.asked()
    events += story.said(
        [("comment", "# save it where the task wants it"), ("line", "cat /etc/kernel-relase")],
        "begins with cat, a known command; a path follows",
    )
    events += story.ran(
        "cat /etc/kernel-relase",
        b"cat: /etc/kernel-relase: \x1b[31mNo such file or directory\x1b[0m\r\n",
        1,
        4.1,
    )
    events += story.asked()
    line = "Let me try another way to find the kernel version."
    why = "3 function words outside quotes; begins with a verb for a reader; ends in a full stop"
    events += story.said([("line", line)], why, "narration")
    events.append(DriftSeen(at=story.at, turn=3, kind="narration", line=line, why=why))
    events.append(
        story.ended("drift", "drift: narration", done=False, drift_turn=3, drift_kind="narration")
    )
    return events


def clean(spec: RunSpec) -> list[AnyEvent]:
    """Lists a folder in colour, then exits: a clean session."""
    story = Story(spec)
    events: list[AnyEvent] = [*story.bring_up()]
    events += story.asked()
    events += story.said([("line", "ls --color")], "begins with ls, a known command")
    events += story.ran(
        "ls --color",
        b"\x1b[01;34mlogs\x1b[0m  notes.txt  \x1b[01;32mrun.sh\x1b[0m\r\n",
        0,
        6.3,
    )
    events += story.asked()
    events += story.said([("line", "exit")], "is exit")
    events += story.ran("exit", b"exit\r\n", 0, 1.2)
    events.append(story.ended("clean", "the shell ended with `exit`", done=True))
    return events
