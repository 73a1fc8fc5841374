"""What a run is asked to be: everything that decides it but the machine it happens on."""

from typing import Literal, TypeAlias

import msgspec

from engine.scrollback import Turn
from engine.start import Start

Channel: TypeAlias = Literal["cooked", "fragmented"]
"""How the shell's bytes become user turns. `fragmented` is the historical bug, kept for study."""

CommandPolicy: TypeAlias = Literal["first-line", "whole-turn"]
"""`first-line`: the first line that is neither reasoning nor comment ends the completion.
`whole-turn`: every line of the completion goes to the shell."""

DriftPolicy: TypeAlias = Literal["stop", "continue", "flag"]
"""What a drift does to the run. `stop`: it ends, the line is not executed. `continue`: the line is
executed as if it were a command, as history did. `flag`: the line is withheld, the run goes on."""

StuckPolicy: TypeAlias = Literal["interrupt", "eof", "ask"]
"""What is done for a command that does not come back to the prompt by itself."""

SandboxPolicy: TypeAlias = Literal["auto", "bwrap", "landlock", "none"]
"""`auto`: the best that works here, and a refusal where none does."""


class Sampling(msgspec.Struct, frozen=True):
    """How the next token is drawn. The defaults of all but temperature leave the model alone."""

    temperature: float = 0.7
    """0 takes the likeliest token."""
    top_p: float = 1.0
    top_k: int = 0
    """0 is off."""
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    max_tokens: int = 160
    """At most this many tokens a completion."""


class Config(msgspec.Struct, frozen=True):
    """A seed with a choice of its elements: what a tally compares."""

    name: str
    """`seed+element+element`, elements in canonical order; `seed+none` without any."""
    seed: str
    elements: tuple[str, ...]
    turns: tuple[Turn, ...]
    """The rendered seed turns."""
    prompt: str
    """The shell prompt shown to the model at the end of every user turn; empty when switched off."""
    hash: str
    """SHA-256 over the rendered turns and the prompt, hex."""
    source: str
    """The seed file's full text."""


class TaskFile(msgspec.Struct, frozen=True):
    """A file placed in the scratch home before the run."""

    path: str
    """Relative to the home."""
    text: str
    executable: bool = False


class Task(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the operator is asked."""

    text: str
    name: str = ""
    """Empty for a task given as plain text."""
    files: tuple[TaskFile, ...] = ()
    check: str = ""
    """A bash command run by the console in the home after the run; status 0 means done."""


class RunSpec(msgspec.Struct, frozen=True):
    """One run, asked for."""

    config: Config
    task: Task
    model: str = "smollm2-135m"
    sampling: Sampling = Sampling()
    rng: int = 42
    """The run seed: every random choice is a function of it, the turn and the position."""
    turns: int = 8
    """The turn limit."""
    channel: Channel = "cooked"
    policy: CommandPolicy = "first-line"
    drift: DriftPolicy = "stop"
    stuck: StuckPolicy = "interrupt"
    sandbox: SandboxPolicy = "auto"
    columns: int = 100
    """Of the shell's terminal, in cells."""
    rows: int = 30
    """Of the shell's terminal, in cells."""
    patience: float = 10.0
    """Seconds a command may stay silent before it counts as stalled."""
    budget: int = 2000
    """At most this many characters of one command's output reach the model: its tail."""
    start: Start | None = None
    """Where a fork begins; none begins with the task."""
