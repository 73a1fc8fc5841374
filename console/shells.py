"""Real shells for runs."""

from engine.run import RunSpec
from engine.shell.observation import Shell
from engine.shell.session import PtyShell
from engine.shell.spec import ShellSpec


def shell_for(spec: RunSpec) -> Shell:
    """The real shell that a run asks for, not started yet."""
    return PtyShell(
        ShellSpec(
            # Where the model is shown no prompt, the person still is.
            prompt=spec.config.prompt or ShellSpec().prompt,
            columns=spec.columns,
            rows=spec.rows,
            sandbox=spec.sandbox,
            files=spec.task.files,
            patience=spec.patience,
        )
    )
