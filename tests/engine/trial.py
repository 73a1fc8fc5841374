"""A run to be watched in tests: a scripted model, a real shell, and everything that is told."""

from collections.abc import Callable
from typing import Any, TypeVar

from engine.clock import SessionClock
from engine.events import (
    AnyEvent,
    RunEnded,
    ScrollbackGrew,
    ShellWrote,
)
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.operator import Operator
from engine.run import RunSpec, Sampling, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec
from engine.steering import Steering

PROMPT = "root@box:~# "
Told = TypeVar("Told", bound=AnyEvent)


class Trial:
    """A run to be watched: what it told, and the hands on its gates."""

    def __init__(self, *says: str | ScriptedCompletion, **spec: Any) -> None:
        completions = tuple(
            said if isinstance(said, ScriptedCompletion) else ScriptedCompletion(text=said)
            for said in says
        )
        self.spec = RunSpec(
            config=parse_config("false-memories", SeedLibrary()),
            task=spec.pop("task", Task(text="show the hostname, then exit.")),
            **{"turns": 4, "patience": 20.0, **spec},
        )
        self.steering = Steering(Sampling(), attended=True)
        self.events: list[AnyEvent] = []
        self.on_event: Callable[[AnyEvent], None] = lambda event: None
        self.shell = PtyShell(
            ShellSpec(files=self.spec.task.files, patience=self.spec.patience, limit=60)
        )
        script = Script(completions=completions, otherwise=ScriptedCompletion(text="exit"))
        self.model = ScriptedModel(script)

    def emit(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.on_event(event)

    async def run(self) -> RunEnded:
        operator = Operator(
            self.spec,
            self.model,
            self.shell,
            self.steering,
            session="run-under-test",
            emit=self.emit,
            clock=SessionClock(),
        )
        try:
            return await operator.run()
        finally:
            await self.model.aclose()

    def told(self, kind: type[Told]) -> list[Told]:
        return [event for event in self.events if isinstance(event, kind)]

    def shell_text(self) -> str:
        return b"".join(event.data for event in self.told(ShellWrote)).decode(errors="replace")

    @property
    def live_turns(self) -> list[tuple[str, str]]:
        return [(grew.added.role, grew.added.text) for grew in self.told(ScrollbackGrew)]
