"""A tree of forks, as lines to be read: on the command line and on the screen alike."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from console.safe import clean_line
from console.view.line import Line, Piece
from console.view.outcome import GLYPHS
from engine.figures import number
from sessions.lineage import Branch

FEW = 1
"""More runs of one arm of an experiment than this are one line."""


def tree(root: Branch, chosen: str = "") -> Iterator[Line]:
    """The tree line by line; `chosen` is the session that is pointed at."""
    yield _line(root, "", chosen)
    yield from _forks(root, "", chosen)


def _forks(branch: Branch, indent: str, chosen: str) -> Iterator[Line]:
    bunches = [
        list(forks)
        for _, forks in groupby(
            sorted(branch.forks, key=lambda fork: (fork.turn, fork.experiment, fork.change)),
            lambda fork: (fork.turn, fork.experiment, fork.change),
        )
    ]
    limbs: list[list[Branch]] = []
    for bunch in bunches:
        alone = bunch[0].experiment and len(bunch) > FEW
        apart = [fork for fork in bunch if not alone or fork.forks or fork.session == chosen]
        together = [fork for fork in bunch if fork not in apart]
        limbs += [together] if together else []
        limbs += [[fork] for fork in apart]
    for number_, limb in enumerate(limbs, 1):
        last = number_ == len(limbs)
        stem, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        if len(limb) > 1:
            yield _bunch(limb, indent + stem)
            continue
        yield _line(limb[0], indent + stem, chosen)
        yield from _forks(limb[0], indent + below, chosen)


def _line(branch: Branch, stem: str, chosen: str) -> Line:
    pieces = [
        Piece(stem, "faint"),
        Piece(branch.session, "accent" if branch.session == chosen else "heading"),
    ]
    if branch.turn:
        change = f": {clean_line(branch.change)}" if branch.change else ""
        pieces.append(Piece(f"  from turn {branch.turn}{change}"))
    elif branch.parent:
        pieces.append(Piece(f"  from {clean_line(branch.parent)}, which is gone", "note"))
    glyph = dict[str, str](GLYPHS.items()).get(branch.outcome, "⊘")
    drift = f" in turn {branch.drift_turn}" if branch.drift_turn else ""
    pieces.append(Piece(f"  {glyph} {branch.outcome}{drift}"))
    told = f"  {number(branch.turns, 'turn')}  {clean_line(branch.config)}"
    told += f" · T {branch.temperature:g} · rng {branch.rng} · {clean_line(branch.model)}"
    pieces.append(Piece(told, "note"))
    return Line(tuple(pieces), indent=len(stem) + 2)


def _bunch(forks: list[Branch], stem: str) -> Line:
    counts = Counter(fork.outcome for fork in forks)
    told = ", ".join(f"{outcome} {count}" for outcome, count in counts.most_common())
    first = forks[0]
    where = f"{clean_line(first.change)}" if first.change else f"from turn {first.turn}"
    about = f"  {where}, experiment {first.experiment}: {told}"
    pieces = (Piece(stem, "faint"), Piece(f"{number(len(forks), 'run')}", "heading"), Piece(about))
    return Line(pieces, indent=len(stem) + 2)
