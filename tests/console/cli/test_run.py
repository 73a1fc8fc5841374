"""`driftty run` as a process of its own, with the scripted operator and a real shell."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine import folders
from engine.events import AnyEvent, RunEnded, SessionStarted

pytestmark = pytest.mark.shell

RUN = [sys.executable, "-m", "console", "run"]
DEMO = ["--demo", "-c", "false-memories"]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*RUN, *arguments], capture_output=True, text=True, timeout=60, check=False
    )


def test_a_pipe_gets_only_the_shell_and_the_reasoning_goes_to_standard_error() -> None:
    ran = run(*DEMO, "--turns", "2")
    assert ran.returncode == 0
    assert ran.stdout.startswith("root@box:~# id -un; pwd\nroot\n/root\nroot@box:~# uname -sr\n")
    assert "Before I touch anything" in ran.stderr
    assert "Before I touch anything" not in ran.stdout
    assert "no-exit" in ran.stderr


def test_json_is_one_event_a_line_that_decodes_and_the_last_says_what_it_came_to() -> None:
    ran = run(*DEMO, "--turns", "1", "--json")
    events = [msgspec.json.decode(line, type=AnyEvent) for line in ran.stdout.splitlines()]
    assert isinstance(events[0], SessionStarted)
    assert isinstance(events[-1], RunEnded)
    last: dict[str, Any] = msgspec.json.decode(ran.stdout.splitlines()[-1])
    assert last["type"] == "RunEnded"
    assert (last["outcome"], last["turns"], last["drift_turn"]) == ("no-exit", 1, None)
    assert last["session"] == events[0].session


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--turns", "0", "'--turns'"),
        ("--temperature", "nan", "nan is not a finite number"),
        ("--patience", "inf", "inf is not a finite number"),
        ("--config", "operatr", 'There is no seed "operatr": did you mean "operator"'),
        ("--config", "\x1b[31mx", "␛[31mx"),
        ("--task", "", "The task is empty"),
    ],
)
def test_a_wrong_value_of_an_option_is_usage(option: str, value: str, said: str) -> None:
    ran = run("--demo", option, value)
    assert ran.returncode == 2
    assert f"'{option}'" in ran.stderr
    assert said in ran.stderr
    assert "\x1b" not in ran.stderr


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_closed_standard_output_is_no_fault(form: list[str]) -> None:
    shell = ["sh", "-c", 'exec "$@" >&-', "sh"]
    ran = subprocess.run(
        [*shell, *RUN, *DEMO, "--turns", "1", *form], capture_output=True, timeout=60, check=False
    )
    assert (ran.returncode, b"fault" in ran.stderr) == (0, False)


def test_an_interrupt_ends_the_session_and_it_stays_readable(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [*RUN, *DEMO, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"TurnStarted"' in line:
            break
    os.kill(process.pid, signal.SIGINT)
    rest = process.stdout.read().splitlines()
    assert process.wait(timeout=30) == 130
    last = msgspec.json.decode(rest[-1])
    assert (last["type"], last["outcome"]) == ("RunEnded", "stopped")
    shown = subprocess.run(
        [sys.executable, "-m", "console", "sessions", "show", last["session"], "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert last["session"] in shown.stdout


def test_a_run_says_how_it_is_to_whoever_asks_while_it_goes_on() -> None:
    process = subprocess.Popen(
        [*RUN, *DEMO, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if '"TurnStarted"' in line:
            break
    asked = subprocess.run(
        [sys.executable, "-m", "console", "status", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    (running,) = msgspec.json.decode(asked.stdout)["running"]
    assert running["pid"] == process.pid
    assert (running["kind"], running["state"]) == ("run", "running")
    assert running["model"]["name"] == "demo"
    assert running["stages"]["bring_up_ms"] > 0


def test_a_broken_task_file_is_not_taken_for_what_to_do() -> None:
    folder = folders.config() / "tasks"
    folder.mkdir(parents=True)
    (folder / "mine.toml").write_text("name = 'mine'\n")
    ran = run("--demo", "--task", "mine")
    assert ran.returncode == 2
    assert "mine.toml" in ran.stderr
