"""`driftty judge`: tell commands from drift, line by line."""

import sys
from collections.abc import Callable, Iterator
from io import TextIOWrapper
from typing import BinaryIO

import click
import msgspec

from engine.drift.judge import judge
from engine.drift.verdict import Context, Verdict
from engine.events import Label

GLYPHS: dict[Label, str] = {"command": "$", "comment": "#", "reasoning": "…"}
"""All else is drift, and has one glyph: the word beside it says the kind."""
DRIFT_GLYPH = "✗"
STYLES: dict[Label, str] = {"command": "bold green", "comment": "dim", "reasoning": "dim italic"}
DRIFT_STYLE = "bold yellow"

LABEL_CELLS = 10
LINE_CELLS = 48
"""Shorter lines are padded to here, so that the evidence of most stands in one column."""


class Judged(msgspec.Struct):
    """One line of `--json`."""

    line: str
    label: Label
    why: str


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: line, label, why.")
@click.option("--after", metavar="TEXT", default="", help="What the shell last showed, its end.")
@click.option(
    "--run", "one_run", is_flag=True, help="The lines are one run: repetitions and heredocs count."
)
@click.argument("file", type=click.File("rb"), default="-")
def command(as_json: bool, after: str, one_run: bool, file: BinaryIO) -> None:
    """Tell commands from drift: each line of FILE, or of standard input, as it comes.

    A line is a command, a comment, reasoning, or drift of a kind: narration, chat, markdown, code
    (a program in another language), echo (the shell's side: output, errors, a prompt), repetition
    or control (a role tag). What a person would accept as typed at a shell, right or wrong, is a
    command.

    \b
      driftty judge transcript.txt
      echo 'find the largest file' | driftty judge
      some-model | driftty judge --json --run
    """
    write = _write_json if as_json else _human()
    before: tuple[str, ...] = ()
    for line in _lines(file):
        verdict = judge(line, Context(shown=after, before=before, unanswered=len(before)))
        write(verdict)
        sys.stdout.flush()
        if one_run:
            before = (*before[-_REMEMBERED:], line)


_REMEMBERED = 64
"""Lines of a run that are looked back upon; a cycle that is longer is not seen."""


def _lines(file: BinaryIO) -> Iterator[str]:
    """Lines as they come; what is not UTF-8 in them becomes U+FFFD."""
    for raw in file:
        yield raw.rstrip(b"\r\n").decode("utf-8", "replace")


def _write_json(verdict: Verdict) -> None:
    judged = Judged(verdict.line, verdict.label, verdict.why)
    sys.stdout.buffer.write(msgspec.json.encode(judged) + b"\n")


def _human() -> Callable[[Verdict], None]:
    from rich.text import Text

    from console.cli.seedview import plain_console
    from console.safe import clean_line

    if isinstance(sys.stdout, TextIOWrapper):
        # A terminal that has no ✗ gets a question mark for it, not an end.
        sys.stdout.reconfigure(errors="replace")
    console = plain_console()

    def write(verdict: Verdict) -> None:
        drifted = verdict.drift is not None
        glyph = GLYPHS.get(verdict.label, DRIFT_GLYPH)
        style = DRIFT_STYLE if drifted else STYLES[verdict.label]
        text = Text(f"{glyph} {verdict.label:<{LABEL_CELLS}}  ", style)
        text.append(f"{clean_line(verdict.line):<{LINE_CELLS}}  ", "default")
        text.append(clean_line(verdict.why), "dim")
        console.print(text, soft_wrap=True)

    return write
