"""Two recordings side by side, as lines: turn by turn, what differs marked by brackets and style."""

from collections.abc import Sequence
from typing import NamedTuple

from console.view.line import Line, Piece, line
from engine.figures import number
from sessions.playbackcompare import Pair, Side, TurnTold

SAME, OTHER = "=", "≠"
OPEN, SHUT = "⟦", "⟧"
NONE = "∅"
"""Stands in the brackets where the other has something and this one has nothing."""


class Beside(NamedTuple):
    """A row of two columns, before it is wrapped."""

    left: Line
    right: Line


def turn_lines(pair: Pair) -> list[Beside]:
    """A turn: a heading, the payload, what was written, what was done."""
    heading = _heading(pair)
    if pair.left is None or pair.right is None:
        told = pair.left or pair.right
        assert told is not None  # a pair has at least one
        mine = [_written(told, ()), *_done(told)]
        nothing = line(("it had ended before", "note"), indent=2)
        theirs = [nothing, *([line("")] * (len(mine) - 1))]
        columns = (mine, theirs) if pair.left else (theirs, mine)
        return [Beside(heading, heading), *map(Beside, *columns)]
    left, right = pair.left, pair.right
    rows = [Beside(heading, heading), Beside(*(_payload(pair, side) for side in ("left", "right")))]
    rows.append(
        Beside(
            _written(left, [change.left for change in pair.tokens]),
            _written(right, [change.right for change in pair.tokens]),
        )
    )
    done = _done(left), _done(right)
    return rows + [
        Beside(*(one[at] if at < len(one) else line("") for one in done))
        for at in range(max(map(len, done)))
    ]


def summary(pairs: Sequence[Pair]) -> str:
    """What came of the comparison, in a sentence."""
    found = next((pair for pair in pairs if pair.first is not None), None)
    if not pairs:
        return "Neither of them began a turn."
    if found is None:
        count = number(len(pairs), "turn")
        asked = "" if all(pair.same for pair in pairs) else ", though they were asked differently"
        return f"{SAME} Every token of {count} is the same{asked}."
    if found.left is None or found.right is None:
        which = "left" if found.left is None else "right"
        return f"{OTHER} The same up to turn {found.turn}, which the {which} one never began."
    return (
        f"{OTHER} The first token that differs: turn {found.turn}, token {(found.first or 0) + 1}."
    )


def _heading(pair: Pair) -> Line:
    style = "good" if pair.same else "warn"
    told = (
        "same" if pair.same
        else "only one" if pair.left is None or pair.right is None
        else f"differs from token {pair.first + 1}" if pair.first is not None
        else "written the same"
    )  # fmt: skip
    sign = SAME if pair.first is None else OTHER
    return line(
        ("── ", "rule"),
        (f"turn {pair.turn} ", "rule-label"),
        (f"{sign} {told} ", style),
        filler="─",
    )


def _payload(pair: Pair, side: Side) -> Line:
    told = pair.left if side == "left" else pair.right
    assert told is not None
    pieces: list[tuple[str, str]] = [("payload ", "faint"), (f"{len(told.payload):,} tok", "text")]
    if not pair.payload:
        pieces.append((f"  {SAME}", "good"))
    else:
        first = getattr(pair.payload[0], side)[0]
        count = sum(stop - start for start, stop in (getattr(one, side) for one in pair.payload))
        pieces.append((f"  {OTHER} {count:,} from {first:,}", "warn"))
    return line(*pieces, indent=2)


def _written(told: TurnTold, marked: Sequence[tuple[int, int]]) -> Line:
    """The model's own text, with brackets around what the other wrote otherwise."""
    pieces = [Piece("✗ ", "bad") if told.drift else Piece("› ", "command-glyph")]
    at = 0
    for start, stop in marked:
        pieces.append(Piece("".join(told.texts[at:start]), "command"))
        inside = "".join(told.texts[start:stop]) or NONE
        pieces.append(Piece(f"{OPEN}{inside}{SHUT}", "found"))
        at = stop
    pieces.append(Piece("".join(told.texts[at:]), "command"))
    return line(*pieces, indent=2)


def _done(told: TurnTold) -> list[Line]:
    """What came of it: commands that ran, a drift."""
    lines = [line(("$ ", "good"), (command, "text"), indent=2) for command in told.commands]
    if told.drift:
        lines.append(line((f"▲ DRIFT  {told.drift}", "drift"), indent=2))
    return lines
