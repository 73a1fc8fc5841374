"""`driftty doctor`: each thing it looks at, working and not."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from console.cli import doctor
from console.cli.doctor import Finding
from engine import folders

GOOD = Finding("tea", works=True, needed=True, detail="there is some")
BAD = Finding("tea", works=False, needed=True, detail="\x1b[31mnone", remedy="buy some")


def run(monkeypatch: pytest.MonkeyPatch, *findings: Finding, options: str = "") -> Result:
    """The command with these findings only."""
    monkeypatch.setattr(doctor, "_LOOKS", (lambda: findings,))
    return CliRunner().invoke(doctor.command, options.split())


def write(name: str, text: str) -> Path:
    path = folders.config() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def settings() -> dict[str, Finding]:
    return {finding.what: finding for finding in doctor._settings()}


def test_all_well_is_status_0(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = run(monkeypatch, GOOD)
    assert ran.exit_code == 0
    assert "✓ works  tea  there is some" in ran.stdout


def test_something_needed_that_fails_is_status_1_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = run(monkeypatch, GOOD, BAD)
    assert ran.exit_code == 1
    assert "→ buy some" in ran.stdout
    assert "\x1b[31mnone" not in ran.stdout


def test_what_is_not_needed_may_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(monkeypatch, Finding("tea", works=False, needed=False, detail="")).exit_code == 0


def test_json_is_one_finding_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run(monkeypatch, GOOD, BAD, options="--json").stdout)
    assert [one["works"] for one in told] == [True, False]
    assert told[1]["remedy"] == "buy some"


def test_what_a_person_wrote_is_fine_where_they_wrote_nothing() -> None:
    assert all(finding.works for finding in settings().values())
    assert str(folders.config()) in settings()["settings"].detail


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("settings.toml", 'thene = "light"', "thene"),
        ("settings.toml", 'theme = "nowhere"', "nowhere"),
        ("keymap.toml", '"run.puase" = "p"', "run.puase"),
        ("keymap.toml", "run.pause = ", "keymap"),
        ("themes/mine.toml", "name = ", "mine.toml"),
    ],
)
def test_a_wrong_file_of_theirs_is_named_with_what_is_wrong(
    name: str, text: str, said: str
) -> None:
    write(name, text)
    found = settings()["settings"]
    assert not found.works
    assert said in found.detail


@pytest.mark.parametrize("kind", ["seeds", "tasks"])
def test_a_wrong_seed_or_task_is_named_with_the_command_that_tells_more(kind: str) -> None:
    path = write(f"{kind}/mine.toml", "name = ")
    found = settings()[kind]
    assert not found.works
    assert str(path) in found.detail
    assert found.remedy == f"driftty {kind} lint"


def test_a_torch_that_never_answers_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def hangs(*_: Any, **asked: Any) -> None:
        raise subprocess.TimeoutExpired("python", asked["timeout"])

    monkeypatch.setattr(subprocess, "run", hangs)
    [found] = doctor._device()
    assert not found.works
    assert "importing torch" in found.detail


def test_a_store_that_is_none_is_told() -> None:
    path = folders.data() / "driftty.db"
    path.parent.mkdir(parents=True)
    path.write_text("dear diary")
    store, _ = doctor._store()
    assert not store.works
    assert "not a session store" in store.detail
