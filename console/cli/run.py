"""`driftty run`: one session without a screen."""

import asyncio
import sys
from typing import Any

import click

from console.cli.options import build_spec, model_choice, run_options

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
    exit status is 0 whatever the model did, 1 when something broke, 2 for a wrong option.

    \b
      driftty run --task "show the kernel version, then exit"
      driftty run -c operator+history+exit -T 0.7 --rng 7 --turns 4
      driftty run -c bare --drift continue         # let its prose be executed
      driftty run --json | jq -c 'select(.type == "DriftSeen")'
    """
    if demo:
        options["model"] = "demo"
    spec = build_spec(options)
    status = asyncio.run(_run(spec, model_choice(options), as_json=as_json, demo=demo))
    if status:
        sys.exit(status)


async def _run(spec: Any, choice: Any, *, as_json: bool, demo: bool) -> int:
    import signal

    from console.host import open_live
    from console.transcript import Transcript
    from engine.events import AnyEvent

    async with open_live(choice, kind="run", demo=demo) as live:
        if as_json:
            import msgspec

            def show(event: AnyEvent) -> None:
                sys.stdout.buffer.write(msgspec.json.encode(event) + b"\n")
                sys.stdout.buffer.flush()
        else:
            show = Transcript(sys.stdout, sys.stderr).show
        live.subscribe(show)
        await live.start(spec)
        loop = asyncio.get_running_loop()
        waiting = asyncio.ensure_future(live.wait())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, lambda: asyncio.ensure_future(live.stop()))
        try:
            ended = await waiting
        except asyncio.CancelledError:
            return INTERRUPTED
        return 1 if ended.outcome == "fault" else 0
