"""Seed and task files from the command line: checked, copied from a built-in, opened, checked again."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import click

from engine.errors import DrifttyError
from engine.tomlfields import near
from engine.tomlfile import Problem, TomlFile, read
from engine.tomlfolder import NAME, NAME_RULE, Entry, Parsed

EDITORS = ("nano", "vi")
"""What is tried where neither VISUAL nor EDITOR is set."""


class Library(Protocol):
    """What seeds and tasks have in common."""

    @property
    def own(self) -> Path:
        """The folder a person's new file goes to."""
        ...

    def entries(self) -> Mapping[str, Entry[Any]]:
        """Every name with its file, broken ones included."""
        ...

    def problems(self) -> list[Problem]:
        """Everything wrong in any file."""
        ...


class Files:
    """The files of one kind."""

    def __init__(
        self,
        kind: str,
        library: Library,
        parse: Callable[[TomlFile], Parsed[Any]],
        look: Callable[[Any], Sequence[Problem]] = lambda value: (),
    ) -> None:
        """`kind`: what one is called, `seed` or `task`; `look` finds what is wrong with the value
        of a file that is right in itself."""
        self._kind = kind
        self._library = library
        self._parse = parse
        self._look = look

    def lint(self, names: Sequence[str], as_json: bool) -> bool:
        """Tell the problems of all files or the named; returns whether none is an error.

        Raises `DrifttyError` for a name that is neither one of the kind nor a file.
        """
        problems = [one for name in names for one in self._problems_of(name)]
        if not names:
            found = (entry.parsed for entry in self._library.entries().values())
            problems = [
                *self._library.problems(),
                *(one for each in found for one in self._seen(each)),
            ]
        if as_json:
            write_json(problems)
        else:
            for problem in problems:
                click.echo(str(problem))
            count = len(names) or len(self._library.entries())
            plural = "" if count == 1 else "s"
            click.echo(f"{count} {self._kind}{plural}: {_counted(problems)}", err=True)
        return not _errors(problems)

    def tell_broken(self) -> None:
        """Say on standard error which files cannot be used, if any."""
        errors = _errors(self._library.problems())
        if errors:
            click.echo(f"\nNot usable, see `driftty {self._kind}s lint`:", err=True)
        for problem in errors:
            click.echo(f"  {problem}", err=True)

    def edit(self, name: str, origin: str | None) -> bool:
        """Have a person edit what a name stands for, a built-in as their own copy of it.

        `origin`: begin a new file of that name as a copy of this one. A copy of a built-in that was
        not changed goes again. Says what became of the file; returns whether it has no errors.
        """
        if origin is not None and name in self._library.entries():
            raise click.UsageError(f'there is a {self._kind} "{name}"; edit it without --from')
        if origin is not None and not NAME.fullmatch(name):
            raise click.BadParameter(f'"{name}" is no name: {NAME_RULE}', param_hint="NAME")
        entry = self._entry(origin or name)
        editor = _editor()
        path, before = entry.path, None
        if origin is not None or not entry.yours:
            path = _copied(path, name, self._library.own)
            before = _bytes(path)
        try:
            right = self._edited(editor, path)
        finally:
            untouched = origin is None and before is not None and before == _bytes(path)
            if untouched:
                path.unlink()
        if untouched:
            click.echo(f"Nothing was changed: {name} is the built-in {self._kind} as before.")
        elif right:
            click.echo(f"{path} is in use as the {self._kind} {name}.")
        else:
            click.echo(f"Your text is kept in {path}, but cannot be used as it is.", err=True)
        return right

    def _edited(self, editor: Sequence[str], path: Path) -> bool:
        """Open the editor until the file is right or the person gives up."""
        while True:
            _open(editor, path)
            found = self._problems_in(path)
            for problem in found:
                click.echo(str(problem), err=True)
            if not _errors(found):
                return True
            if not (sys.stdin.isatty() and click.confirm("Edit it again?", default=True, err=True)):
                return False

    def _entry(self, name: str) -> Entry[Any]:
        entries = self._library.entries()
        if name not in entries:
            raise DrifttyError(f'There is no {self._kind} "{name}": {near(name, entries)}.')
        return entries[name]

    def _problems_of(self, name: str) -> Sequence[Problem]:
        path = Path(name)
        if name not in self._library.entries() and (path.suffix == ".toml" or path.is_file()):
            return self._problems_in(path)
        parsed = self._entry(name).parsed
        return [*parsed.problems, *self._seen(parsed)]

    def _problems_in(self, path: Path) -> Sequence[Problem]:
        file = read(path)
        if not isinstance(file, TomlFile):
            return [file]
        parsed = self._parse(file)
        return [*parsed.problems, *self._seen(parsed)]

    def _seen(self, parsed: Parsed[Any]) -> Sequence[Problem]:
        return self._look(parsed.value) if parsed.value is not None else ()


def write_source(text: str) -> None:
    """A file's text: as it is into a pipe, with its control characters shown on a terminal."""
    from console.safe import clean

    shown = clean(text) if sys.stdout.isatty() else text
    click.echo(shown, nl=not text.endswith("\n"))


def write_json(value: Any) -> None:
    """A value as indented JSON on standard output."""
    import msgspec

    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def _open(editor: Sequence[str], path: Path) -> None:
    try:
        status = subprocess.run([*editor, str(path)], check=False).returncode
    except OSError as error:
        reason = error.strerror or str(error)
        raise DrifttyError(
            f"The editor {editor[0]} could not be started ({reason}): set VISUAL or EDITOR."
        ) from error
    if status:
        raise DrifttyError(f"The editor {editor[0]} ended with status {status} on {path}.")


def _editor() -> list[str]:
    chosen = shlex.split(os.environ.get("VISUAL") or os.environ.get("EDITOR") or "")
    found = [name for name in EDITORS if shutil.which(name)]
    if chosen and shutil.which(chosen[0]) is None:
        # Told before anything is copied for it to open.
        raise DrifttyError(
            f"The editor {chosen[0]} could not be started (no such program): set VISUAL or EDITOR."
        )
    if not chosen and not found:
        raise DrifttyError(
            f"No editor was found: set VISUAL or EDITOR, or install one of {', '.join(EDITORS)}."
        )
    return chosen or found[:1]


def _copied(source: Path, name: str, folder: Path) -> Path:
    """A file copied into the person's folder under a name, its `name` field changed to match."""
    file = read(source)
    if isinstance(file, Problem):
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
        raise DrifttyError(f"{target} is there already: edit it, or move it away.") from error
    except OSError as error:
        raise DrifttyError(f"{target} cannot be written ({error.strerror}).") from error
    return target


def _bytes(path: Path) -> bytes | None:
    """What a file holds; none where an editor took it away."""
    try:
        return path.read_bytes()
    except OSError:
        return None


def _errors(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity == "error"]


def _counted(problems: Sequence[Problem]) -> str:
    """`1 error, 2 warnings`."""
    counts = []
    for severity in ("error", "warning"):
        count = sum(problem.severity == severity for problem in problems)
        if count:
            counts.append(f"{count} {severity}{'s' if count > 1 else ''}")
    return ", ".join(counts) or "no problems"
