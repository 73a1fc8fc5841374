"""`driftty models`: which models there are, and bringing them here."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from engine.figures import size

if TYPE_CHECKING:
    from engine.model.catalogue import Listed
    from engine.model.progress import Progress, ProgressSink

_PERCENT_APART = 10
"""Where no terminal shows a bar, a step is told again after this many percent."""


@click.group()
def command() -> None:
    """Models: the ones driftty knows, and any other that can chat.

    A model is called by a name of the list, by a Hugging Face id (`org/name`, or
    `org/name/file.gguf` for one file of it), or by a path: a folder with safetensors, or a .gguf
    file.

    \b
      driftty models list                          what is known, and what is here
      driftty models fetch smollm2-135m            the embedded model: no account needed
      driftty models fetch Qwen/Qwen2.5-0.5B-Instruct
      driftty run --model ~/models/my-model        a folder of your own needs no fetching
    """


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON list.")
def list_models(as_json: bool) -> None:
    """List the models driftty knows and those in the Hugging Face cache.

    With --json, a list of {name, source, fetched, folder, bytes, licence}; source is `embedded` or
    `hub`.
    """
    from engine.model.catalogue import listing

    models = listing()
    if as_json:
        import msgspec

        sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(models)) + b"\n")
    else:
        _print(models)


@command.command("fetch")
@click.argument("name", default="")
def fetch_model(name: str) -> None:
    """Bring a model here: download, check, convert. One that is here already is left alone.

    NAME is the embedded model where it is left out. Progress goes to standard error; the model's
    folder to standard output.
    """
    from engine.model.catalogue import EMBEDDED, NotFetched, resolve
    from engine.model.fetch import fetch

    name = name or EMBEDDED
    try:
        files = resolve(name)
    except NotFetched:
        with _shown(name) as progress:
            files = fetch(name, progress)
    else:
        click.echo(f"{name} is already here.", err=True)
    click.echo(files.folder / files.gguf if files.gguf else files.folder)


@command.command("path")
@click.argument("name", default="")
def path(name: str) -> None:
    """Print the folder of a model's files.

    Fails where they are not here or cannot be used.
    """
    from engine.model.catalogue import EMBEDDED, resolve

    files = resolve(name or EMBEDDED)
    click.echo(files.folder / files.gguf if files.gguf else files.folder)


@command.command("remove")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_model(name: str, yes: bool) -> None:
    """Delete a fetched model from the disk.

    A folder of your own is never touched.
    """
    from engine.model.catalogue import kind_of
    from engine.model.fetch import remove

    place = "the Hugging Face cache, which other programs use too" if kind_of(name) == "hub" else ""
    if not yes and kind_of(name) != "local":
        click.confirm(f"Delete {name}" + (f" from {place}" if place else "") + "?", abort=True)
    freed = remove(name)
    if freed:
        click.echo(f"{name} is deleted; {size(freed)} are free again.", err=True)
    else:
        click.echo(f"{name} was not here.", err=True)


def _print(models: "list[Listed]") -> None:
    from rich.table import Table
    from rich.text import Text

    from console.cli.seedview import plain_console
    from console.safe import clean_line

    console = plain_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("model", no_wrap=True)
    table.add_column("here", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("licence", no_wrap=True)
    table.add_column("where", overflow="fold")
    for model in models:
        here = Text("● yes", "green") if model.fetched else Text("○ no", "dim")
        table.add_row(
            Text(clean_line(model.name), "bold"),
            here,
            size(model.bytes) if model.bytes else "–",
            Text(clean_line(model.licence) or "–"),
            Text(clean_line(model.folder) or f"driftty models fetch {model.name}", "dim"),
        )
    console.print(table)


@contextmanager
def _shown(name: str) -> "Iterator[ProgressSink]":
    """Progress on standard error: a bar on a terminal, lines elsewhere."""
    if not sys.stderr.isatty():
        yield _lines(name)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[step]}", style="dim", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(name, total=1.0, step="")

        def show(progress: "Progress") -> None:
            bar.update(task, completed=progress.fraction, step=_step(progress))

        yield show


def _lines(name: str) -> "ProgressSink":
    said = ("", 0)

    def show(progress: "Progress") -> None:
        nonlocal said
        now = (progress.step, int(progress.fraction * 100) // _PERCENT_APART)
        if now != said:
            said = now
            click.echo(f"{name}: {progress.fraction:4.0%} {_step(progress)}", err=True)

    return show


def _step(progress: "Progress") -> str:
    if progress.total:
        return f"{progress.step} {size(progress.done)} of {size(progress.total)}"
    return progress.step
