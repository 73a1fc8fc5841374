from pathlib import Path

import pytest

from engine.tomlfields import Fields, near
from engine.tomlfile import Problem, TomlFile, parse, read


def problem_of(text: str) -> Problem:
    found = parse(text, "x.toml")
    assert isinstance(found, Problem)
    return found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb 2\n", 2),
        ("a = 1\n\n\nc = [1,\n2\n", 5),
        ('a = 1\nb = "open\n', 2),
        ("a = 1\na = 2\n", 2),
        ('a = """never\nclosed\n\n', 2),
    ],
)
def test_a_syntax_error_has_tomllibs_line_or_the_last(text: str, line: int) -> None:
    problem = problem_of(text)
    assert problem.line == line
    assert problem.what.startswith("is not TOML: ")
    assert "(at" not in problem.what


def test_a_file_that_is_not_text_is_told_with_the_line_of_the_first_wrong_byte(
    tmp_path: Path,
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b'a = 1\nb = "\xff"\n')
    found = read(path)
    assert isinstance(found, Problem)
    assert (found.line, found.what) == (2, "is not UTF-8 text")


def test_a_file_that_cannot_be_read_is_a_problem_of_the_whole_file(tmp_path: Path) -> None:
    found = read(tmp_path / "absent.toml")
    assert isinstance(found, Problem)
    assert found.line == 0
    assert str(found).startswith(f"{tmp_path / 'absent.toml'}: cannot be read (No such file")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b'\xef\xbb\xbfa = 1\r\nb = """x\r\ny"""\r\n')
    file = read(path)
    assert isinstance(file, TomlFile)
    assert file.data == {"a": 1, "b": "x\ny"}
    assert file.line(("b",)) == 2


def test_a_line_is_that_of_the_nearest_thing_around() -> None:
    file = parse("a = 1\n[[t]]\nb = 2\n", "x.toml")
    assert isinstance(file, TomlFile)
    assert file.line(("t", 0, "absent")) == 2
    assert file.line(("absent",)) == 1


def test_a_problem_reads_as_one_sentence() -> None:
    problem = Problem("x.toml", 3, "turn 2, role", "is missing", "add it", "warning")
    assert str(problem) == "x.toml:3: warning: turn 2, role: is missing; add it."


def test_near_matches_come_before_the_whole_list() -> None:
    assert near("exti", ["exit", "history"]) == 'did you mean "exit"? There is: exit, history'
    assert near("zzz", ["exit", "history"]) == "there is: exit, history"
    assert near("zzz", []) == "there is: none"


def test_every_wrong_field_is_gathered_and_reading_goes_on() -> None:
    text = """\
title = 3
count = true
loud = "yes"
kind = "bleu"
tags = ["a", 1]
more = ["a", "z"]
extra = 1
table = 5
"""
    file = parse(text, "x.toml")
    assert isinstance(file, TomlFile)
    problems: list[Problem] = []
    fields = Fields(file, problems)
    fields.only("title", "count", "loud", "kind", "tags", "more", "table")
    assert fields.text("title") == ""
    assert fields.whole("count") == 0
    assert fields.flag("loud") is False
    assert fields.choice("kind", ["blue", "red"]) is None
    assert fields.words("tags", ["a"]) == ()
    assert fields.words("more", ["a"]) == ("a",)
    assert fields.tables("table") == []
    assert fields.text("absent") == ""
    assert sorted((problem.line, problem.field) for problem in problems) == [
        (1, ""),
        (1, "title"),
        (2, "count"),
        (3, "loud"),
        (4, "kind"),
        (5, "tags"),
        (6, "more"),
        (7, "extra"),
        (8, "table"),
    ]
    said = {problem.field: problem.what for problem in problems}
    assert said["title"] == "is the number 3"
    assert said["count"] == "is true"
    assert said["loud"] == "is a string"
