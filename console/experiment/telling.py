"""What may be concluded, in sentences: of pairs, of elements, of the race, and of the judge."""

from collections.abc import Sequence

from console.experiment.board import Board
from console.experiment.configtable import fitting
from console.experiment.effects import MEASURED
from console.experiment.making import made_on
from console.tallytable import misjudging, pair_sentence
from console.view.line import Line, line
from engine.drift.result import Axis
from engine.drift.tallies import PairTally

NAME = 24
"""Cells of a config's name in a sentence."""
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
    return [*found, *_judge(board), *made_on(board)]


def in_short(board: Board) -> str:
    """What may be concluded of the whole, in one line."""
    pairs, tallies = board.now.pairs, board.now.configs
    if not any(tally.n for tally in tallies):
        return "no run yet"
    if not pairs:
        return tallies[0].sentence
    best = [
        mark.name
        for config, mark in enumerate(board.marks)
        if all(
            pair.decided and pair.better == pair.b
            if pair.indices[1] == config
            else pair.decided and pair.better == pair.a
            for pair in pairs
            if pair.indices is not None and config in pair.indices
        )
    ]
    if best:
        return f"{best[0]} is the best"
    if any(pair.decided for pair in pairs):
        return decided(board)
    nearest = max(pairs, key=lambda pair: pair.peak)
    return nearest.verdict


def decided(board: Board) -> str:
    """How many of the pairs are separated, for a title."""
    pairs = board.now.pairs
    if not pairs:
        return ""
    return f"{sum(pair.decided for pair in pairs)} of {len(pairs)} pairs separated"


def _pair(board: Board, pair: PairTally) -> Line:
    """By letters alone as long as nothing can be said: the table has the names."""
    names = {}
    for index in pair.indices or ():
        mark = board.marks[index]
        name = f"{mark.letter} {fitting(mark.name, NAME)}" if pair.decided else mark.letter
        names[board.experiment.names[index]] = name
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
            found.append(line((f"which element, on {_AXES[axis]} ", "rule-label"), filler="─"))
        ranked = sorted(standing, key=lambda pair: (not pair.decided, -pair.peak))
        found += [_sentence(pair, pair_sentence(pair)) for pair in ranked]
    if board.untested:
        if not found:
            found.append(line(("which element ", "rule-label"), filler="─"))
        found.append(line(("! ", "warn"), (_untested(board.untested), "text"), indent=2))
    return found


def _untested(elements: Sequence[str]) -> str:
    """Why some elements have no verdict here."""
    return (
        f"{', '.join(elements)}: no two configs differ in one of these alone, as in a fraction of a "
        "factorial, so nothing may be told while watching; EFFECTS measures what it can, for one "
        "look when all runs are in."
    )


def _judge(board: Board) -> list[Line]:
    if not any(tally.n for tally in board.now.configs):
        return []
    corrections = [board.watched.tally.corrected(config) for config in range(len(board.marks))]
    names = [mark.letter for mark in board.marks]
    return [
        line(("the judge's own errors ", "rule-label"), filler="─"),
        *(line((words, "faint"), indent=2) for words in misjudging(names, corrections)),
    ]
