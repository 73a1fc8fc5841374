import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from console.cli.seeds import command
from engine import folders
from engine.seeds.library import BUILT_IN

MINE = """\
name = "mine"
version = 2
summary = "Of my own"
prompt = "$ "
default = ["history", "prompt"]
[[turn]]
element = "history"
role = "user"
text = "Task: [red]look[/red] \\u001b[31m."
[[turn]]
element = "history"
role = "assistant"
reasoning = "ls looks."
text = "ls"
"""


def seeds(*args: str) -> Result:
    return CliRunner().invoke(command, args, prog_name="driftty seeds")


def own(name: str, text: str) -> Path:
    folder = folders.config() / "seeds"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def editor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An editor whose doings are the script in the file returned; it gets the file as $1."""
    script = tmp_path / "an editor.sh"
    script.write_text("#!/bin/sh\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("VISUAL", f"'{script}'")
    return script


def does(editor: Path, doing: str) -> None:
    editor.write_text(f"#!/bin/sh\n{doing}\n")


def test_list_tells_names_defaults_and_whose() -> None:
    own("mine.toml", MINE)
    own("bare.toml", MINE.replace('"mine"', '"bare"'))
    result = seeds("list")
    assert result.exit_code == 0
    lines = {line.split()[0]: line for line in result.stdout.splitlines()}
    assert "yours" in lines["mine"]
    assert "yours, over the built-in" in lines["bare"]
    assert "yours" not in lines["literal"]
    marks = lines["mine"].replace("\N{NO-BREAK SPACE}", " ")
    assert "▣ history ▢ reasoning ▣ prompt" in marks
    assert "\x1b" not in result.stdout


def test_list_as_json_is_one_object_a_seed() -> None:
    own("mine.toml", MINE)
    listed = {seed["name"]: seed for seed in json.loads(seeds("list", "--json").stdout)}
    assert listed["mine"]["elements"] == ["history", "reasoning", "prompt"]
    assert listed["mine"]["default"] == ["history", "prompt"]
    assert (listed["mine"]["yours"], listed["mine"]["overrides"]) == (True, False)
    assert listed["operator"]["yours"] is False


def test_list_tells_broken_files_apart_and_lists_the_others() -> None:
    own("broken.toml", "name = ")
    own("mine.toml", MINE)
    result = seeds("list")
    assert "mine" in result.stdout
    assert "broken.toml:1: is not TOML" in result.stderr


def test_show_gives_the_scrollback_with_roles_and_elements() -> None:
    own("mine.toml", MINE)
    result = seeds("show", "mine+history+reasoning+prompt")
    lines = result.stdout.splitlines()
    start = lines.index("── user · history ──")
    assert lines[0] == "mine+history+reasoning+prompt"
    assert lines[start + 1 : start + 6] == [
        "Task: [red]look[/red] ␛[31m.",
        "$ ",
        "── assistant · history ──",
        "<think>ls looks.</think>",
        "ls",
    ]


def test_show_does_not_wrap_what_is_piped() -> None:
    own("mine.toml", MINE.replace("look", "long " * 100))
    assert "long " * 100 in seeds("show", "mine").stdout


def test_show_source_is_the_file_byte_for_byte() -> None:
    assert seeds("show", "literal", "--source").stdout == (BUILT_IN / "literal.toml").read_text()


def test_show_json_has_what_a_run_would_record() -> None:
    shown = json.loads(seeds("show", "literal", "--json").stdout)
    assert shown["name"] == "literal+history+exit+prompt"
    assert len(shown["hash"]) == 64
    assert [turn["role"] for turn in shown["turns"]] == ["user"]


def test_show_of_an_unknown_seed_names_near_ones() -> None:
    result = seeds("show", "operatr")
    assert result.exit_code == 1
    assert 'did you mean "operator"' in str(result.exception)


def test_lint_tells_file_and_line_and_exits_1_on_errors_only() -> None:
    assert seeds("lint").exit_code == 0
    path = own("mine.toml", MINE.replace('role = "user"', 'role = "usr"'))
    result = seeds("lint")
    assert result.exit_code == 1
    assert f"{path}:8: turn 1, role: " in result.stdout
    assert "1 error" in result.stderr
    assert seeds("lint", "literal").exit_code == 0
    assert seeds("lint", "mine").exit_code == 1


def test_lint_takes_a_file_that_is_in_no_folder(tmp_path: Path) -> None:
    path = tmp_path / "draft.toml"
    path.write_text(MINE.replace("version = 2", 'version = "2"'))
    result = seeds("lint", str(path), "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)
    assert (problem["line"], problem["field"], problem["severity"]) == (2, "version", "error")


def test_lint_of_what_is_neither_seed_nor_file_is_an_error() -> None:
    assert 'There is no seed "nothing"' in str(seeds("lint", "nothing").exception)
    absent = seeds("lint", "absent.toml")
    assert absent.exit_code == 1
    assert "absent.toml: cannot be read" in absent.stdout


def test_diff_marks_turns_and_says_when_there_is_nothing_to_mark() -> None:
    own("mine.toml", MINE)
    result = seeds("diff", "mine", "mine+history+reasoning+prompt")
    assert "- ls" in result.stdout
    assert "+ <think>ls looks.</think>" in result.stdout
    assert "── - assistant · history ──" in result.stdout
    assert "──   user · history ──" in result.stdout
    same = seeds("diff", "mine", "mine+prompt+history")
    assert "Both render to the same scrollback." in same.stdout


def test_diff_as_json_has_every_turn_with_its_mark() -> None:
    own("mine.toml", MINE)
    marked = json.loads(seeds("diff", "mine", "mine+none", "--json").stdout)
    assert [(one["mark"], one["role"]) for one in marked] == [("-", "user"), ("-", "assistant")]


def test_editing_a_built_in_edits_a_copy_that_overrides_it(editor: Path) -> None:
    does(editor, """sed -i.old 's/^summary = .*/summary = "My bare"/' "$1" && rm "$1.old\"""")
    result = seeds("edit", "bare")
    path = folders.config() / "seeds" / "bare.toml"
    assert result.exit_code == 0
    assert f"{path} is in use as the seed bare." in result.stdout
    assert 'summary = "My bare"' in path.read_text()
    assert "My bare" not in (BUILT_IN / "bare.toml").read_text()


def test_an_unchanged_copy_of_a_built_in_goes_again(editor: Path) -> None:
    result = seeds("edit", "bare")
    assert "Nothing was changed" in result.stdout
    assert not (folders.config() / "seeds" / "bare.toml").exists()


def test_a_new_seed_begins_as_a_copy_under_its_own_name(editor: Path) -> None:
    assert seeds("edit", "mine", "--from", "operator").exit_code == 0
    shown = json.loads(seeds("show", "mine", "--json").stdout)
    original = json.loads(seeds("show", "operator", "--json").stdout)
    assert shown["turns"] == original["turns"]
    assert shown["yours"]


def test_a_wrong_edit_is_kept_and_told(editor: Path) -> None:
    does(editor, """echo 'sumary = "x"' > "$1\"""")
    result = seeds("edit", "bare")
    path = folders.config() / "seeds" / "bare.toml"
    assert result.exit_code == 1
    assert f"{path}:1: sumary: is an unknown key" in result.stderr
    assert path.read_text() == 'sumary = "x"\n'


def test_a_broken_seed_can_be_edited_until_it_is_right(editor: Path) -> None:
    path = own("mine.toml", MINE.replace("version = 2", "version ="))
    does(editor, """sed -i.old 's/^version =/version = 3/' "$1" && rm "$1.old\"""")
    assert seeds("edit", "mine").exit_code == 0
    assert "version = 3" in path.read_text()


def test_what_cannot_be_edited_is_refused_before_anything_is_written(
    editor: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seeds("edit", "bare", "--from", "operator").exit_code == 2
    assert seeds("edit", "../mine", "--from", "operator").exit_code == 2
    assert 'There is no seed "absent"' in str(seeds("edit", "absent").exception)
    does(editor, "exit 3")
    assert "ended with status 3" in str(seeds("edit", "bare").exception)
    monkeypatch.setenv("VISUAL", "/nonexistent/editor")
    assert "could not be started" in str(seeds("edit", "literal").exception)
    assert "could not be started" in str(seeds("edit", "new", "--from", "literal").exception)
    assert not list(folders.config().rglob("*.toml"))


def test_without_any_editor_it_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    assert "set VISUAL or EDITOR" in str(seeds("edit", "bare").exception)
    assert not (folders.config() / "seeds" / "bare.toml").exists()
