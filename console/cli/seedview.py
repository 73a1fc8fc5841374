"""How seeds look on the command line: coloured on a terminal, plain and unwrapped in a pipe."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal, TypeAlias

from console.safe import clean
from engine.run import Config
from engine.scrollback import Turn
from engine.seeds.seed import Seed

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

Mark: TypeAlias = Literal["=", "-", "+"]
"""A turn of both configs, of the first only, of the second only."""

ROLE_STYLES = {"system": "magenta", "user": "cyan", "assistant": "green"}
ON, OFF = "▣", "▢"
PIPE_WIDTH = 160
"""Cells a table may take where nobody's terminal sets a limit."""


def seed_table(seeds: Sequence[Seed]) -> None:
    """Every seed on a line or two: name, version, whose, elements, summary."""
    from rich.table import Table
    from rich.text import Text

    console = plain_console()
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("seed", "version", "", "elements, default ones marked", "summary"):
        table.add_column(heading, overflow="fold")
    for seed in seeds:
        whose = "yours, over the built-in" if seed.overrides else "yours" if seed.yours else ""
        table.add_row(
            Text(clean(seed.name), "bold"),
            str(seed.version),
            Text(whose, "yellow"),
            _switches(seed, seed.default),
            Text(clean(seed.summary)),
        )
    console.print(table)


def scrollback(seed: Seed, config: Config) -> None:
    """A config as the model gets it, turn by turn."""
    from rich.text import Text

    console = plain_console()
    whose = "yours" if seed.yours else "built in"
    console.print(Text(clean(config.name), "bold"))
    console.print(Text(f"{clean(seed.summary)} · version {seed.version} · {whose}", "dim"))
    console.print(Text(f"hash {config.hash}", "dim"), soft_wrap=True)
    console.print(_switches(seed, config.elements))
    for turn in config.turns:
        _heading(console, f"{turn.role} · {turn.element}", ROLE_STYLES[turn.role])
        _body(console, turn, "")
    _heading(console, "the task follows as a user turn", "dim")


def comparison(left: Config, right: Config) -> None:
    """Two configs, turn by turn, and what else tells them apart."""
    from rich.text import Text

    console = plain_console()
    console.print(Text(f"- {clean(left.name)}", "red"), soft_wrap=True)
    console.print(Text(f"+ {clean(right.name)}", "green"), soft_wrap=True)
    if left.hash == right.hash:
        console.print(Text("Both render to the same scrollback.", "dim"))
        return
    if left.prompt != right.prompt:
        console.print(Text(f"- prompt {left.prompt!r}", "red"))
        console.print(Text(f"+ prompt {right.prompt!r}", "green"))
    styles = {"=": "dim", "-": "red", "+": "green"}
    for mark, turn in compared(left.turns, right.turns):
        sign = " " if mark == "=" else mark
        _heading(console, f"{sign} {turn.role} · {turn.element}", styles[mark])
        _body(console, turn, f"{sign} ", styles[mark])


def compared(left: Sequence[Turn], right: Sequence[Turn]) -> Iterator[tuple[Mark, Turn]]:
    """Both lists of turns as one, each turn with its mark; turns are alike by role and text."""
    matcher = SequenceMatcher(
        None,
        [(turn.role, turn.text) for turn in left],
        [(turn.role, turn.text) for turn in right],
        autojunk=False,
    )
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            for turn in left[a:b]:
                yield "=", turn
        else:
            for turn in left[a:b]:
                yield "-", turn
            for turn in right[c:d]:
                yield "+", turn


def plain_console() -> "Console":
    """Standard output, without anything being read as markup; wide where it is a pipe."""
    import sys

    from rich.console import Console

    width = None if sys.stdout.isatty() else PIPE_WIDTH
    return Console(markup=False, highlight=False, emoji=False, width=width)


def _switches(seed: Seed, on: Sequence[str]) -> "Text":
    from rich.text import Text

    marks = Text()
    for element in seed.elements:
        lit = element in on
        marks.append(f"{ON if lit else OFF}\N{NO-BREAK SPACE}{element} ", "" if lit else "dim")
    return marks


def _heading(console: "Console", words: str, style: str) -> None:
    from rich.text import Text

    console.print(Text(f"── {words} ──", style), soft_wrap=True)


def _body(console: "Console", turn: Turn, indent: str, style: str = "") -> None:
    from rich.text import Text

    for line in clean(turn.text).split("\n"):
        thought = line.startswith("<think>")
        console.print(Text(f"{indent}{line}", style or ("dim" if thought else "")), soft_wrap=True)
