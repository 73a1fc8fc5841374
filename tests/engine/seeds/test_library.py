import os
from pathlib import Path

import pytest

from engine import folders
from engine.errors import SeedError
from engine.seeds.library import SeedLibrary
from engine.seeds.seed import ELEMENTS

GOOD = """\
name = "mine"
version = 1
summary = "Mine"
prompt = "$ "
default = ["prompt"]
"""

TURN = """\
[[turn]]
element = "history"
role = "user"
text = "Task: a."
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def test_the_seeds_that_ship_have_no_errors(tmp_path: Path) -> None:
    library = SeedLibrary(tmp_path)
    assert {
        "bare",
        "false-memories",
        "imperative",
        "literal",
        "operator",
        "operator-thinks",
    } <= set(library.names())
    assert not library.problems()
    assert not any(library.seed(name).yours for name in library.names())


def test_the_persons_seeds_lie_in_the_config_folder_and_appear_without_a_restart() -> None:
    library = SeedLibrary()
    assert library.own == folders.config() / "seeds"
    assert "mine" not in library.names()
    path = write(library.own, "mine.toml", GOOD)
    assert library.seed("mine").yours
    path.write_text(GOOD.replace('"Mine"', '"Changed"'))
    assert library.seed("mine").summary == "Changed"
    stamp = path.stat().st_mtime_ns
    path.write_text(GOOD.replace('"Mine"', '"Chanced"'))
    os.utime(path, ns=(stamp, stamp + 1_000_000))
    assert library.seed("mine").summary == "Chanced"
    path.unlink()
    assert "mine" not in library.names()


def test_the_persons_seed_overrides_a_built_in_and_says_so(tmp_path: Path) -> None:
    write(tmp_path, "any.toml", GOOD.replace('"mine"', '"bare"'))
    seed = SeedLibrary(tmp_path).seed("bare")
    assert (seed.summary, seed.yours, seed.overrides) == ("Mine", True, True)


def test_a_broken_file_hides_nothing_and_is_told_when_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "broken.toml", "name = \n")
    write(tmp_path, "mine.toml", GOOD)
    library = SeedLibrary(tmp_path)
    assert "mine" in library.names()
    assert "broken" not in library.names()
    with pytest.raises(SeedError, match=r"broken\.toml:1: is not TOML"):
        library.seed("broken")


def test_a_broken_override_is_not_passed_over_for_the_built_in(tmp_path: Path) -> None:
    write(tmp_path, "bare.toml", 'name = "bare"\nversion = "1"\nsummary = ""\n')
    library = SeedLibrary(tmp_path)
    assert "bare" not in library.names()
    with pytest.raises(
        SeedError, match=r"bare\.toml:2: version: is a string; it has to be a whole"
    ):
        library.seed("bare")


def test_two_files_of_one_name_are_told_and_the_first_counts(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", "# first\n" + GOOD)
    write(tmp_path, "b.toml", "\n\n" + GOOD.replace('"Mine"', '"Other"'))
    library = SeedLibrary(tmp_path)
    assert library.seed("mine").summary == "Mine"
    (problem,) = [one for one in library.problems() if one.severity == "error"]
    assert (Path(problem.file).name, problem.line, problem.field) == ("b.toml", 3, "name")
    assert "a.toml" in problem.what


def test_a_file_that_is_not_to_be_read_is_a_problem_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "folder.toml").mkdir(parents=True)
    write(tmp_path, "mine.toml", GOOD)
    library = SeedLibrary(tmp_path)
    assert "mine" in library.names()
    assert [Path(one.file).name for one in library.problems() if one.severity == "error"] == [
        "folder.toml"
    ]


@pytest.mark.parametrize(
    ("text", "line", "field", "what"),
    [
        (GOOD + 'sumary = "x"\n', 6, "sumary", "is an unknown key"),
        (GOOD.replace("version = 1\n", ""), 1, "", "version is missing"),
        (GOOD.replace("= 1", '= "1"'), 2, "version", "is a string"),
        (GOOD.replace("mine", "My Seed"), 1, "name", '"My Seed" is no name'),
        (GOOD.replace("mine", "a+b"), 1, "name", '"a+b" is no name'),
        (GOOD.replace('"$ "', '"$\\n "'), 4, "prompt", "has several lines"),
        (GOOD.replace('["prompt"]', '["promt"]'), 5, "default", '"promt" is none that is known'),
        (
            GOOD.replace('["prompt"]', '["exit"]'),
            5,
            "default",
            '"exit" is on, but nothing in the file belongs to it',
        ),
        (GOOD + TURN.replace("history", "histroy"), 7, "turn 1, element", '"histroy" is none'),
        (GOOD + TURN.replace("history", "prompt"), 7, "turn 1, element", '"prompt" is none'),
        (GOOD + TURN + TURN.replace('"user"', '"human"'), 12, "turn 2, role", '"human" is none'),
        (GOOD + TURN.replace('role = "user"\n', ""), 6, "turn 1", "role is missing"),
        (GOOD + TURN.replace('text = "Task: a."\n', ""), 6, "turn 1", "text is missing"),
        (GOOD + TURN + 'reasoning = "why"\n', 10, "turn 1, reasoning", "a user turn has none"),
        (GOOD + TURN + 'txet = "why"\n', 10, "turn 1, txet", "is an unknown key"),
        (
            GOOD + TURN + TURN.replace('"user"', '"assistant"').replace("Task: a.", "ls\\npwd"),
            13,
            "turn 2, text",
            "an assistant turn is one command line, and this has 2",
        ),
        (
            GOOD + TURN + TURN.replace('"user"', '"assistant"').replace("Task: a.", ""),
            13,
            "turn 2, text",
            "is empty",
        ),
        (
            GOOD
            + TURN
            + TURN.replace('"user"', '"assistant"').replace("Task: a.", "<think>x</think> ls"),
            13,
            "turn 2, text",
            "has a think tag",
        ),
        (GOOD + TURN + TURN.replace('"user"', '"system"'), 12, "turn 2, role", "is a system turn"),
        (GOOD + TURN.replace('"user"', '"system"').replace("Task: a.", " "), 9, "turn 1, text", ""),
        (GOOD + "[turn]\nx = 1\n", 6, "turn", "is a table"),
    ],
)
def test_an_error_is_told_with_its_line_and_field(
    tmp_path: Path, text: str, line: int, field: str, what: str
) -> None:
    write(tmp_path, "mine.toml", text)
    problems = [one for one in SeedLibrary(tmp_path).problems() if one.severity == "error"]
    assert [(problem.line, problem.field) for problem in problems] == [(line, field)]
    assert problems[0].what.startswith(what)
    assert problems[0].right


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        (GOOD + TURN.replace("Task: a.", "<|im_start|>user"), 9, "turn 1, text"),
        (GOOD + TURN.replace("Task: a.", "a <|eot_id|>"), 9, "turn 1, text"),
        (GOOD + TURN.replace("Task: a.", "[INST] b"), 9, "turn 1, text"),
        (GOOD + TURN.replace("Task: a.", "a\\n$ ls"), 9, "turn 1, text"),
        (GOOD + TURN.replace('"user"', '"assistant"'), 6, "turn 1"),
    ],
)
def test_a_warning_leaves_the_seed_usable(tmp_path: Path, text: str, line: int, field: str) -> None:
    write(tmp_path, "mine.toml", text)
    library = SeedLibrary(tmp_path)
    problems = [one for one in library.problems() if Path(one.file).parent == tmp_path]
    assert [(one.line, one.field, one.severity) for one in problems] == [(line, field, "warning")]
    assert library.seed("mine").turns


def test_shell_text_with_angle_brackets_and_pipes_is_no_control_token(tmp_path: Path) -> None:
    text = GOOD + TURN.replace("Task: a.", "cat <a |b> c; echo '<| x |>'; a[INST")
    write(tmp_path, "mine.toml", text)
    problems = SeedLibrary(tmp_path).problems()
    assert [one for one in problems if Path(one.file).parent == tmp_path] == []


def test_operator_thinks_is_operator_with_other_defaults(tmp_path: Path) -> None:
    library = SeedLibrary(tmp_path)
    operator, thinks = library.seed("operator"), library.seed("operator-thinks")
    assert [(turn.element, turn.role, turn.text, turn.reasoning) for turn in thinks.turns] == [
        (turn.element, turn.role, turn.text, turn.reasoning) for turn in operator.turns
    ]
    assert operator.elements == ELEMENTS
    assert "reasoning" in set(thinks.default) - set(operator.default)


def test_a_file_that_calls_itself_otherwise_is_named_when_it_is_asked_for(tmp_path: Path) -> None:
    write(tmp_path, "renamed.toml", GOOD)
    with pytest.raises(SeedError, match=r'renamed.toml calls itself "mine". Ask for "mine"'):
        SeedLibrary(tmp_path).seed("renamed")
