"""Task files to tasks, with everything that is wrong in them."""

from pathlib import PurePosixPath

from engine.run import Task, TaskFile
from engine.tasks.card import DIFFICULTIES, TaskCard
from engine.tomlfields import Fields
from engine.tomlfile import Problem, TomlFile
from engine.tomlfolder import NAME, NAME_RULE, Parsed


def parse_task(file: TomlFile) -> Parsed[TaskCard]:
    """The task of a file, where it has no errors, and all of its problems."""
    problems: list[Problem] = []
    top = Fields(file, problems)
    top.only("name", "summary", "text", "difficulty", "turns", "check", "file")
    name = top.text("name")
    if name and not NAME.fullmatch(name):
        top.wrong("name", f'"{name}" is no name', NAME_RULE)
    text = top.text("text").strip()
    if not text and isinstance(top.peek("text"), str):
        top.wrong("text", "is empty", "say what the operator is asked")
    if "\n" in text:
        top.wrong("text", "has several lines", "a task is one line, as a person would type it")
    turns = top.whole("turns", 0)
    if turns < 0:
        top.wrong("turns", f"is {turns}", "give at least 1, or leave it out")
    summary = top.text("summary")
    difficulty = top.choice("difficulty", DIFFICULTIES)
    check = top.text("check", "").strip()
    files = _files(top)
    card = None
    if difficulty and not any(problem.severity == "error" for problem in problems):
        task = Task(text=text, name=name, files=files, check=check)
        card = TaskCard(task, summary, difficulty, turns, file.text, file.path)
    ordered = tuple(sorted(problems, key=lambda problem: problem.line))
    return Parsed(name or PurePosixPath(file.path).stem, card, ordered)


def _files(top: Fields) -> tuple[TaskFile, ...]:
    files: dict[str, TaskFile] = {}
    for table in top.tables("file"):
        table.only("path", "text", "executable")
        path = table.text("path")
        wrong = _wrong_path(path) if isinstance(table.peek("path"), str) else ""
        if wrong:
            table.wrong("path", wrong, 'give a path inside the home, like "logs/app.log"')
        elif path in files:
            table.wrong("path", f'"{path}" is given twice', "give each file once")
        files[path] = TaskFile(path, table.text("text", ""), table.flag("executable"))
    _nested(top, files)
    return tuple(files.values())


def _wrong_path(path: str) -> str:
    if not path or path.endswith("/"):
        return f'"{path}" names no file'
    if path.startswith(("/", "~")) or ".." in PurePosixPath(path).parts:
        return f'"{path}" leads out of the home'
    if "\0" in path or str(PurePosixPath(path)) != path:
        return f'"{path}" is not written plainly'
    return ""


def _nested(top: Fields, files: dict[str, TaskFile]) -> None:
    """A path that is a file cannot be a folder too."""
    for path in files:
        for parent in PurePosixPath(path).parents:
            if str(parent) in files:
                what = f'"{parent}" is a file and the folder of "{path}"'
                top.wrong("file", what, "rename one of them")
