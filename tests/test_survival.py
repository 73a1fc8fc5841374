"""`kill -9` of each process of a run in turn: a readable session, and no process left behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from engine.model.catalogue import ModelFiles

DRIFTTY = [sys.executable, "-m", "console"]
PATIENCE_SECONDS = 170
LONG = ("-c", "bare", "--policy", "whole-turn", "-T", "0", "--max-tokens", "80")
"""A completion that is long enough to be hit while it is written."""


class Running:
    """`driftty run --json`, its events as they come, and the processes it started."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [*DRIFTTY, "run", "--json", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        self._lines = iter(self.process.stdout)
        self.events: list[dict[str, Any]] = []
        self._watchdog = threading.Timer(PATIENCE_SECONDS, self.process.kill)
        self._watchdog.start()

    def until(self, kind: str) -> dict[str, Any]:
        """Read events up to the first of a kind."""
        for event in self._read():
            if event["type"] == kind:
                return event
        raise AssertionError(f"no {kind} came; the last events: {self.events[-3:]}")

    def rest(self) -> list[dict[str, Any]]:
        """Read to the end."""
        return list(self._read())

    def _read(self) -> Iterator[dict[str, Any]]:
        for line in self._lines:
            event: dict[str, Any] = json.loads(line)
            self.events.append(event)
            yield event

    @property
    def session(self) -> str:
        return str(self.events[0]["session"])

    def descendants(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def close(self) -> None:
        self._watchdog.cancel()
        self.process.kill()
        self.process.wait()


@pytest.fixture
def started() -> Iterator[list[Running]]:
    running: list[Running] = []
    yield running
    for one in running:
        one.close()


def gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=60)
    return not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def named(processes: list[psutil.Process], word: str) -> psutil.Process:
    """The innermost process with a word in its command line."""
    found = [one for one in processes if word in " ".join(one.cmdline())]
    assert found, [one.cmdline() for one in processes]
    return found[-1]


def shown(session: str) -> dict[str, Any]:
    read = subprocess.run(
        [*DRIFTTY, "sessions", "show", session, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    summary: dict[str, Any] = json.loads(read.stdout)["summary"]
    return summary


@pytest.mark.shell
def test_killing_the_console_leaves_no_process_and_a_session_marked_interrupted(
    started: list[Running],
) -> None:
    run = Running("--demo", "-c", "false-memories")
    started.append(run)
    run.until("CommandFinished")
    processes = run.descendants()
    named(processes, "bash")
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    assert gone(processes)
    assert shown(run.session)["outcome"] == "interrupted"


@pytest.mark.shell
@pytest.mark.model
def test_killing_the_console_leaves_no_worker_behind(
    started: list[Running], embedded_model: ModelFiles
) -> None:
    run = Running(*LONG, "--model", embedded_model.name)
    started.append(run)
    run.until("TokensSampled")
    processes = run.descendants()
    named(processes, "engine.model.worker")
    os.kill(run.process.pid, signal.SIGKILL)
    run.process.wait()
    assert gone(processes)
    assert shown(run.session)["outcome"] == "interrupted"


@pytest.mark.shell
@pytest.mark.model
def test_killing_the_worker_costs_a_restart_and_not_the_session(
    started: list[Running], embedded_model: ModelFiles
) -> None:
    run = Running(*LONG, "--model", embedded_model.name, "--turns", "1")
    started.append(run)
    run.until("TokensSampled")
    named(run.descendants(), "engine.model.worker").kill()
    rest = run.rest()
    kinds = [event["type"] for event in rest]
    assert "WorkerLost" in kinds
    assert kinds[-1] == "RunEnded"
    assert rest[-1]["outcome"] != "fault"
    assert run.process.wait() == 0
    assert shown(run.session)["outcome"] == rest[-1]["outcome"]


@pytest.mark.shell
def test_killing_the_shell_ends_the_run_and_leaves_no_process(started: list[Running]) -> None:
    run = Running("--demo", "-c", "false-memories")
    started.append(run)
    run.until("CommandFinished")
    processes = run.descendants()
    named(processes, "bash").kill()
    rest = run.rest()
    assert rest[-1]["type"] == "RunEnded"
    assert not rest[-1]["exited"]
    run.process.wait()
    assert gone(processes)
    assert shown(run.session)["outcome"] == rest[-1]["outcome"]


@pytest.mark.shell
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_ends_the_run_as_stopped_and_leaves_no_process(
    started: list[Running], number: signal.Signals
) -> None:
    run = Running("--demo", "-c", "false-memories")
    started.append(run)
    run.until("TurnStarted")
    processes = run.descendants()
    run.process.send_signal(number)
    assert run.rest()[-1]["outcome"] == "stopped"
    assert run.process.wait() == 130
    assert gone(processes)


def test_help_and_the_console_need_neither_torch_nor_transformers(tmp_path: Path) -> None:
    for module in ("console.cli", "console.app", "console.host", "console.cli.sessions"):
        code = (
            f"import sys, {module}; print(sorted({{'torch', 'transformers'}} & set(sys.modules)))"
        )
        asked = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert asked.stdout.strip() == "[]", module
