"""The list of experiments: one line each, for a width in cells."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from rich.cells import cell_len

from console.safe import clean_line
from console.tallytable import short
from console.view.line import Line, Piece, line
from engine.figures import number
from sessions.kept import Outline

WHEN = 16
ID = 12
SHAPE = 22
DONE = 14
NAMES = (16, 60)
"""Cells of the configs' names, at least and at most."""
EMPTY = (
    ("No experiment has been run yet.", "heading"),
    ("", "text"),
    ("One run at temperature 0.7 tells nothing: the next may come out the other way. An experiment",
     "text"),
    ("runs each config many times, all sharing one model's batch, and says while it goes on what",
     "text"),
    ("may be concluded: a rate with an interval that may be watched, which configs are separated,",
     "text"),
    ("and which element of a seed is the lever.", "text"),
    ("", "text"),
    ("Press n: choose configs and tasks, see what the design can tell and how long it takes, start.",
     "accent"),
)  # fmt: skip


def listed(
    outlines: Sequence[Outline],
    verdicts: Mapping[str, str],
    at_work: str,
    cursor: int,
    width: int,
    over: Collection[str] = (),
) -> list[Line]:
    """A heading, then a line for each; without any, what they are and how to begin one.

    `verdicts`: by id, as far as they have been worked out; `at_work`: the id of the one under way;
    `over`: the ids of those that have no more to run, though they may have been decided before the end
    of their plan.
    """
    if not outlines:
        return [line((text, style)) for text, style in EMPTY]
    with_id = width >= 110
    with_shape = width >= 90
    fixed = 2 + WHEN + 2 + DONE + 2 + (ID + 2 if with_id else 0) + (SHAPE + 2 if with_shape else 0)
    room = width - fixed - 2
    names = min(max(room // 2, NAMES[0]), NAMES[1])
    verdict = max(room - names, 8)
    found = [
        line(
            (
                f"  {'begun':<{WHEN}}  "
                + (f"{'id':<{ID}}  " if with_id else "")
                + f"{'configs':<{names}}  "
                + (f"{'configs × tasks × n':<{SHAPE}}  " if with_shape else "")
                + f"{'runs':>{DONE}}  verdict",
                "faint",
            )
        )
    ]
    for place, each in enumerate(outlines):
        here = place == cursor
        style = "heading" if here else "text"
        pieces = [Piece("▸ " if here else "  ", "accent"), Piece(f"{when(each)}  ", style)]
        if with_id:
            pieces.append(Piece(f"{each.id:<{ID}}  ", "faint"))
        pieces.append(Piece(f"{_cut(_names(each), names):<{names}}  ", style))
        if with_shape:
            shape = f"{len(each.configs)} × {each.tasks} × {each.n}"
            pieces.append(Piece(f"{shape:<{SHAPE}}  ", "text"))
        pieces += [_done(each, at_work, over=each.id in over), Piece("  ")]
        told = _verdict(each, verdicts, elsewhere=bool(each.process) and each.id != at_work)
        pieces.append(Piece(_cut(told, verdict), "text"))
        found.append(Line(tuple(pieces)))
    return found


def when(outline: Outline) -> str:
    """When an experiment was begun, on this machine's clock."""
    return datetime.fromisoformat(outline.began).astimezone().strftime("%Y-%m-%d %H:%M")


def summary(outlines: Sequence[Outline]) -> str:
    """How many there are."""
    if not outlines:
        return ""
    runs = number(sum(each.runs for each in outlines), "run")
    return f"{number(len(outlines), 'experiment')}, {runs}"


def _names(outline: Outline) -> str:
    if outline.factorial:
        return clean_line(f"factorial of {outline.factorial}")
    configs = list(dict.fromkeys(name.partition(" · ")[0] for name in outline.configs))
    seeds = [name.partition("+")[0] for name in configs]
    named = seeds if len(set(seeds)) == len(seeds) else list(short(configs).values())
    conditions = len(outline.configs) // len(configs)
    times = f" × {conditions} conditions" if conditions > 1 else ""
    return clean_line(", ".join(named) + times)


def _done(outline: Outline, at_work: str, *, over: bool) -> Piece:
    done = f"{outline.runs:,}/{outline.planned:,}"
    if outline.id == at_work:
        return Piece(f"{'● ' + done:>{DONE}}", "phase-operating")
    if outline.process:
        return Piece(f"{'● ' + done:>{DONE}}", "warn")
    if outline.runs < outline.planned and not over:
        return Piece(f"{'■ ' + done:>{DONE}}", "warn")
    return Piece(f"{'✓ ' + done:>{DONE}}", "good")


def _verdict(outline: Outline, verdicts: Mapping[str, str], *, elsewhere: bool) -> str:
    told = verdicts.get(outline.id, "…")
    if elsewhere:
        told = f"in process {outline.process}: {told}"
    if outline.broken:
        told += f"; {outline.broken} broke or were stopped"
    return told


def _cut(text: str, cells: int) -> str:
    return text if cell_len(text) <= cells else f"{text[: cells - 1]}…"
