"""Experiments for tests: a scripted model, and a shell that answers without a process."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from console.experimenting import Experimenting, ExperimentSnapshot, Results
from console.models import Models, Told
from engine.experiment import Experiment
from engine.model.protocol import Model
from engine.model.script import Script, ScriptedCompletion
from engine.model.scripted import ScriptedModel
from engine.run import RunSpec, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.shell.observation import Observation, Opening
from sessions.experiments import Experiments, Kept, Placement, Stretch
from sessions.ids import new_id
from sessions.recorder import Recorder

WELL = Script(
    completions=(ScriptedCompletion(text="hostname"), ScriptedCompletion(text="exit")), rows=8
)
BROKEN = Script(completions=(ScriptedCompletion(text="x", fails="It broke."),), rows=8)
HANGING = Script(completions=(ScriptedCompletion(text="hostname", hangs_at=1),), rows=8)


class AnsweringShell:
    """Says its name to every command, and dies of `exit`."""

    def __init__(self, spec: RunSpec) -> None:
        self.on_output: Callable[[bytes], None] = lambda _: None
        self.on_dropped: Callable[[int], None] = lambda _: None
        self._prompt = spec.config.prompt.encode()

    async def start(self) -> Opening:
        return Opening("none", "nothing", "bash", "/nowhere", 100, 30, 1000)

    async def submit(self, command: str) -> Observation:
        raw = command.encode() + b"\r\nbox\r\n" + self._prompt
        self.on_output(raw)
        died = command == "exit"
        return self._seen(command, raw, died=died)

    async def settle(self) -> Observation:
        return self._seen("", b"")

    def observe(self) -> Observation:
        return self._seen("", b"")

    def type(self, data: bytes) -> bool:
        return True

    def interrupt(self) -> None:
        return

    def end_of_file(self) -> None:
        return

    def resize(self, columns: int, rows: int) -> None:
        return

    async def copy_home(self) -> None:
        return None

    async def check(self, command: str) -> tuple[int, str]:
        return 0, ""

    async def close(self) -> None:
        return

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
        )


def planned(n: int = 3, *, model: str = "demo") -> Experiment:
    """Two configs on two tasks."""
    library = SeedLibrary()
    configs = tuple(parse_config(name, library) for name in ("bare", "false-memories"))
    tasks = (Task(text="show the hostname, then exit."), Task(text="count to three, then exit."))
    template = RunSpec(config=configs[0], task=tasks[0], model=model, turns=4)
    return Experiment(id=new_id(), seed=7, configs=configs, tasks=tasks, n=n, template=template)


def begun(experiment: Experiment) -> Kept:
    """A new experiment in the store of this test."""
    experiments = Experiments()
    experiments.begin(experiment, Placement())
    return experiments.read(experiment.id)


class Scripts:
    """One scripted model after the other, whatever they are asked for by."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.used: list[tuple[str, Stretch | None]] = []

    @asynccontextmanager
    async def use(self, model: str, pinned: Stretch | None, told: Told) -> AsyncIterator[Model]:
        self.used.append((model, pinned))
        made = ScriptedModel(self._script, pace=0, on_status=told)
        told(made.status)
        made.start()
        yield made
        await made.aclose()


def experimenting(
    kept: Kept,
    recorder: Recorder,
    script: Script = WELL,
    *,
    results: Results | None = None,
    shell: Callable[[RunSpec], AnsweringShell] = AnsweringShell,
    at_once: int = 4,
    models: Models | None = None,
    anyway: bool = False,
) -> Experimenting:
    """An experiment over a script, into the real store."""
    return Experimenting(
        kept,
        models or Scripts(script),
        recorder,
        results or Experiments(),
        make_shell=shell,
        make_session=new_id,
        at_once=lambda _: at_once,
        anyway=anyway,
    )


async def until(running: Experimenting, holds: Callable[[ExperimentSnapshot], object]) -> None:
    """Wait until something holds of the experiment, looking whenever anything happened."""
    loop = asyncio.get_running_loop()
    held = loop.create_future()

    def look() -> None:
        if holds(running.snapshot):
            held.set_result(None)
        else:
            loop.call_soon(look)

    look()
    await held
