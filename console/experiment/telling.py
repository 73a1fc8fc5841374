"""What may be concluded, in sentences: of pairs, of elements, of the race, and of the judge."""

from console.experiment.board import Board
from console.experiment.effects import MEASURED
from console.tallytable import misjudging, pair_sentence
from console.view.line import Line, line
from engine.drift.result import Axis
from engine.drift.tallies import PairTally

MOST = 60
"""Pairs told one by one; further ones are counted."""
_AXES: dict[Axis, str] = {"operated": "operating", "exited": "exiting", "clean": "clean"}


def told(board: Board) -> list[Line]:
    """The sentences, what is decided first and what is nearest to it next."""
    found = []
    if board.race is not None:
        found.append(line(("» ", "accent"), (board.race.sentence, "heading"), indent=2))
    ranked = sorted(board.now.pairs, key=lambda pair: (not pair.decided, -pair.peak))
    found += [_pair(board, pair) for pair in ranked[:MOST]]
    if len(ranked) > MOST:
        found.append(line((f"  and {len(ranked) - MOST} pairs further from it", "faint")))
    if not ranked:
        config = board.now.configs[0]
        found.append(line((config.sentence, "text"), indent=2))
    found += _levers(board)
    alone = [tally for tally in board.now.configs if tally.n == 1]
    if alone:
        found.append(
            line(("! ", "warn"), ("One run of a config tells nothing, whatever it showed.", "text"),
                 indent=2)
        )  # fmt: skip
    return [*found, *_judge(board)]


def decided(board: Board) -> str:
    """How many of the pairs are separated, for a title."""
    pairs = board.now.pairs
    if not pairs:
        return ""
    return f"{sum(pair.decided for pair in pairs)} of {len(pairs)} pairs separated"


def _pair(board: Board, pair: PairTally) -> Line:
    names = {}
    for index in pair.indices or ():
        mark = board.marks[index]
        names[board.experiment.names[index]] = f"{mark.letter} {mark.name}"
    return _sentence(pair, pair_sentence(pair, names))


def _sentence(pair: PairTally, words: str) -> Line:
    if pair.decided:
        return line(("◆ ", "good"), (words, "text"), indent=2)
    return line(("○ ", "faint"), (words, "faint"), indent=2)


def _levers(board: Board) -> list[Line]:
    found = []
    for axis in MEASURED:
        standing = board.levers(axis)
        if standing:
            found.append(line((f"which element, on {_AXES[axis]}", "rule-label"), filler="─"))
        ranked = sorted(standing, key=lambda pair: (not pair.decided, -pair.peak))
        found += [_sentence(pair, pair_sentence(pair)) for pair in ranked]
    return found


def _judge(board: Board) -> list[Line]:
    corrections = [board.watched.tally.corrected(config) for config in range(len(board.marks))]
    names = [mark.letter for mark in board.marks]
    return [
        line(("the judge's own errors ", "rule-label"), filler="─"),
        *(line((words, "faint"), indent=2) for words in misjudging(names, corrections)),
    ]
