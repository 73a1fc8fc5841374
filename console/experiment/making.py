"""On what an experiment's runs were made, and what that does to them, in sentences."""

from collections.abc import Iterator

from console.experiment.board import Board
from console.safe import clean_line
from console.view.line import Line, line
from engine.divergence import EXACT
from engine.figures import number
from sessions.kept import Stretch


def made_on(board: Board) -> list[Line]:
    """Of each model on what it ran, what was mixed, and how often rounding changed a token."""
    kept = board.watched.kept
    if not kept.stretches:
        return []
    return [
        line(("how the runs were made ", "rule-label"), filler="─"),
        *(line((words, "faint"), indent=2) for words in _places(kept.stretches)),
        *(
            line(("! ", "warn"), (f"A mixture, by {clean_line(words)}.", "text"), indent=2)
            for words in board.now.mixture
        ),
        *(line((words, "faint"), indent=2) for words in _rounding(board)),
    ]


def inexact(board: Board) -> bool:
    """Whether any runs were made in numbers that round, so that a batch may change a token."""
    return any(stretch.dtype not in EXACT for stretch in board.watched.kept.stretches)


def _places(stretches: tuple[Stretch, ...]) -> Iterator[str]:
    """A sentence for each model, device and number format, with the runs made there."""
    runs: dict[tuple[str, str, str, str, str], int] = {}
    for each in stretches:
        made = (each.model, each.weights, each.device, each.dtype, each.version)
        runs[made] = runs.get(made, 0) + each.runs
    for (model, weights, device, dtype, version), many in runs.items():
        name = model.rstrip("/").rpartition("/")[2]
        of = f" (weights {weights[:12]})" if weights else ""
        yield clean_line(
            f"{name}{of} on {device} in {dtype}, driftty {version}: {number(many, 'run')}."
        )


def _rounding(board: Board) -> Iterator[str]:
    if not inexact(board):
        yield "What a run draws does not depend on the runs that shared its batch."
    elif board.divergence is not None:
        yield board.divergence.sentence
    else:
        yield (
            "In numbers this short a batch may change a token; how often is measured once all runs "
            "are there."
        )
