"""`driftty status`: how the model is and where the time went, from another terminal or afterwards."""

import asyncio
import sys
from typing import Any

import click

from engine.figures import duration, speed

_ABSENT = "–"


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object on standard output.")
def command(as_json: bool) -> None:
    """Show the model's state and the stages of the current or the last session.

    Asks every running driftty of yours; with none running, tells the stages of the session recorded
    last. With --json, one object:

    \b
      running   [{pid, kind, since, session, state, experiment, problem,
                  model: {name, state, since, device, dtype, pid, memory_bytes,
                          rows, rows_busy, waiting, cached_tokens} or null,
                  stages: {…} or null}]
      last      {session, began, config, model, outcome, stages: {…}} or null
    \b
      stages    {load_ms, bring_up_ms, seed_ms, seed_tokens, first_token_ms,
                 first_completion_ms, completions, completion_median_ms, tokens,
                 tokens_per_second, commands, exec_median_ms, exec_total_ms},
                null where a stage has not ended
    """
    import msgspec

    from console.status import running

    document = {"running": running(), "last": asyncio.run(_last())}
    if as_json:
        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(document)) + b"\n")
    else:
        _print(document)


async def _last() -> dict[str, Any] | None:
    """The session recorded last, with its stages; none where none is recorded."""
    import msgspec

    from sessions.library import Library
    from sessions.stages import Stages

    async with Library.open() as library:
        latest = await library.sessions(limit=1)
        if not latest:
            return None
        stages = Stages()
        async for event in library.events(latest[0].id, only=("StageTimed",)):
            stages.absorb(event)
        return {
            "session": latest[0].id,
            "began": latest[0].began,
            "config": latest[0].config,
            "model": latest[0].model,
            "outcome": latest[0].outcome,
            "stages": msgspec.to_builtins(stages.figures()),
        }


def _print(document: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    from console.safe import clean_line

    console = Console(highlight=False)

    def row(label: str, text: str) -> None:
        console.print(Text.assemble((f"{label:<9}", "bold"), clean_line(text)), soft_wrap=True)

    for process in document["running"]:
        row("driftty", _process(process))
        if model := process.get("model"):
            row("model", _model(model))
        if stages := process.get("stages"):
            row("stages", _stages(stages))
    if any(process.get("stages") for process in document["running"]):
        return
    if not document["running"]:
        row("driftty", "nothing is running")
    last = document["last"]
    if last is None:
        row("session", "none is recorded yet; try `driftty run`")
        return
    row("last", f"{last['session']} · {last['config']} · {last['model']} · {last['outcome']}")
    row("stages", _stages(last["stages"]))


def _process(process: dict[str, Any]) -> str:
    parts = [
        process.get("kind", "process"),
        f"pid {process['pid']}",
        _since(process.get("since")),
        f"session {process['session']}" if process.get("session") else "",
        process.get("state", ""),
        process.get("experiment", ""),
        process.get("problem", ""),
    ]
    return " · ".join(part for part in parts if part)


def _model(model: dict[str, Any]) -> str:
    parts = [
        model.get("name", ""),
        model.get("state", ""),
        _since(model.get("since")),
        model.get("device", ""),
        model.get("dtype", ""),
        _memory(model.get("memory_bytes")),
        f"rows {model['rows_busy']} of {model['rows']} busy" if model.get("rows") else "",
        f"{model['waiting']} waiting" if model.get("waiting") else "",
        f"{model['cached_tokens']} tokens cached" if model.get("cached_tokens") is not None else "",
        f"pid {model['pid']}" if model.get("pid") else "",
    ]
    return " · ".join(part for part in parts if part)


def _stages(stages: dict[str, Any]) -> str:
    rate = stages.get("tokens_per_second")
    completions = f"completions {stages.get('completions', 0)}"
    if stages.get("completions"):
        completions += f", median {_ms(stages.get('completion_median_ms'))}"
    if rate is not None:
        completions += f", {speed(rate)}"
    executed = f"exec {stages.get('commands', 0)}"
    if stages.get("commands"):
        executed += f", median {_ms(stages.get('exec_median_ms'))}"
    return " · ".join(
        (
            f"load {_ms(stages.get('load_ms'))}",
            f"bring up {_ms(stages.get('bring_up_ms'))}",
            f"seed {_ms(stages.get('seed_ms'))}, {stages.get('seed_tokens', 0)} tokens",
            f"first completion {_ms(stages.get('first_completion_ms'))}",
            completions,
            executed,
        )
    )


def _ms(value: float | None) -> str:
    if value is None:
        return _ABSENT
    return duration(round(value * 1e6))


def _memory(value: int | None) -> str:
    return f"{value / 2**20:.0f} MiB" if value else ""


def _since(value: str | None) -> str:
    """How long ago, of a wall-clock time in ISO 8601."""
    from datetime import UTC, datetime

    if not value:
        return ""
    seconds = max(0, int((datetime.now(UTC) - datetime.fromisoformat(value)).total_seconds()))
    if seconds < 120:
        return f"up {seconds} s"
    return f"up {seconds // 60} min" if seconds < 7200 else f"up {seconds // 3600} h"
