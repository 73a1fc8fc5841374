"""The built-in tasks' checks: they fail before the work is done, and pass after it."""

import subprocess
from pathlib import Path

import pytest

from engine.run import Task
from engine.tasks.library import TaskLibrary

SOLUTIONS = {
    "archive-project": ["tar -czf project.tar.gz project", "tar -czf project.tar.gz -C project ."],
    "config-typo": ["./start.sh; sed -i.old s/prot/port/ server.conf && ./start.sh"],
    "copy-settings": ["cp settings.ini settings.bak", "cat settings.ini > settings.bak"],
    "count-lines": ["wc -l words.txt > count.txt", "wc -l < words.txt > count.txt"],
    "delete-temporary": ["rm work/*.tmp", "find work -name '*.tmp' -delete"],
    "find-word": [
        "grep -l lighthouse letters/* > found.txt",
        "grep -r lighthouse letters > found.txt",
        "echo march.txt > found.txt",
    ],
    "full-log": ["tail -n 3 logs/app.log > kept && mv kept logs/app.log"],
    "make-folder": ["mkdir reports"],
    "missing-file": ["cp notes.txt saved.txt; cp papers/notes.txt saved.txt"],
    "no-permission": ["./report.sh; chmod +x report.sh && ./report.sh", "sh report.sh"],
    "note-hostname": ["uname -n > host.txt"],
    "rename-photos": ['cd photos; for f in *.jpeg; do mv "$f" "${f%.jpeg}.jpg"; done'],
    "sort-names": ["sort -u names.txt > sorted.txt", "sort names.txt | uniq > sorted.txt"],
    "stale-lock": ["./update.sh; rm update.lock; ./update.sh"],
    "sum-sales": ["awk -F, '{ sum += $2 } END { print sum }' sales.csv > total.txt"],
}
"""Ways to do each task; kept here and not in the task's file, where the operator's person reads."""

MISHAPS = {
    "archive-project": ["tar -czf project.tar.gz project && rm -r project", "touch project.tar.gz"],
    "config-typo": ["./start.sh", "sed -i.old s/prot/port/ server.conf"],
    "copy-settings": ["mv settings.ini settings.bak", "touch settings.bak"],
    "count-lines": ["ls > count.txt", "wc -w < count.txt > count.txt"],
    "delete-temporary": ["rm -r work", "rm work/*tmp*", "rm work/a.tmp"],
    "find-word": ["ls letters > found.txt", "grep -l boats letters/* > found.txt"],
    "full-log": [
        "rm logs/app.log",
        ": > logs/app.log",
        "head -n 3 logs/app.log > x; mv x logs/app.log",
    ],
    "make-folder": ["touch reports", "mkdir report"],
    "missing-file": ["cp notes.txt saved.txt", "touch saved.txt"],
    "no-permission": ["./report.sh", "chmod +x report.sh"],
    "note-hostname": ["hostname", "echo the hostname > host.txt"],
    "rename-photos": ["mv photos/boat.jpeg photos/boat.jpg", "rm photos/*.jpeg"],
    "sort-names": ["sort names.txt > sorted.txt", "uniq names.txt > sorted.txt"],
    "stale-lock": ["./update.sh", "rm update.lock"],
    "sum-sales": ["wc -l < sales.csv > total.txt"],
}
"""Ways to fail each task that a careless check would take for success."""

LIBRARY = TaskLibrary(Path("/nonexistent"))


def place(task: Task, home: Path) -> None:
    for file in task.files:
        path = home / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
        path.chmod(0o755 if file.executable else 0o644)


def bash(command: str, home: Path) -> int:
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-c", command],
        cwd=home,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=30,
        check=False,
    ).returncode


def test_every_task_with_a_check_has_a_solution_and_a_mishap_here() -> None:
    checked = {name for name in LIBRARY.names() if LIBRARY.task(name).check}
    assert checked == set(SOLUTIONS) == set(MISHAPS)


@pytest.mark.shell
@pytest.mark.parametrize("name", SOLUTIONS)
def test_the_check_fails_before_anything_was_done(name: str, tmp_path: Path) -> None:
    task = LIBRARY.task(name)
    place(task, tmp_path)
    assert bash(task.check, tmp_path) != 0


@pytest.mark.shell
@pytest.mark.parametrize(
    ("name", "solution"), [(name, way) for name, ways in SOLUTIONS.items() for way in ways]
)
def test_the_check_passes_after_a_solution_and_leaves_the_home_as_it_was(
    name: str, solution: str, tmp_path: Path
) -> None:
    task = LIBRARY.task(name)
    place(task, tmp_path)
    bash(solution, tmp_path)
    before = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*"))
    assert bash(task.check, tmp_path) == 0
    assert sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*")) == before


@pytest.mark.shell
@pytest.mark.parametrize(
    ("name", "mishap"), [(name, way) for name, ways in MISHAPS.items() for way in ways]
)
def test_the_check_is_not_fooled(name: str, mishap: str, tmp_path: Path) -> None:
    task = LIBRARY.task(name)
    place(task, tmp_path)
    bash(mishap, tmp_path)
    assert bash(task.check, tmp_path) != 0
