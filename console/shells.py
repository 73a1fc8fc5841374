"""Real shells for runs."""

import msgspec

from console.settings import largest_home
from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec

REPLICATE_HOME = 256_000
"""Bytes of the largest home that is kept of a run that nobody watches: there may be thousands."""


def shell_for(spec: RunSpec) -> Shell:
    """The real shell that a run asks for, not started yet; nothing is kept of its home."""
    return PtyShell(_asked(spec))


def watched_shell_for(spec: RunSpec) -> Shell:
    """The same, with copies of its home as the person's settings have them."""
    return _keeping(spec, largest_home())


def replicate_shell_for(spec: RunSpec) -> Shell:
    """The same for a run of an experiment: copies of small homes only."""
    return _keeping(spec, min(largest_home(), REPLICATE_HOME))


def _keeping(spec: RunSpec, limit: int) -> Shell:
    return PtyShell(msgspec.structs.replace(_asked(spec), home_limit=limit))


def _asked(spec: RunSpec) -> ShellSpec:
    return ShellSpec(
        # Where the model is shown no prompt, the person still is.
        prompt=spec.config.prompt or ShellSpec().prompt,
        columns=spec.columns,
        rows=spec.rows,
        sandbox=spec.sandbox,
        files=spec.task.files,
        home=spec.start.home if spec.start is not None else None,
        patience=spec.patience,
    )
