from pathlib import Path

import pytest

from engine.errors import TaskError
from engine.run import TaskFile
from engine.tasks.library import TaskLibrary, plain

GOOD = """\
name = "tidy"
summary = "Tidy up"
difficulty = "easy"
text = "tidy up, then exit."
"""


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def lines_of_problems(tmp_path: Path, text: str) -> list[tuple[int, str]]:
    write(tmp_path, "tidy.toml", text)
    return [(problem.line, problem.field) for problem in TaskLibrary(tmp_path).problems()]


def test_at_least_a_dozen_tasks_ship_without_problems(tmp_path: Path) -> None:
    library = TaskLibrary(tmp_path)
    assert len(library.names()) >= 12
    assert library.problems() == []
    assert {library.card(name).difficulty for name in library.names()} == {
        "easy",
        "middling",
        "hard",
    }


def test_what_ships_asks_for_the_exit_and_says_what_it_is_about(tmp_path: Path) -> None:
    library = TaskLibrary(tmp_path)
    for name in library.names():
        card = library.card(name)
        assert card.task.text.endswith(", then exit.")
        assert card.summary
        assert card.turns >= 4


def test_a_task_carries_its_files_and_check(tmp_path: Path) -> None:
    write(
        tmp_path,
        "tidy.toml",
        GOOD
        + 'check = "[ -e x ]"\nturns = 6\n'
        + '[[file]]\npath = "a/b.sh"\ntext = "true"\nexecutable = true\n',
    )
    card = TaskLibrary(tmp_path).card("tidy")
    assert card.task.files == (TaskFile("a/b.sh", "true", executable=True),)
    assert card.task.check == "[ -e x ]"
    assert (card.turns, card.yours, card.overrides) == (6, True, False)


def test_the_persons_task_overrides_the_built_in(tmp_path: Path) -> None:
    write(tmp_path, "mine.toml", GOOD.replace("tidy", "hostname", 1))
    card = TaskLibrary(tmp_path).card("hostname")
    assert card.task.text == "tidy up, then exit."
    assert card.overrides


def test_an_unknown_task_names_near_ones(tmp_path: Path) -> None:
    with pytest.raises(TaskError, match='did you mean "hostname"'):
        TaskLibrary(tmp_path).task("hostnme")


def test_a_word_is_a_task_when_it_names_one_and_text_otherwise(tmp_path: Path) -> None:
    library = TaskLibrary(tmp_path)
    assert library.named_or_plain("make-folder").name == "make-folder"
    text = library.named_or_plain("make a folder")
    assert (text.name, text.text, text.check, text.files) == ("", "make a folder", "", ())


def test_plain_text_is_one_line_and_not_empty() -> None:
    assert plain(" show the\n date ").text == "show the date"
    with pytest.raises(TaskError, match="empty"):
        plain(" \n")


@pytest.mark.parametrize(
    ("extra", "line", "field"),
    [
        ('chek = "true"', 5, "chek"),
        ('turns = "6"', 5, "turns"),
        ("turns = -1", 5, "turns"),
        ('[[file]]\ntext = "x"', 5, "file 1"),
        ('[[file]]\npath = "/etc/passwd"', 6, "file 1, path"),
        ('[[file]]\npath = "a/../../b"', 6, "file 1, path"),
        ('[[file]]\npath = "~/b"', 6, "file 1, path"),
        ('[[file]]\npath = "a//b"', 6, "file 1, path"),
        ('[[file]]\npath = "a/"', 6, "file 1, path"),
        ('[[file]]\npath = ""', 6, "file 1, path"),
        ('[[file]]\npath = "a"\n[[file]]\npath = "a"', 8, "file 2, path"),
        ('[[file]]\npath = "a"\n[[file]]\npath = "a/b"', 5, "file"),
        ('[[file]]\npath = "a"\nexecutable = "yes"', 7, "file 1, executable"),
    ],
)
def test_a_wrong_field_is_named_with_its_line(
    tmp_path: Path, extra: str, line: int, field: str
) -> None:
    assert lines_of_problems(tmp_path, GOOD + extra) == [(line, field)]


def test_a_wrong_difficulty_and_a_missing_text_are_named(tmp_path: Path) -> None:
    text = 'name = "tidy"\nsummary = "x"\ndifficulty = "esay"\n'
    problems = lines_of_problems(tmp_path, text)
    assert problems == [(1, ""), (3, "difficulty")]
    with pytest.raises(TaskError, match=r"tidy\.toml:3: difficulty: .*did you mean \"easy\""):
        TaskLibrary(tmp_path).task("tidy")


def test_a_task_of_several_lines_is_refused(tmp_path: Path) -> None:
    text = GOOD.replace('"tidy up, then exit."', '"""tidy up,\nthen exit."""')
    assert lines_of_problems(tmp_path, text) == [(4, "text")]
