"""A payload as rows: what each is made of is settled at once, what it looks like when it is drawn.

A row is a stretch of offsets into a text, so that a prompt of many thousand tokens is laid out in
some hundredths of a second, and only the rows in view become pieces with styles.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import msgspec
from rich.cells import cell_len

from console.panes.strips import breaks
from console.safe import clean
from console.view.inspected import Inspected, Stretch
from console.view.line import Line, Piece, line
from engine.figures import number

BOUNDARY = "│"
"""Stands before every token where boundaries are shown."""
_TOKEN = re.compile(f"{BOUNDARY}?[^{BOUNDARY}]+|{BOUNDARY}")
GUTTER = 11
"""Cells of the mark and the label before a row's text."""
_SHOWN = str.maketrans({" ": "␠", "\n": "⏎\n", "\t": "⇥"})
"""Blanks as they are drawn where boundaries are."""


class Manner(NamedTuple):
    """How tokens are shown."""

    boundaries: bool = False
    ids: bool = False


class Part(msgspec.Struct):
    """Tokens of one stretch that are all cached, or all not."""

    stretch: Stretch
    cached: bool
    text: str
    """Drawn, with newlines where rows break."""
    starts: list[int]
    """The offset in `text` at which each token begins."""
    first: int
    """Place of its first token in the prompt."""


class Row(NamedTuple):
    """One row: a stretch of a part's text."""

    part: Part
    start: int
    stop: int

    @property
    def place(self) -> int:
        """The token that the row begins with, or in."""
        return self.part.first + max(0, bisect_right(self.part.starts, self.start) - 1)

    @property
    def text(self) -> str:
        """What is drawn, without gutter."""
        return self.part.text[self.start : self.stop].rstrip("\n")


def rows(shown: Inspected, manner: Manner, width: int, notes: dict[int, str]) -> list[Row | Line]:
    """Every row of a payload of `width` cells, the headings of its turns among them.

    `notes`: what is said beside a turn's heading, by its index in the scrollback.
    """
    room = max(8, width - GUTTER)
    made: list[Row | Line] = []
    before: int | None = None
    seam = False
    for index, one in enumerate(shown.stretches):
        if not seam and shown.sent.seam and one.start >= shown.sent.seam:
            made.append(_seam(shown))
            seam = True
        if one.turn != before:
            made.append(heading(shown, index, notes.get(one.turn, "")))
            before = one.turn
        for part in _parts(shown, index, manner):
            made.extend(_wrapped(part, room, manner))
    return made


def pieces(row: Row, label: bool, highlight: range, manner: Manner) -> list[Piece]:
    """A row as it is drawn: mark, label, and the tokens in their styles.

    `highlight`: places of tokens to be brought out, marked in the gutter too.
    """
    part = row.part
    starts = part.starts
    style = f"origin-{part.stretch.origin}"
    first = max(0, bisect_right(starts, row.start) - 1)
    made: list[Piece] = []
    hit = False
    for index in range(first, len(starts)):
        begin = max(row.start, starts[index])
        if begin >= row.stop:
            break
        end = min(row.stop, starts[index + 1] if index + 1 < len(starts) else len(part.text))
        text = part.text[begin:end].rstrip("\n")
        brought = part.first + index in highlight
        hit = hit or brought
        edge = _edge(text, manner) if begin == starts[index] else 0
        if edge:
            made.append(Piece(text[:edge], "found" if brought else "faint"))
        made.append(Piece(text[edge:], "found" if brought else style))
    mark = Piece("▌" if part.cached else " ", "cached")
    point = Piece("▶", "warn") if hit else Piece(" ")
    name = f"{part.stretch.label if label else '':<8} "
    return [mark, Piece(name, f"{style}-label" if label else style), point, *made]


def heading(shown: Inspected, index: int, note: str) -> Line:
    """What stands over a turn: which it is, whose, how big, and what a change of it would cost."""
    one = shown.stretches[index]
    again = len(shown.sent.ids) - one.start
    if one.turn < 0:
        what = "put in by the template, in no turn" if one.own else "opens the turn asked for"
        style = "warn" if one.own else "rule-label"
        return line(("── ", "rule"), (what, style), (" ", "rule"), filler="─")
    owner = shown.sent.turns[one.turn]
    content = next(
        (each for each in shown.stretches[index:] if each.turn == one.turn and each.element), one
    )
    tokens = sum(
        len(each)
        for each in shown.stretches[index:]
        if each.turn == one.turn and each.origin != "skeleton"
    )
    words = [f"turn {one.turn + 1}", owner.role, owner.origin]
    words += [content.element] if content.element else []
    words += [number(tokens, "token")]
    said = [("── ", "rule"), (" · ".join(words), "rule-label")]
    said += [(f" · changed: {again:,} anew", "faint")]
    if note:
        said += [(f" · {note}", "heading")]
    return line(*said, (" ", "rule"), filler="─")


def row_of(made: Sequence[Row | Line], place: int) -> int:
    """The row that a token is on; the last one where there is no such token."""
    found = 0
    for at, row in enumerate(made):
        if isinstance(row, Row):
            if row.place > place:
                return found
            found = at
    return found


def _edge(text: str, manner: Manner) -> int:
    """How much of a token's drawn text is not the token's own."""
    if manner.ids:
        return text.find("·") + 1 or len(text)
    return 1 if manner.boundaries else 0


def _seam(shown: Inspected) -> Line:
    seeded = shown.sent.seed_turns
    return line(
        ("╌╌ ", "seam"),
        (f"↑ seed ({shown.sent.seam:,} tok, {number(seeded, 'turn')})", "seam-label"),
        (" ╌╌ ", "seam"),
        ("↓ live ", "seam-label"),
        filler="╌",
    )


def _parts(shown: Inspected, index: int, manner: Manner) -> list[Part]:
    """A stretch, cut where what is cached ends."""
    one, ids = shown.stretches[index], shown.sent.ids
    texts = shown.texts(index)
    if not texts and one.text and not (manner.boundaries or manner.ids):
        # Unnamed tokens: the turn's text as the scrollback has it, with no token known apart.
        text = _plain(one.text)
        return [Part(one, one.cached == len(one), text, [0], one.start)]
    drawn = [
        _token(ids[one.start + at], texts[at] if texts else None, manner) for at in range(len(one))
    ]
    cut = one.cached
    return [
        Part(one, cached, "".join(some), [0, *accumulate(map(len, some[:-1]))], one.start + first)
        for some, cached, first in ((drawn[:cut], True, 0), (drawn[cut:], False, cut))
        if some
    ]


def _token(token: int, text: str | None, manner: Manner) -> str:
    if not (manner.boundaries or manner.ids):
        return f"⟨{token}⟩" if text is None else _plain(text)
    shown = "" if text is None else clean(text).translate(_SHOWN)
    if manner.ids or text is None:
        return f"{BOUNDARY}{token}·{shown}"
    return BOUNDARY + shown


def _plain(text: str) -> str:
    return clean(text).replace("\t", "    ")


def _wrapped(part: Part, room: int, manner: Manner) -> list[Row]:
    made: list[Row] = []
    cut = _between_tokens if manner.boundaries or manner.ids else _between_words
    start = 0
    for text in part.text.split("\n"):
        stop = start + len(text)
        if len(text) <= room // 2:
            made.append(Row(part, start, stop))
        else:
            made.extend(Row(part, start + a, start + b) for a, b in cut(text, room))
        start = stop + 1
    if len(made) > 1 and part.text.endswith("\n"):
        made.pop()
    return made


def _between_words(text: str, room: int) -> list[tuple[int, int]]:
    return breaks(text, room, 0)


def _between_tokens(text: str, room: int) -> Iterator[tuple[int, int]]:
    """Rows that end where a token does; one that is longer than a row is cut."""
    start = used = 0
    for token in _TOKEN.finditer(text):
        cells = cell_len(token[0])
        if used and used + cells > room:
            yield start, token.start()
            start, used = token.start(), 0
        if cells > room:
            pieces = breaks(token[0], room, 0)
            for a, b in pieces[:-1]:
                yield token.start() + a, token.start() + b
            start = token.start() + pieces[-1][0]
            cells = cell_len(text[start : token.end()])
        used += cells
    if start < len(text):
        yield start, len(text)
