"""Files that a person edits from the command line: found, copied from a built-in, opened, checked."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import click

from engine.errors import DrifttyError
from engine.tomlfile import Problem, TomlFile, read

EDITORS = ("nano", "vi")
"""What is tried where neither VISUAL nor EDITOR is set."""


def editor() -> list[str]:
    """The person's editor as a command. Raises `DrifttyError` where there is none."""
    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        return shlex.split(chosen)
    for name in EDITORS:
        if shutil.which(name):
            return [name]
    raise DrifttyError(
        f"No editor was found: set VISUAL or EDITOR, or install one of {', '.join(EDITORS)}."
    )


def edit(path: Path, problems: Callable[[Path], Sequence[Problem]]) -> bool:
    """Have a person edit a file until it is right or they give up; the text is kept either way.

    Returns whether the file ended without errors. Raises `DrifttyError` where the editor fails.
    """
    command = editor()
    while True:
        try:
            status = subprocess.run([*command, str(path)], check=False).returncode
        except OSError as error:
            reason = error.strerror or str(error)
            raise DrifttyError(
                f"The editor {command[0]} could not be started ({reason}): set VISUAL or EDITOR."
            ) from error
        if status:
            raise DrifttyError(f"The editor {command[0]} ended with status {status}; see {path}.")
        found = problems(path)
        for problem in found:
            click.echo(str(problem), err=True)
        if not any(problem.severity == "error" for problem in found):
            return True
        if not (sys.stdin.isatty() and click.confirm("Edit it again?", default=True, err=True)):
            return False


def copied(source: Path, name: str, folder: Path) -> Path:
    """A file copied into the person's folder under a name, its `name` field changed to match.

    Raises `DrifttyError` where a file of that name is there already or cannot be written.
    """
    file = read(source)
    if not isinstance(file, TomlFile):
        raise DrifttyError(str(file))
    lines = file.text.splitlines(keepends=True)
    if file.data.get("name") != name:
        lines[file.line(("name",)) - 1] = f'name = "{name}"\n'
    target = folder / f"{name}.toml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as opened:
            opened.write("".join(lines))
    except FileExistsError as error:
        raise DrifttyError(f"{target} is there already: edit or move it.") from error
    except OSError as error:
        raise DrifttyError(f"{target} cannot be written ({error.strerror}).") from error
    return target


def edit_named(
    name: str,
    origin: str | None,
    shelf: Mapping[str, tuple[Path, bool]],
    own: Path,
    problems: Callable[[Path], Sequence[Problem]],
    kind: str,
) -> bool:
    """Have a person edit what a name stands for, a built-in as their own copy, and say what it became.

    `shelf`: each name's file, and whether it is the person's. `origin`: what a new name is a copy of.
    A copy of a built-in that was not changed goes again. Returns whether the file has no errors.
    """
    if origin is not None and name in shelf:
        raise click.UsageError(f'there is a {kind} "{name}" already; edit it without --from')
    path, yours = shelf[origin or name]
    before = None
    if origin is not None or not yours:
        path = copied(path, name, own)
        before = path.read_bytes()
    if not edit(path, problems):
        click.echo(f"Kept as it is in {path}; it cannot be used until it is mended.", err=True)
        return False
    if origin is None and before == path.read_bytes():
        path.unlink()
        click.echo(f"Nothing was changed: {name} is the built-in {kind} as before.")
    else:
        click.echo(f"{path} is in use as the {kind} {name}.")
    return True


def told(problems: Sequence[Problem]) -> str:
    """How many problems there are, in words: `1 error, 2 warnings`."""
    counts = []
    for severity in ("error", "warning"):
        count = sum(problem.severity == severity for problem in problems)
        if count:
            counts.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(counts) or "no problems"
