"""`driftty replay` where there is no terminal."""

import asyncio
import os
import subprocess
import sys

from click.testing import CliRunner

from console.cli.replay import command
from engine.events import AnyEvent, SessionStarted
from sessions.recorder import Recorder
from tests.console.open import spec
from tests.console.story import drifting


def recorded(events: list[AnyEvent]) -> str:
    started = events[0]
    assert isinstance(started, SessionStarted)

    async def record() -> None:
        async with Recorder.open() as recorder:
            for event in events:
                recorder.record(started.session, event)

    asyncio.run(record())
    return started.session


def test_without_a_terminal_it_says_what_plays_there() -> None:
    result = CliRunner().invoke(command, ["last"])
    assert result.exit_code == 2
    assert "--plain plays without one" in result.output


def test_plain_tells_the_shell_on_one_stream_and_the_rest_on_the_other() -> None:
    recorded(drifting(spec()))
    result = CliRunner().invoke(command, ["--plain", "--speed", "32", "--idle", "0.01"])
    assert result.exit_code == 0, result.output
    assert "root@box:~# uname -r\n6.1.0-18-amd64\n" in result.stdout
    assert "drift, narration, turn 3" in result.stderr
    assert "\x1b" not in result.stdout


def test_plain_goes_with_pace_alone() -> None:
    result = CliRunner().invoke(command, ["--plain", "--turn", "3"])
    assert result.exit_code == 2
    assert "--speed and --idle only" in result.output


def test_an_unknown_session_is_a_sentence() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from console.cli import main; main()", "replay", "--plain", "zzz"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("driftty: ")
    assert "Traceback" not in ran.stderr


def test_a_recording_plays_without_torch_and_without_a_model() -> None:
    session = recorded(drifting(spec()))
    code = (
        "import sys\n"
        "for name in ('torch', 'transformers', 'accelerate'):\n"
        "    sys.modules[name] = None\n"
        "from console.screens.replay import ReplayScreen\n"
        "from console.screens.against import AgainstScreen\n"
        "from console.app import DrifttyApp\n"
        "from console.still import StillDriver\n"
        "from console.cli.replay import command\n"
        f"command(['--plain', '--speed', '32', '--idle', '0.01', {session!r}])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ},
    )
    assert ran.returncode == 0, ran.stderr
    assert "6.1.0-18-amd64" in ran.stdout
