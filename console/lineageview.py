"""A tree of forks, as lines to be read: on the command line and on the screen alike."""

from collections import Counter
from collections.abc import Iterator
from itertools import groupby

from rich.text import Text

from console.safe import clean_line
from console.view.outcome import GLYPHS
from engine.figures import number
from sessions.lineage import Branch

FEW = 5
"""More runs of one experiment from the same turn than this are one line."""


def tree(root: Branch, chosen: str = "") -> Iterator[Text]:
    """The tree line by line; `chosen` is the session that is pointed at."""
    yield _line(root, "", chosen)
    yield from _forks(root, "", chosen)


def _forks(branch: Branch, indent: str, chosen: str) -> Iterator[Text]:
    bunches = [
        list(forks) for _, forks in groupby(branch.forks, lambda fork: (fork.turn, fork.experiment))
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


def _line(branch: Branch, stem: str, chosen: str) -> Text:
    line = Text(stem, "dim")
    line.append(branch.session, "bold reverse" if branch.session == chosen else "bold")
    if branch.turn:
        line.append(f"  from turn {branch.turn}")
    elif branch.parent:
        line.append(f"  from {clean_line(branch.parent)}, which is gone", "dim")
    glyph = GLYPHS.get(branch.outcome, "⊘")  # type: ignore[call-overload]  # an outcome, or none yet
    line.append(f"  {glyph} {branch.outcome}")
    if branch.drift_turn:
        line.append(f" in turn {branch.drift_turn}")
    line.append(f"  {number(branch.turns, 'turn')}", "dim")
    line.append(
        f"  {clean_line(branch.config)} · T {branch.temperature:g} · rng {branch.rng}"
        f" · {clean_line(branch.model)}",
        "dim",
    )
    return line


def _bunch(forks: list[Branch], stem: str) -> Text:
    counts = Counter(fork.outcome for fork in forks)
    told = ", ".join(f"{outcome} {count}" for outcome, count in counts.most_common())
    line = Text(stem, "dim")
    line.append(f"{len(forks)} runs", "bold")
    line.append(f" of experiment {forks[0].experiment} from turn {forks[0].turn}: {told}")
    return line
