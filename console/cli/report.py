"""`driftty report`: an experiment as something that a person would publish."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from console.report import Report


@click.command()
@click.argument("experiment", default="last")
@click.option(
    "--output",
    "-o",
    "outputs",
    multiple=True,
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file to write: .html, .md, .csv or .json. Repeat it for several.  [default: Markdown "
    "on standard output]",
)
@click.option("--force", is_flag=True, help="Write over files that are there.")
@click.option(
    "--title", default="", help="What stands above it, in the place of the experiment's id."
)
@click.option("--question", default="", help="What was asked, in your own words.")
def command(
    experiment: str, outputs: Sequence[Path], force: bool, title: str, question: str
) -> None:
    """Write a report on an experiment, with everything a reader needs to believe it or not.

    EXPERIMENT is the beginning of an experiment's id, or `last`. The report says what was asked and
    what may be answered, then results with plots, the design with the full text of every seed,
    examples of runs, caveats, provenance, and the one command that runs it all again.

    \b
      .html  one file, with its plots and its data; no scripts, nothing fetched
      .md    GitHub's Markdown; plots are SVG files beside it, named after it
      .csv   a line a run
      .json  everything; docs/report.md explains the keys

    \b
      driftty report last | less
      driftty report last -o report.html
      driftty report 6ahw -o result.md -o result.csv --title "Which element is the lever?"

    An experiment that is not over can be reported too: intervals and verdicts hold at every look.
    Secrets in examples are masked. The exit status is 1 where there is no such experiment or a file
    cannot be written.
    """
    from console.report.writing import check

    check(outputs, force=force)
    asyncio.run(_report(experiment, outputs, force=force, title=title, question=question))


async def _report(
    experiment: str, outputs: Sequence[Path], *, force: bool, title: str, question: str
) -> None:
    from console.report import Report, save

    report = await Report.make(experiment, title=title, question=question, on_step=_step)
    if not outputs:
        _print(report)
        return
    _step("writing")
    for path in save(report, outputs, force=force):
        click.echo(f"{path}", err=True)


def _print(report: "Report") -> None:
    for piece in report.text("md"):
        sys.stdout.write(piece)
    sys.stdout.flush()


def _step(said: str) -> None:
    """Say what is being done where a person waits."""
    if sys.stderr.isatty():
        click.echo(f"{said} …", err=True)
