"""The command line: `driftty` and its subcommands, each imported only when it is called."""

import os
import sys

import click

from console.cli.lazy import LazyGroup
from engine.errors import DrifttyError
from engine.version import VERSION

COMMANDS = {
    "open": ("console.cli.open", "Open the console (what `driftty` alone does)."),
    "run": ("console.cli.run", "Run one session without a screen."),
    "tally": ("console.cli.tally", "Run configs many times, and count clean against drift."),
    "report": ("console.cli.report", "Write a report on an experiment: HTML, Markdown, CSV, JSON."),
    "replay": ("console.cli.replay", "Play a recorded session, token by token, at its own pace."),
    "models": ("console.cli.models", "List, fetch, locate and remove models."),
    "seeds": ("console.cli.seeds", "List, show, lint, compare and edit seeds."),
    "tasks": ("console.cli.tasks", "List, show, lint and edit tasks."),
    "sessions": ("console.cli.sessions", "Recorded sessions: find, verify, fork, export."),
    "payload": ("console.cli.payload", "Show exactly what the model was sent, and what is wrong."),
    "judge": ("console.cli.judge", "Tell commands from drift, line by line."),
    "status": ("console.cli.status", "The model's state and the stages of the last session."),
    "doctor": ("console.cli.doctor", "Say what works on this machine, and mend what does not."),
}
"""Name to module and one line of help. Each module has its click command as `command`."""


@click.group(cls=LazyGroup.of(COMMANDS), invoke_without_command=True)
@click.version_option(VERSION, prog_name="driftty")
@click.pass_context
def driftty(ctx: click.Context) -> None:
    """A local language model operates a real shell; you watch, steer, replay and count.

    Without a command, the console opens. Try first:

    \b
      driftty                     open the console
      driftty open --demo         the console on a scripted session, no model needed
      driftty run --task "show the hostname, then exit"
      driftty doctor              what works on this machine
    """
    if ctx.invoked_subcommand is None:
        command = driftty.get_command(ctx, "open")
        assert command is not None
        ctx.invoke(command)


def main() -> None:
    """Run the command line; whatever goes wrong is a sentence on standard error.

    The exit status is 2 for usage, 1 for anything else that failed.
    """
    try:
        driftty(prog_name="driftty")
    except DrifttyError as error:
        from console.safe import clean

        click.echo(f"driftty: {clean(str(error))}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        # Whoever read our output has enough; that is not an error, and nothing more can be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:  # noqa: BLE001 - the outermost edge: no traceback reaches a person
        from console.crash import report

        click.echo(report(error), err=True)
        sys.exit(1)
