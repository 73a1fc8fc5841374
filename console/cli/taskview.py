"""How tasks look on the command line: coloured on a terminal, plain and unwrapped in a pipe."""

from collections.abc import Sequence

from console.cli.seedview import plain_console
from console.safe import clean
from engine.tasks.card import DIFFICULTIES, TaskCard


def task_table(cards: Sequence[TaskCard]) -> None:
    """Every task on a line or two, the easy ones first."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in ("task", "difficulty", "check", "files", "", "what is asked"):
        table.add_column(heading, overflow="fold")
    for card in sorted(cards, key=lambda card: DIFFICULTIES.index(card.difficulty)):
        whose = "yours, over the built-in" if card.overrides else "yours" if card.yours else ""
        table.add_row(
            Text(clean(card.task.name), "bold"),
            card.difficulty,
            "yes" if card.task.check else "none",
            str(len(card.task.files) or ""),
            Text(whose, "yellow"),
            Text(clean(card.task.text)),
        )
    plain_console().print(table)


def task_page(card: TaskCard) -> None:
    """A task with its files and check."""
    from rich.text import Text

    console = plain_console()

    def say(words: str, style: str = "") -> None:
        console.print(Text(clean(words), style), soft_wrap=True)

    whose = "yours" if card.yours else "built in"
    say(card.task.name, "bold")
    say(f"{card.summary} · {card.difficulty} · {whose}", "dim")
    say(f"Task: {card.task.text}")
    if card.turns:
        say(f"turns  {card.turns} are enough", "dim")
    for file in card.task.files:
        say(f"── {file.path}{' · executable' if file.executable else ''} ──", "cyan")
        for line in file.text.removesuffix("\n").split("\n"):
            say(line)
    say("── check, run by driftty in the home after the run ──", "magenta")
    say(
        card.task.check or "none: what the task leaves behind cannot tell",
        "" if card.task.check else "dim",
    )
