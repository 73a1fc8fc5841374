"""Two prompts, id by id: what is gone, what is new, what was moved, and what stands there twice."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from console.view.inspected import Inspected
from console.view.line import Line, line
from engine.figures import number
from sessions.playbackcompare import LONGEST, Change, changes

RUN = 8
"""Ids that have to be equal in a row for a stretch to count as moved."""
TWICE = 16
"""As many for one to count as there twice: what stands between any two turns, a prompt and the
template's words, is shorter."""
SHOWN_ROWS = 40
"""Lines of text shown of one stretch; the rest is counted."""

Kind: TypeAlias = Literal["gone", "new", "moved", "repeated"]


class Difference(NamedTuple):
    """A stretch in which two prompts differ."""

    kind: Kind
    left: tuple[int, int]
    """In the prompt compared with; for what is new or repeated, empty, at where it would stand."""
    right: tuple[int, int]
    """In the prompt looked at; for what is gone, empty, at where it would stand."""
    also: int = -1
    """For `repeated`: where in the prompt looked at the same ids stand before."""


def differences(left: Sequence[int], right: Sequence[int]) -> tuple[Difference, ...]:
    """What became of `left` in `right`, in the order of `right`.

    A run of `RUN` ids or more that is gone in one place and new in another was moved; one of
    `TWICE` that is new and stands earlier in `right` already is repeated.
    """
    gone: list[range] = []
    new: list[range] = []
    for change in _changes(left, right):
        gone.append(range(*change.left))
        new.append(range(*change.right))
    moved = _moves(left, right, gone, new)
    found: list[Difference] = []
    for stretch, anchor in zip(gone, new, strict=True):
        found += _left_over("gone", stretch, anchor.start, [range(*one.left) for one in moved])
    there = _grams(right, [range(len(right))], TWICE)
    for stretch, anchor in zip(new, gone, strict=True):
        for one in _left_over("new", stretch, anchor.start, [range(*one.right) for one in moved]):
            found += _repeats(right, one, there)
    return tuple(sorted(found + moved, key=lambda one: (one.right, one.left)))


def between(left: Inspected, right: Inspected) -> tuple[tuple[Difference, ...], bool]:
    """What two prompts differ in, and whether ids were compared.

    Ids of two tokenizers mean nothing to one another: then the texts of tokens are compared.
    """
    one, other = left.sent.provenance, right.sent.provenance
    alien = one is not None and other is not None and one.tokenizer != other.tokenizer
    if not alien or not left.named or not right.named:
        return differences(left.sent.ids, right.sent.ids), True
    numbers: dict[str, int] = {}
    texts = (
        [numbers.setdefault(text, len(numbers)) for text in shown.sent.texts]
        for shown in (left, right)
    )
    return differences(*texts), False


def difference_lines(left: Inspected, right: Inspected) -> list[Line]:
    """The differences as lines, their texts and whose they are."""
    found, by_id = between(left, right)
    same = len(left.sent.ids) - sum(
        stop - start for kind, (start, stop), *_ in found if kind in ("gone", "moved")
    )
    if not found:
        how = "id by id" if by_id else "text by text: another tokenizer has other ids"
        return [line(("= ", "good"), f"the same {number(same, 'token')}, {how}")]
    totals: dict[str, int] = {}
    for one in found:
        start, stop = one.left if one.kind == "gone" else one.right
        totals[one.kind] = totals.get(one.kind, 0) + stop - start
    words = ", ".join(f"{count:,} {kind}" for kind, count in totals.items())
    lines = [line(("≠ ", "warn"), f"{number(same, 'token')} in common; {words}")]
    if not by_id:
        words = "the tokens' texts are compared: another tokenizer has other ids"
        lines.append(line(("  ", "note"), (words, "note"), indent=2))
    for one in found:
        lines += [line(""), *_told(one, left, right)]
    return lines


def _told(one: Difference, left: Inspected, right: Inspected) -> Iterator[Line]:
    mark, style, where, shown = {
        "gone": ("−", "drift-line", one.left, left),
        "new": ("+", "good", one.right, right),
        "moved": ("⇄", "accent", one.right, right),
        "repeated": ("⟳", "warn", one.right, right),
    }[one.kind]
    start, stop = where
    words = f"{number(stop - start, 'token')} {one.kind}"
    if one.kind == "moved":
        words += f" from {one.left[0]:,} to {start:,}"
    elif one.kind == "repeated":
        words += f": the same stand at {one.also:,}"
    yield line(
        (f"{mark} {start:>6,}  ", style),
        (words, style),
        (f" · {_owners(shown, where)}", "note"),
        indent=10,
    )
    rows = _text(shown, start, stop).split("\n")
    for text in rows[:SHOWN_ROWS]:
        yield line((f"{mark} ", style), (text, "text"), indent=2)
    if len(rows) > SHOWN_ROWS:
        yield line((f"{mark} … {number(len(rows) - SHOWN_ROWS, 'line')} more", "note"))


def _owners(shown: Inspected, where: tuple[int, int]) -> str:
    """Whose words a stretch is: the turns it lies in, and the origins, each once."""
    start, stop = where
    inside = [one for one in shown.stretches if one.start < stop and one.stop > start]
    turns = [one.turn + 1 for one in inside if one.turn >= 0]
    labels = ", ".join(dict.fromkeys(one.label for one in inside))
    if not turns:
        return labels
    first, last = min(turns), max(turns)
    return f"turn {first} · {labels}" if first == last else f"turns {first} to {last} · {labels}"


def _text(shown: Inspected, start: int, stop: int) -> str:
    """The text of some tokens; their ids where they are unnamed."""
    texts: list[str] = []
    for index, one in enumerate(shown.stretches):
        if one.start < stop and one.stop > start:
            own = shown.texts(index)
            first, last = max(0, start - one.start), min(stop, one.stop) - one.start
            ids = shown.sent.ids[one.start + first : one.start + last]
            texts += own[first:last] or [f"⟨{token}⟩" for token in ids]
    return "".join(texts)


def _changes(left: Sequence[int], right: Sequence[int]) -> Iterator[Change]:
    """`changes`, with what is too long for it cut at runs that both have exactly once, in order."""
    for change in changes(left, right):
        (a, b), (c, d) = change
        if max(b - a, d - c) <= LONGEST:
            yield change
            continue
        for x, y in _anchors(left[a:b], right[c:d]):
            if x[0] < x[1] or y[0] < y[1]:
                inner = changes(left[a + x[0] : a + x[1]], right[c + y[0] : c + y[1]])
                for (i1, i2), (j1, j2) in inner:
                    yield Change((a + x[0] + i1, a + x[0] + i2), (c + y[0] + j1, c + y[0] + j2))


def _anchors(
    left: Sequence[int], right: Sequence[int]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """The gaps between runs that stand once in each, in the same order (patience diff)."""
    once = [_once(left), _once(right)]
    pairs = sorted((place, once[1][run]) for run, place in once[0].items() if run in once[1])
    x = y = 0
    for i, j in _rising(pairs):
        if i >= x and j >= y:
            yield (x, i), (y, j)
            x, y = i + RUN, j + RUN
    yield (x, len(left)), (y, len(right))


def _once(ids: Sequence[int]) -> dict[tuple[int, ...], int]:
    found: dict[tuple[int, ...], int] = {}
    twice: set[tuple[int, ...]] = set()
    for place in range(len(ids) - RUN + 1):
        run = tuple(ids[place : place + RUN])
        if run in found:
            twice.add(run)
        found[run] = place
    return {run: place for run, place in found.items() if run not in twice}


def _rising(pairs: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest part of them in which the second numbers rise too."""
    tops: list[int] = []
    ends: list[int] = []
    back: list[int] = []
    for index, (_, j) in enumerate(pairs):
        at = bisect_left(tops, j)
        back.append(ends[at - 1] if at else -1)
        if at == len(tops):
            tops.append(j)
            ends.append(index)
        else:
            tops[at], ends[at] = j, index
    made: list[tuple[int, int]] = []
    index = ends[-1] if ends else -1
    while index >= 0:
        made.append(pairs[index])
        index = back[index]
    return made[::-1]


def _grams(
    ids: Sequence[int], within: Sequence[range], size: int = RUN
) -> dict[tuple[int, ...], int]:
    """The first place of every run of so many ids in some stretches."""
    found: dict[tuple[int, ...], int] = {}
    for stretch in within:
        for place in range(stretch.start, stretch.stop - size + 1):
            found.setdefault(tuple(ids[place : place + size]), place)
    return found


def _moves(
    left: Sequence[int], right: Sequence[int], gone: list[range], new: list[range]
) -> list[Difference]:
    """What is gone in one place and new in another."""
    there = _grams(left, gone)
    moved: list[Difference] = []
    taken: list[range] = []
    for stretch in new:
        place = stretch.start
        while place + RUN <= stretch.stop:
            at = there.get(tuple(right[place : place + RUN]))
            if at is None or any(at in one for one in taken):
                place += 1
                continue
            home = next(one for one in gone if at in one)
            length = RUN
            while (
                at + length < home.stop
                and place + length < stretch.stop
                and left[at + length] == right[place + length]
            ):
                length += 1
            taken.append(range(at, at + length))
            moved.append(Difference("moved", (at, at + length), (place, place + length)))
            place += length
    return moved


def _left_over(kind: Kind, stretch: range, anchor: int, taken: list[range]) -> list[Difference]:
    """What of a stretch is not among those taken; `anchor`: where it would stand in the other."""
    found: list[Difference] = []
    start, none = stretch.start, (anchor, anchor)
    inside = [one for one in taken if one.start < stretch.stop and one.stop > stretch.start]
    for one in [*sorted(inside, key=lambda one: one.start), range(stretch.stop, stretch.stop)]:
        if one.start > start:
            span = (start, one.start)
            sides = (span, none) if kind == "gone" else (none, span)
            found.append(Difference(kind, *sides))
        start = max(start, one.stop)
    return found


def _repeats(
    ids: Sequence[int], new: Difference, there: dict[tuple[int, ...], int]
) -> list[Difference]:
    """A stretch that is new, cut where ids stand that are there before it already."""
    stretch, anchor = range(*new.right), new.left
    repeated: list[Difference] = []
    place = stretch.start
    while place + TWICE <= stretch.stop:
        at = there[tuple(ids[place : place + TWICE])]
        if at + TWICE > place:
            place += 1
            continue
        length = TWICE
        while (
            place + length < stretch.stop
            and at + length < place
            and ids[at + length] == ids[place + length]
        ):
            length += 1
        repeated.append(Difference("repeated", anchor, (place, place + length), at))
        place += length
    rest = _left_over("new", stretch, anchor[0], [range(*one.right) for one in repeated])
    return repeated + rest
