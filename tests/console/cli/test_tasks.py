import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli.tasks import command
from engine import folders
from engine.tasks.library import BUILT_IN

MINE = """\
name = "mine"
summary = "Of my own"
difficulty = "hard"
turns = 3
text = "[b]look[/b] \\u001b[31m, then exit."
check = "test -e seen"
[[file]]
path = "a/b.sh"
text = "true\\nfalse\\n"
executable = true
"""


def tasks(*args: str) -> Result:
    return CliRunner().invoke(command, args, prog_name="driftty tasks")


def own(name: str, text: str) -> Path:
    folder = folders.config() / "tasks"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_list_has_the_easy_ones_first_and_tells_whose() -> None:
    own("mine.toml", MINE)
    result = tasks("list")
    names = [line.split()[0] for line in result.stdout.splitlines()[1:]]
    assert names.index("hostname") < names.index("sum-sales") < names.index("config-typo")
    (line,) = [line for line in result.stdout.splitlines() if line.startswith("mine ")]
    assert "yours" in line
    assert "[b]look[/b] ␛[31m, then exit." in line


def test_list_as_json_has_what_a_script_needs() -> None:
    own("mine.toml", MINE)
    own("broken.toml", "")
    result = tasks("list", "--json")
    listed = {task["name"]: task for task in json.loads(result.stdout)}
    assert listed["mine"]["check"] == "test -e seen"
    assert listed["mine"]["files"] == [
        {"path": "a/b.sh", "text": "true\nfalse\n", "executable": True}
    ]
    assert listed["hostname"]["check"] == ""
    assert "broken" not in listed
    assert "broken.toml:1: name is missing" in tasks("list").stderr


def test_show_has_text_files_and_check() -> None:
    own("mine.toml", MINE)
    lines = tasks("show", "mine").stdout.splitlines()
    assert "Task: [b]look[/b] ␛[31m, then exit." in lines
    start = lines.index("── a/b.sh · executable ──")
    assert lines[start + 1 : start + 3] == ["true", "false"]
    assert lines[-1] == "test -e seen"


def test_show_source_is_the_file_byte_for_byte() -> None:
    assert tasks("show", "hostname", "--source").stdout == (BUILT_IN / "hostname.toml").read_text()


def test_show_of_an_unknown_task_names_near_ones() -> None:
    result = tasks("show", "hostnam")
    assert result.exit_code == 1
    assert 'did you mean "hostname"' in str(result.exception)


def test_lint_exits_1_on_errors_only() -> None:
    assert tasks("lint").exit_code == 0
    path = own("mine.toml", MINE.replace('"hard"', '"hrad"'))
    result = tasks("lint", "mine")
    assert result.exit_code == 1
    assert f'{path}:3: difficulty: "hrad"' in result.stdout


def test_a_new_task_begins_as_a_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")
    assert tasks("edit", "mine", "--from", "count-lines").exit_code == 0
    mine = json.loads(tasks("show", "mine", "--json").stdout)
    original = json.loads(tasks("show", "count-lines", "--json").stdout)
    assert mine["files"] == original["files"]
    assert mine["yours"]
