"""`driftty doctor`: what works on this machine, and the command that mends what does not."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

import click
import msgspec

from engine import folders
from engine.errors import DrifttyError

TORCH_SECONDS = 180
"""Importing torch from a cold disk takes long; longer than this, something is wrong."""


class Finding(msgspec.Struct, frozen=True):
    """One thing looked at."""

    what: str
    works: bool
    needed: bool
    """Whether driftty is of use without it."""
    detail: str
    remedy: str = ""
    """The command or step that mends it; empty when nothing needs mending."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="An array of findings on stdout.")
def command(as_json: bool) -> None:
    """Try everything driftty needs on this machine, and say what to do where it does not work.

    Python, torch and the device, the model, the sandbox (really tried), the terminal, your settings,
    keys, themes, seeds and tasks, and the store.
    The exit status is 1 when something needed does not work.
    """
    findings = [finding for look in _LOOKS for finding in look()]
    if as_json:
        click.echo(json.dumps([msgspec.to_builtins(finding) for finding in findings], indent=2))
    else:
        _print(findings)
    if any(finding.needed and not finding.works for finding in findings):
        sys.exit(1)


def _python() -> Iterable[Finding]:
    version = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        what="python",
        works=(3, 11) <= sys.version_info[:2] <= (3, 13),
        needed=True,
        detail=f"{version} in {sys.prefix}",
        remedy="" if sys.version_info[:2] <= (3, 13) else "make clean; make run PYTHON=python3.13",
    )
    for name in ("torch", "transformers", "textual"):
        try:
            yield Finding(name, works=True, needed=True, detail=metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(
                name,
                works=False,
                needed=name == "textual",
                detail="not installed; recordings and --demo work without a model"
                if name != "textual"
                else "not installed",
                remedy="make run",
            )


def _device() -> Iterable[Finding]:
    try:
        looked = subprocess.run(
            [sys.executable, "-m", "engine.model.describe"],
            capture_output=True,
            text=True,
            timeout=TORCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        works, said = False, [f"importing torch took more than {TORCH_SECONDS} s"]
    else:
        works = looked.returncode == 0
        said = (looked.stdout if works else looked.stderr).strip().splitlines()
    yield Finding(
        "device",
        works=works,
        needed=False,
        detail=said[-1] if said else "torch could not be tried",
        remedy="" if works else "make run",
    )


def _model() -> Iterable[Finding]:
    from engine.model.catalogue import resolve

    try:
        files = resolve("smollm2-135m")
    except DrifttyError as error:
        yield Finding(
            "model",
            works=False,
            needed=False,
            detail=str(error),
            remedy="driftty models fetch smollm2-135m",
        )
    else:
        yield Finding("model", works=True, needed=False, detail=f"smollm2-135m in {files.folder}")


def _sandbox() -> Iterable[Finding]:
    from engine.shell.sandbox.choose import probe

    reports = probe()
    for report in reports:
        yield Finding(
            what=f"sandbox: {report.name}",
            works=report.works,
            needed=False,
            detail=report.detail,
            remedy="" if report.works else report.remedy,
        )
    works = any(report.works for report in reports)
    yield Finding(
        what="sandbox",
        works=works,
        needed=True,
        detail="shells are confined" if works else "shells cannot be confined here",
        remedy="" if works else "mend one of the above, or run with --no-sandbox",
    )


def _terminal() -> Iterable[Finding]:
    size = shutil.get_terminal_size()
    encoding = (sys.stdout.encoding or "").lower()
    colours = os.environ.get("COLORTERM", "") in ("truecolor", "24bit")
    yield Finding(
        what="terminal size",
        works=size.columns >= 80 and size.lines >= 24,
        needed=False,
        detail=f"{size.columns}×{size.lines}",
        remedy="" if size.columns >= 80 and size.lines >= 24 else "enlarge it to 80×24 or more",
    )
    yield Finding(
        what="terminal text",
        works=encoding.startswith("utf"),
        needed=False,
        detail=encoding or "unknown",
        remedy="" if encoding.startswith("utf") else "export LC_ALL=C.UTF-8",
    )
    yield Finding(
        what="terminal colours",
        works=True,
        needed=False,
        detail="24 bits" if colours else f"TERM={os.environ.get('TERM', 'unset')}, reduced palette",
    )


def _settings() -> Iterable[Finding]:
    from console.appearance import appearances
    from console.ownkeys import read_keymap
    from console.settings import read_theme
    from engine.seeds.library import SeedLibrary
    from engine.tasks.library import TaskLibrary

    themes, problems = appearances()
    wrong: list[object] = [*problems]
    try:
        read_theme(themes)
    except DrifttyError as error:
        wrong.append(error)
    try:
        wrong += read_keymap().wrong
    except DrifttyError as error:
        wrong.append(error)
    yield Finding(
        "settings",
        works=not wrong,
        needed=False,
        detail=" ".join(map(str, wrong)) or f"yours lie in {folders.config()}",
        remedy="mend the file that is named; docs/settings.md says what goes into it"
        if wrong
        else "",
    )
    for what, library in (("seeds", SeedLibrary()), ("tasks", TaskLibrary())):
        found = [one for one in library.problems() if one.severity == "error"]
        yield Finding(
            what,
            works=not found,
            needed=False,
            detail=str(found[0]) if found else f"{len(library.names())} can be used",
            remedy=f"driftty {what} lint" if found else "",
        )


def _store() -> Iterable[Finding]:
    from sessions.health import describe_store

    path = folders.data() / "driftty.db"
    try:
        yield Finding("store", works=True, needed=True, detail=asyncio.run(describe_store(path)))
    except DrifttyError as error:
        remedy = f"ls -ld {_existing(path)}"
        yield Finding("store", works=False, needed=True, detail=str(error), remedy=remedy)
    free = shutil.disk_usage(_existing(path)).free
    yield Finding(
        what="disk",
        works=free > 2 * 1024**3,
        needed=False,
        detail=f"{free / 1024**3:.1f} GiB free at {_existing(path)}",
        remedy="" if free > 2 * 1024**3 else "free 2 GiB, or set DRIFTTY_DATA_DIR",
    )


def _existing(path: Path) -> Path:
    return next(parent for parent in (path, *path.parents) if parent.exists())


_LOOKS: tuple[Callable[[], Iterable[Finding]], ...] = (
    _python,
    _device,
    _model,
    _sandbox,
    _terminal,
    _settings,
    _store,
)


def _print(findings: list[Finding]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from console.safe import clean

    table = Table(box=None, pad_edge=False, show_header=False)
    for finding in findings:
        mark = Text("✓ works", "green") if finding.works else Text("✗ fails", "bold red")
        detail = Text(clean(finding.detail))
        if finding.remedy:
            detail.append(f"\n→ {clean(finding.remedy)}", "bold")
        table.add_row(mark, Text(finding.what), detail)
    Console().print(table)
