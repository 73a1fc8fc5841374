"""Recordings to run again: a script, and a shell that answers without a process."""

import time
from collections.abc import Callable
from typing import Any

import msgspec

from engine.clock import SessionClock
from engine.events import AnyEvent, ScrollbackGrew, TokensSampled
from engine.model.protocol import Model
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.operator import Operator
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.shell.observation import Observation, Opening
from engine.steering import Steering

PROSE = "It looks like the hostname of this machine is box."
NONCE = "0123456789abcdef"


class EchoingShell:
    """Answers every command with its own words, marked as bash does; dies of `exit`."""

    def __init__(
        self, spec: RunSpec, answer: Callable[[str], str] = lambda command: command
    ) -> None:
        self.on_output: Callable[[bytes], None] = lambda _: None
        self.on_dropped: Callable[[int], None] = lambda _: None
        self.done: list[str | bytes] = []
        """Everything that was done to it."""
        self._answer = answer
        self._prompt = spec.config.prompt.encode()

    async def start(self) -> Opening:
        self.on_output(self._marked(b"D;0") + self._prompt)
        return Opening("none", "nothing", "bash", "/nowhere", 100, 30, 1000)

    async def submit(self, command: str) -> Observation:
        self.done.append(command)
        died = command == "exit"
        output = self._answer(command).replace("\n", "\r\n").encode()
        raw = b"".join(
            (command.encode(), b"\x1b[?2004l\r", b"\r\n", self._marked(b"C"), output, b"\r\n")
        )
        raw = raw.replace(b"\x1b[?2004l\r\r\n", b"\r\n\x1b[?2004l\r")
        if not died:
            raw += self._marked(b"D;0") + self._marked(b"A") + self._prompt + self._marked(b"B")
        self.on_output(raw)
        return self._seen(command, raw, died=died)

    async def settle(self) -> Observation:
        return self._seen("", b"")

    def observe(self) -> Observation:
        return self._seen("", b"")

    def type(self, data: bytes) -> bool:
        self.done.append(data)
        return True

    def interrupt(self) -> None:
        self.done.append(b"\x03")

    def end_of_file(self) -> None:
        self.done.append(b"\x04")

    def resize(self, columns: int, rows: int) -> None:
        return

    async def copy_home(self) -> None:
        return None

    async def check(self, command: str) -> tuple[int, str]:
        return 0, ""

    async def close(self) -> None:
        return

    def _marked(self, what: bytes) -> bytes:
        return b"\x1b]133;" + what + b";aid=" + NONCE.encode() + b"\x1b\\"

    def _seen(self, command: str, raw: bytes, *, died: bool = False) -> Observation:
        return Observation(
            command=command,
            state="died" if died else "done",
            status=None if died else 0,
            foreground="",
            raw=raw,
            dropped=0,
            began=time.monotonic_ns(),
            took=1000,
            nonce=NONCE,
        )


def script(*says: str | ScriptedCompletion) -> Script:
    """A script that says these in order, and then `exit`."""
    return Script(
        completions=tuple(
            said if isinstance(said, ScriptedCompletion) else ScriptedCompletion(text=said)
            for said in says
        ),
        otherwise=ScriptedCompletion(text="exit"),
    )


def spec(**changes: Any) -> RunSpec:
    """A run of eight turns."""
    return RunSpec(
        config=parse_config("false-memories", SeedLibrary()),
        task=Task(text="show the hostname, then exit."),
        **changes,
    )


async def record(
    says: Script,
    run: RunSpec | None = None,
    *,
    shell: EchoingShell | None = None,
    steer: Callable[[Steering, AnyEvent], AnyEvent | None] = lambda steering, event: None,
    session: str = "20260102-030405-abcd",
) -> list[AnyEvent]:
    """The events of a run. `steer` sees each, and may give another that happens then."""
    model = ScriptedModel(says, pace=0)
    try:
        return await record_on(model, run, shell=shell, steer=steer, session=session)
    finally:
        await model.aclose()


async def record_on(
    model: Model,
    run: RunSpec | None = None,
    *,
    shell: EchoingShell | None = None,
    steer: Callable[[Steering, AnyEvent], AnyEvent | None] = lambda steering, event: None,
    session: str = "20260102-030405-abcd",
) -> list[AnyEvent]:
    """The same on a model that is there."""
    run = run or spec()
    steering = Steering(run.sampling, attended=True)
    events: list[AnyEvent] = []

    def emit(event: AnyEvent) -> None:
        events.append(event)
        caused = steer(steering, event)
        if caused is not None:
            events.append(caused)

    operator = Operator(
        run,
        model,
        shell or EchoingShell(run),
        steering,
        session=session,
        emit=emit,
        clock=SessionClock(),
    )
    await operator.run()
    return events


def planted(events: list[AnyEvent], turn: int, position: int, token: int) -> list[AnyEvent]:
    """The events with one sampled token replaced by another, there and where it went back."""
    changed: list[AnyEvent] = []
    old: int | None = None
    for event in events:
        match event:
            case TokensSampled(position=first, ids=ids) if (
                event.turn == turn and first <= position < first + len(ids)
            ):
                at = position - first
                old = ids[at]
                event = msgspec.structs.replace(event, ids=(*ids[:at], token, *ids[at + 1 :]))
            case ScrollbackGrew(added=added) if (
                event.turn == turn and added.ids and old is not None
            ):
                ids = (*added.ids[:position], token, *added.ids[position + 1 :])
                added = msgspec.structs.replace(added, ids=ids)
                event = msgspec.structs.replace(event, added=added)
            case _:
                pass
        changed.append(event)
    assert old is not None
    assert old != token
    return changed
