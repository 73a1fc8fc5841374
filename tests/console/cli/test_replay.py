"""`driftty replay` where there is no terminal."""

import asyncio
import gzip
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from console.cli.replay import command
from console.exporting import Request, export
from engine.errors import StoreError
from engine.events import AnyEvent, SessionStarted
from sessions import visiting
from sessions.library import Library
from sessions.recorder import Recorder
from sessions.shelf import Shelf
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


@pytest.fixture(autouse=True)
def nothing_visited(monkeypatch: pytest.MonkeyPatch) -> None:
    """What one test visits, another must not find."""
    monkeypatch.setattr(visiting, "_visited", {})


def exported(path: Path) -> str:
    """A session in a file, and no longer in the library; returns its id."""
    session = recorded(drifting(spec()))
    made = asyncio.run(export(session, Request()))
    path.write_bytes(b"".join(made.pieces))
    Shelf().delete([session])
    Shelf().empty_trash()
    return session


def test_an_exported_file_plays_and_stays_out_of_the_library(tmp_path: Path) -> None:
    session = exported(tmp_path / "theirs.jsonl")
    result = CliRunner().invoke(
        command, [str(tmp_path / "theirs.jsonl"), "--plain", "--speed", "32", "--idle", "0.01"]
    )
    assert result.exit_code == 0, result.output
    assert "root@box:~# uname -r\n6.1.0-18-amd64\n" in result.stdout

    async def there() -> list[str]:
        async with Library.open() as library:
            return [one.id for one in await library.sessions()]

    assert session not in asyncio.run(there())


def test_a_compressed_file_plays_too(tmp_path: Path) -> None:
    exported(tmp_path / "theirs.jsonl")
    packed = tmp_path / "theirs.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "theirs.jsonl").read_bytes()))
    result = CliRunner().invoke(command, [str(packed), "--plain", "--speed", "32"])
    assert result.exit_code == 0, result.output
    assert "6.1.0-18-amd64" in result.stdout


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("gone.jsonl", None, "There is no file"),
        ("notes.txt", b"hello\n", "is not an exported session"),
        ("empty.jsonl", b"", "is cut off"),
        ("packed.jsonl.gz", b"no gzip", "cannot be read"),
        ("bytes.jsonl", bytes(range(256)), "is not an exported session"),
    ],
)
def test_a_file_that_is_no_whole_session_is_a_sentence(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(StoreError, match=said) as caught:
        CliRunner().invoke(command, [str(tmp_path / name), "--plain"], catch_exceptions=False)
    assert name in str(caught.value)


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be read: Is a directory"):
        CliRunner().invoke(command, [str(tmp_path), "--plain"], catch_exceptions=False)


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
