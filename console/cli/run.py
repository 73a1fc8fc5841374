"""`driftty run`: one session without a screen."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import click
import msgspec

from console.cli.options import ModelChoice, build_spec, model_choice, run_options
from engine.events import AnyEvent
from engine.run import RunSpec

INTERRUPTED = 130
"""What a shell reports for a command ended by Ctrl+C."""


@click.command()
@run_options
@click.option("--demo", is_flag=True, help="A scripted operator instead of a model.")
@click.option("--json", "as_json", is_flag=True, help="Every event as a line of JSON on stdout.")
def command(as_json: bool, demo: bool, **options: Any) -> None:
    """Run one session: the model operates a sandboxed shell until it exits, drifts or runs out.

    The shell goes to standard output, reasoning and verdicts to standard error, so that a pipe gets
    only the shell. With --json, standard output is one event a line, the last being RunEnded. The
    exit status is 0 whatever the model did, 1 when something broke, 2 for a wrong option, 130 when
    it was interrupted.

    \b
      driftty run --task "show the kernel version, then exit"
      driftty run -c operator+history+exit -T 0.7 --rng 7 --turns 4
      driftty run -c bare --drift continue         # let its prose be executed
      driftty run --json | jq -c 'select(.type == "DriftSeen")'
    """
    if sys.stdout is None or sys.stderr is None:
        # A caller may close them; the run is recorded all the same, and a pipe gets what is left.
        nowhere = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    if demo:
        options["model"] = "demo"
    spec = build_spec(options)
    choice = model_choice(options, demo=demo)
    status = asyncio.run(run_session(spec, choice, as_json=as_json, demo=demo))
    if status:
        sys.exit(status)


async def run_session(spec: RunSpec, choice: ModelChoice, *, as_json: bool, demo: bool) -> int:
    """Run one session, shown as it goes; returns the exit status."""
    from console.host import open_live
    from console.transcript import Transcript

    async with open_live(choice, kind="run", demo=demo) as live:
        loop = asyncio.get_running_loop()

        def stop(status: int = INTERRUPTED) -> None:
            stopping.append(status)
            ending.append(loop.create_task(live.stop()))

        stopping: list[int] = []
        ending: list[asyncio.Task[None]] = []
        transcript = Transcript(sys.stdout, sys.stderr)
        show = _print_json if as_json else transcript.show
        live.subscribe(_until_unread(show, lambda: stop(0)))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, stop)
        await live.start(spec)
        try:
            ended = await live.wait()
        except asyncio.CancelledError:
            await asyncio.gather(*ending)
            return stopping[0]
        return 1 if ended.outcome == "fault" else 0


def _print_json(event: AnyEvent) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
    sys.stdout.buffer.flush()


def _until_unread(
    show: Callable[[AnyEvent], None], stop: Callable[[], None]
) -> Callable[[AnyEvent], None]:
    """Show events while somebody reads them; a run nobody reads any more is stopped."""
    read = True

    def listener(event: AnyEvent) -> None:
        nonlocal read
        if not read:
            return
        try:
            show(event)
        except BrokenPipeError:
            read = False
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            stop()

    return listener
