"""`driftty sessions export` and `import`, from one library to another."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli import driftty
from engine.errors import DrifttyError, StoreError
from engine.events import ShellWrote
from tests.console.cli.test_sessions import record
from tests.sessions.made import begin, end, make_session

SECRET = "ghp_" + "a1B2c3D4e5F6" * 3


def run(*arguments: str) -> Result:
    return CliRunner().invoke(driftty, ["sessions", *arguments], catch_exceptions=False)


def test_a_session_goes_to_another_library_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (session,) = record(make_session("a"))
    run("tag", session, "baseline")
    run("note", session, "the one")
    file = tmp_path / "one.jsonl"
    assert run("export", "last", "-o", str(file)).exit_code == 0
    events, shown = run("show", "last", "--events").stdout, run("list", "--json").stdout
    monkeypatch.setenv("DRIFTTY_DATA_DIR", str(tmp_path / "elsewhere"))
    came = json.loads(run("import", str(file), "--json").stdout)
    assert came == [{"session": session, "new": True, "events": len(make_session("a"))}]
    assert run("show", "last", "--events").stdout == events
    assert json.loads(run("list", "--json").stdout) == json.loads(shown)
    assert "was here already" in run("import", str(file)).stderr


@pytest.mark.parametrize("form", ["asciicast-v2", "asciicast-v3", "markdown", "jsonl", "trace"])
def test_every_format_goes_to_standard_output_too(form: str, tmp_path: Path) -> None:
    record(make_session("a"))
    out = run("export", "last", "-f", form)
    assert out.exit_code == 0
    file = tmp_path / "out"
    run("export", "last", "-f", form, "-o", str(file))
    assert file.read_text() == out.stdout
    assert "hostname" in out.stdout


def test_secrets_are_masked_and_listed_and_the_recording_keeps_them() -> None:
    record([begin("a"), ShellWrote(at=1, data=f"T={SECRET}\r\n".encode()), end("a")])
    masked = run("export", "last", "-f", "asciicast-v2")
    assert SECRET not in masked.stdout
    assert "masked: GitHub Token, ghp_… (40 characters)" in masked.stderr
    assert SECRET not in masked.stderr
    assert SECRET in run("export", "last", "-f", "asciicast-v2", "--no-redact").stdout
    told = run("export", "last", "--json")
    assert json.loads(told.stderr) == {
        "masked": [{"kind": "GitHub Token", "shown": "ghp_… (40 characters)"}]
    }
    assert json.loads(told.stdout.splitlines()[0])["redacted"] == 1


def test_a_file_that_is_there_is_not_written_over_unasked(tmp_path: Path) -> None:
    record(make_session("a"))
    file = tmp_path / "precious"
    file.write_text("mine")
    refused = run("export", "last", "-o", str(file))
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert file.read_text() == "mine"
    assert run("export", "last", "-o", str(file), "--force").exit_code == 0
    assert file.read_text() != "mine"
    assert list(tmp_path.glob(".precious*")) == []


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    record(make_session("a"))
    with pytest.raises(DrifttyError, match="cannot be written: No such file"):
        run("export", "last", "-o", str(tmp_path / "no" / "such" / "file"))


def test_a_file_of_another_kind_is_not_brought_in(tmp_path: Path) -> None:
    record(make_session("a"))
    file = tmp_path / "run.cast"
    run("export", "last", "-f", "asciicast-v2", "-o", str(file))
    with pytest.raises(StoreError, match="not an exported session"):
        run("import", str(file))
    assert run("import", str(tmp_path / "missing")).exit_code == 2
