"""A draft as lines: the matrix, the tasks, the numbers, and the plan with what it can tell."""

from collections.abc import Sequence

from console.estimate import Estimate
from console.experiment.draft import Draft, Planned, Row
from console.factorial import ONE_TASK, design_notes, pair_needs
from console.safe import clean_line
from console.tallytable import short
from console.view.line import Line, Piece, line
from engine.errors import DrifttyError
from engine.figures import number

TAKEN, LEFT = "☑", "☐"
ON, OFF, SWITCHED, LACKING = "▣", "▢", "±", "·"
NAME = 22
"""Cells of a seed's name, at most."""
MEANING = {
    "system": "the system turn",
    "instruction": "what to do, said in words",
    "history": "demonstrated commands that go well",
    "recovery": "demonstrated errors, and how they are mended",
    "exit": "an exit at the end of every demonstration",
    "reasoning": "a thought before every command",
    "prompt": "the shell's prompt after every output",
}
"""What an element is, in a few words."""
VALUE = 9
"""Cells of a number's value, so that what it means stands beneath what others mean."""
NUMBERS = ("n", "stop", "budget", "temperature", "model", "seed", "turns")
"""What is chosen beside configs and tasks, in the order in which it stands."""


def matrix_lines(draft: Draft, cursor: tuple[int, int] | None, width: int) -> list[Line]:
    """A heading of elements, then a row for each config. `cursor`: row and column; column 0 is the
    config itself.
    """
    columns = draft.columns
    name, cells = _matrix(draft, width)
    heads = "".join(f"{column[: cells - 1]:<{cells}}" for column in columns)
    found = [line((f"{'':<{name + 4}}{heads}", "faint"))]
    for place, row in enumerate(draft.rows):
        here = cursor[1] if cursor and cursor[0] == place else None
        box = Piece(TAKEN if row.taken else LEFT, "good" if row.taken else "faint")
        shown = clean_line(_name(row))
        style = "toggle-cursor" if here == 0 else "heading" if row.taken else "faint"
        pieces = [box, Piece(" "), Piece(f"{shown[:name]:<{name}}", style), Piece("  ")]
        for number_, column in enumerate(columns, start=1):
            glyph, style = _element(row, column)
            if here == number_:
                style = "toggle-cursor"
            pieces += [Piece(glyph, style), Piece(" " * (cells - 1))]
        found.append(Line(tuple(pieces)))
    return found


def matrix_column(draft: Draft, x: int, width: int) -> int:
    """The column of a matrix of this width that a cell is in; 0 is the configs' own."""
    name, cells = _matrix(draft, width)
    return min(max((x - name - 4) // cells + 1, 0), len(draft.columns))


def meaning(draft: Draft, row: int, column: int) -> Piece:
    """What the cursor of the matrix is on, in a few words."""
    if not column:
        return Piece(clean_line(draft.rows[row].summary), "subtitle")
    element = draft.columns[column - 1]
    return Piece(f"{element}: {MEANING.get(element, '')}", "subtitle")


def _matrix(draft: Draft, width: int) -> tuple[int, int]:
    """Cells of a name, and of an element."""
    name = min(max(len(clean_line(_name(row))) for row in draft.rows), NAME)
    return name, max((width - name - 4) // max(len(draft.columns), 1), 4)


def task_lines(draft: Draft, cursor: int | None, width: int) -> list[Line]:
    """One line a task, and a last one for a task in the person's own words."""
    found = []
    for place, task in enumerate(draft.tasks):
        taken = place in draft.chosen
        style = "toggle-cursor" if cursor == place else "heading" if taken else "text"
        name = clean_line(task.name or "own words")
        shown = max(width - 23, 10)
        text = clean_line(task.text)
        found.append(
            line(
                (f"{TAKEN if taken else LEFT} ", "good" if taken else "faint"),
                (f"{name[:18]:<18}", style),
                (f"  {text if len(text) <= shown else text[: shown - 1] + '…'}", "faint"),
            )
        )
    style = "toggle-cursor" if cursor == len(draft.tasks) else "accent"
    found.append(line(("+ ", "accent"), ("a task in your own words…", style)))
    return found


def number_lines(draft: Draft, cursor: int | None, width: int) -> list[Line]:
    """One line for each number: what it is, its value, and what it means."""
    found = []
    for place, (words, value, hint) in enumerate(_numbers(draft)):
        style = "toggle-cursor" if cursor == place else "heading"
        room = max(VALUE - len(value), 0)
        shown = hint if len(hint) <= width - 16 - len(value) - room else ""
        found.append(
            line(
                (f"{words:<12}", "faint"),
                (f" {value} ", style),
                (f"{' ' * room}{shown}", "faint"),
            )
        )
    return found


def plan_lines(draft: Draft, estimated: Estimate | None) -> list[Line]:
    """What would be run, what it can tell, and how long it takes; or what is wrong.

    `estimated`: none while it is being worked out.
    """
    try:
        planned = draft.planned()
    except DrifttyError as error:
        return [line(("✗ ", "bad"), (clean_line(str(error)), "text"), indent=2)]
    most = "at most " if draft.until_decided else ""
    budget = draft.budget if draft.until_decided and 0 < draft.budget < planned.runs else 0
    found = [
        line(
            ("runs    ", "faint"),
            (
                f"{number(len(planned.configs), 'config')} × {number(len(planned.tasks), 'task')} "
                f"× {planned.n} = {most}{number(planned.runs, 'run')}"
                + (f", and no more than {budget:,} in all" if budget else ""),
                "heading",
            ),
            indent=8,
        )
    ]
    found += _design(planned)
    words = estimated.sentence if estimated else "…"
    found.append(line(("time    ", "faint"), (words, "text"), indent=8))
    if draft.until_decided:
        found.append(
            line(("stops   ", "faint"), ("a config that cannot be the best gets no more runs; it ends "
                  "when the rest is separated", "text"), indent=8)
        )  # fmt: skip
    if len(planned.tasks) == 1:
        found.append(
            line(("!       ", "warn"), (ONE_TASK, "text"), indent=8)
        )  # fmt: skip
    if planned.n == 1:
        found.append(line(("!       ", "warn"), ("n = 1 tells nothing", "text"), indent=8))
    found.append(line(("configs ", "faint"), (_configs(planned, draft.rows), "text"), indent=8))
    return found


def _design(planned: Planned) -> list[Line]:
    tasks = len(planned.tasks)
    if planned.factorial is not None:
        found = []
        for note in design_notes(planned.factorial, tasks):
            word, _, rest = note.partition(" ")
            found.append(
                line((f"{word:<8}", "faint"), (clean_line(rest.strip()), "text"), indent=8)
            )
        return found
    if len(planned.configs) == 1:
        words = "a single config: its rate with an interval, and nothing to compare it with"
        return [line(("design  ", "faint"), (words, "text"), indent=8)]
    pairs = number(planned.pairs, "pair") + (", corrected together" if planned.pairs > 1 else "")
    return [
        line(
            ("design  ", "faint"),
            (f"{pairs}; single configs do not tell which element does it: for "
             "that, f crosses a seed's elements", "text"), indent=8,
        ),
        line(("needs   ", "faint"), (pair_needs(planned.pairs, tasks), "text"), indent=8),
    ]  # fmt: skip


def _configs(planned: Planned, rows: Sequence[Row]) -> str:
    """By seed alone where a config is the seed's default one and its only one."""
    labels = [condition.label for condition in planned.conditions] or [""] * len(planned.configs)
    default = {row.seed: row.default for row in rows}
    names = []
    for config, label in zip(planned.configs, labels, strict=True):
        alone = len({other.hash for other in planned.configs if other.seed == config.seed}) == 1
        plain = alone and set(config.elements) == default[config.seed]
        name = config.seed if plain else config.name
        names.append(f"{name} · {label}" if label else name)
    return clean_line(", ".join(short(names).values()))


def _name(row: Row) -> str:
    return f"{'× ' if row.factorial else '  + ' if row.own else ''}{row.seed}"


def _element(row: Row, element: str) -> tuple[str, str]:
    if element not in row.has:
        return LACKING, "rule"
    if row.factorial:
        if element in row.on:
            return SWITCHED, "accent"
        return (ON, "toggle-on") if element in row.default else (OFF, "toggle-off")
    return (ON, "toggle-on") if element in row.on else (OFF, "toggle-off")


def _numbers(draft: Draft) -> list[tuple[str, str, str]]:
    stop = "until decided" if draft.until_decided else "after all runs"
    several = len(draft.models) > 1
    return [
        ("n", str(draft.n), "runs per config and task"),
        ("stop", stop, "n is then the most" if draft.until_decided else "or: until decided"),
        (
            "budget",
            f"{draft.budget:,}" if draft.budget else "none",
            "runs in all, at most" if draft.until_decided else "only with: until decided",
        ),
        ("temperature", ", ".join(f"{each:g}" for each in draft.temperatures),
         "each is crossed with every config" if len(draft.temperatures) > 1 else ""),
        ("model", clean_line(", ".join(draft.models)),
         "one after the other, each crossed with every config" if several else ""),
        ("seed", str(draft.seed), "draws every run's own"),
        ("turns", str(draft.turns), "at most, a run"),
    ]  # fmt: skip
